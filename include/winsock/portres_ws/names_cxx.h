/* names_cxx.h - the names of libc in C++: names.h.
 *
 * Each overload takes its SOCKET and its lengths by their exact types, whatever
 * these are, or an int length would draw the call to libc's function, and a
 * size_t would make it ambiguous. What is no SOCKET leaves the overload out.
 */
#ifndef PORTRES_WS_NAMES_CXX_H
#define PORTRES_WS_NAMES_CXX_H

/* A program may include us within extern "C". */
extern "C++" {

#include <cstddef>
#include <type_traits>

namespace portres_ws {

/* SOCKET, UINT_PTR, or a class that has an operator SOCKET. */
template <class T>
struct is_socket {
  template <class C>
  static auto test(const C* c)
      -> decltype(c->operator SOCKET(), std::true_type());
  static std::false_type test(...);
  typedef typename std::remove_cv<T>::type plain;
  static const bool value =
      std::is_same<plain, unsigned long long>::value ||
      std::is_same<plain, unsigned long>::value ||
      decltype(test(
          static_cast<typename std::conditional<std::is_class<plain>::value,
                                                plain,
                                                int>::type*>(nullptr)))::value;
};

template <class T, class Result>
struct if_socket : std::enable_if<is_socket<T>::value, Result> {};

/* What the address of a length may be: int*, socklen_t*, ULONG*, or NULL. */
inline int* length(int* address) {
  return address;
}
inline int* length(unsigned int* address) {
  return reinterpret_cast<int*>(address);
}
inline int* length(std::nullptr_t) {
  return nullptr;
}
inline int* length(long) {
  return nullptr;
}

inline portres_ws_fd_set* set(portres_ws_fd_set* address) {
  return address;
}
inline portres_ws_fd_set* set(std::nullptr_t) {
  return nullptr;
}
inline portres_ws_fd_set* set(long) {
  return nullptr;
}

inline const struct timeval* moment(const struct timeval* address) {
  return address;
}
inline const struct timeval* moment(std::nullptr_t) {
  return nullptr;
}
inline const struct timeval* moment(long) {
  return nullptr;
}

inline int control(SOCKET s, long cmd, ULONG* argp) {
  return portres_ws_ioctlsocket(s, cmd, argp);
}
inline int control(SOCKET s, long cmd, unsigned long* argp) {
  return portres_ws_ioctlsocket_long(s, cmd, argp);
}
inline int control(SOCKET s, long cmd, std::nullptr_t) {
  return portres_ws_ioctlsocket(s, cmd, nullptr);
}
inline int control(SOCKET s, long cmd, long) {
  return portres_ws_ioctlsocket(s, cmd, nullptr);
}

}  // namespace portres_ws

template <class S, class L>
inline typename portres_ws::if_socket<S, SOCKET>::type accept(
    const S& s, struct sockaddr* addr, L addrlen) {
  return portres_ws_accept(s, addr, portres_ws::length(addrlen));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type bind(
    const S& s, const struct sockaddr* name, N namelen) {
  return portres_ws_bind(s, name, static_cast<int>(namelen));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type connect(
    const S& s, const struct sockaddr* name, N namelen) {
  return portres_ws_connect(s, name, static_cast<int>(namelen));
}

template <class S, class L>
inline typename portres_ws::if_socket<S, int>::type getpeername(
    const S& s, struct sockaddr* name, L namelen) {
  return portres_ws_getpeername(s, name, portres_ws::length(namelen));
}

template <class S, class L>
inline typename portres_ws::if_socket<S, int>::type getsockname(
    const S& s, struct sockaddr* name, L namelen) {
  return portres_ws_getsockname(s, name, portres_ws::length(namelen));
}

template <class S, class L>
inline typename portres_ws::if_socket<S, int>::type getsockopt(
    const S& s, int level, int optname, void* optval, L optlen) {
  return portres_ws_getsockopt(s, level, optname, static_cast<char*>(optval),
                               portres_ws::length(optlen));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type listen(const S& s,
                                                           N backlog) {
  return portres_ws_listen(s, static_cast<int>(backlog));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type recv(const S& s,
                                                         void* buf,
                                                         N len,
                                                         int flags) {
  return portres_ws_recv(s, static_cast<char*>(buf), static_cast<int>(len),
                         flags);
}

template <class S, class N, class L>
inline typename portres_ws::if_socket<S, int>::type recvfrom(
    const S& s, void* buf, N len, int flags, struct sockaddr* from, L fromlen) {
  return portres_ws_recvfrom(s, static_cast<char*>(buf), static_cast<int>(len),
                             flags, from, portres_ws::length(fromlen));
}

/* Any of them may be NULL, whose type is not a pointer's. */
template <class R, class W, class E, class T>
inline auto select(int nfds, R r, W w, E e, T timeout)
    -> decltype(portres_ws::set(r), portres_ws::set(w), portres_ws::set(e), 0) {
  return portres_ws_select(nfds, portres_ws::set(r), portres_ws::set(w),
                           portres_ws::set(e), portres_ws::moment(timeout));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type send(const S& s,
                                                         const void* buf,
                                                         N len,
                                                         int flags) {
  return portres_ws_send(s, static_cast<const char*>(buf),
                         static_cast<int>(len), flags);
}

template <class S, class N, class M>
inline typename portres_ws::if_socket<S, int>::type sendto(
    const S& s,
    const void* buf,
    N len,
    int flags,
    const struct sockaddr* to,
    M tolen) {
  return portres_ws_sendto(s, static_cast<const char*>(buf),
                           static_cast<int>(len), flags, to,
                           static_cast<int>(tolen));
}

template <class S, class N>
inline typename portres_ws::if_socket<S, int>::type setsockopt(
    const S& s, int level, int optname, const void* optval, N optlen) {
  return portres_ws_setsockopt(s, level, optname,
                               static_cast<const char*>(optval),
                               static_cast<int>(optlen));
}

template <class S>
inline typename portres_ws::if_socket<S, int>::type shutdown(const S& s,
                                                             int how) {
  return portres_ws_shutdown(s, how);
}

template <class P>
inline int ioctlsocket(SOCKET s, long cmd, P argp) {
  return portres_ws::control(s, cmd, argp);
}

}  // extern "C++"

#endif
