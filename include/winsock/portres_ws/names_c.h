/* names_c.h - the names of libc in C: names.h.
 *
 * A length is int there and socklen_t here: the calls that take a pointer to
 * one take either, as libc's take any pointer to an address.
 */
#ifndef PORTRES_WS_NAMES_C_H
#define PORTRES_WS_NAMES_C_H

/* -Wpedantic would have every call of the program that gives such a length. */
#pragma GCC system_header

typedef union {
  int* as_int;
  socklen_t* as_socklen;
} portres_ws_length __attribute__((transparent_union));

static inline SOCKET portres_ws_accept_c(SOCKET s,
                                         struct sockaddr* addr,
                                         portres_ws_length addrlen) {
  return portres_ws_accept(s, addr, addrlen.as_int);
}

static inline int portres_ws_getsockname_c(SOCKET s,
                                           struct sockaddr* name,
                                           portres_ws_length namelen) {
  return portres_ws_getsockname(s, name, namelen.as_int);
}

static inline int portres_ws_getpeername_c(SOCKET s,
                                           struct sockaddr* name,
                                           portres_ws_length namelen) {
  return portres_ws_getpeername(s, name, namelen.as_int);
}

static inline int portres_ws_getsockopt_c(
    SOCKET s, int level, int optname, void* optval, portres_ws_length optlen) {
  return portres_ws_getsockopt(s, level, optname, (char*)optval, optlen.as_int);
}

static inline int portres_ws_setsockopt_c(
    SOCKET s, int level, int optname, const void* optval, int optlen) {
  return portres_ws_setsockopt(s, level, optname, (const char*)optval, optlen);
}

static inline int portres_ws_send_c(SOCKET s,
                                    const void* buf,
                                    int len,
                                    int flags) {
  return portres_ws_send(s, (const char*)buf, len, flags);
}

static inline int portres_ws_sendto_c(SOCKET s,
                                      const void* buf,
                                      int len,
                                      int flags,
                                      const struct sockaddr* to,
                                      int tolen) {
  return portres_ws_sendto(s, (const char*)buf, len, flags, to, tolen);
}

static inline int portres_ws_recv_c(SOCKET s, void* buf, int len, int flags) {
  return portres_ws_recv(s, (char*)buf, len, flags);
}

static inline int portres_ws_recvfrom_c(SOCKET s,
                                        void* buf,
                                        int len,
                                        int flags,
                                        struct sockaddr* from,
                                        portres_ws_length fromlen) {
  return portres_ws_recvfrom(s, (char*)buf, len, flags, from, fromlen.as_int);
}

static inline int ioctlsocket(SOCKET s, long cmd, u_long* argp) {
  return portres_ws_ioctlsocket_long(s, cmd, argp);
}

/* With parameters: it chooses by the type of the third. */
#define ioctlsocket(s, cmd, argp) \
  _Generic((argp),                            \
           unsigned long* : ioctlsocket,      \
           default : portres_ws_ioctlsocket)( \
      (s), (cmd), (argp))

#define accept portres_ws_accept_c
#define bind portres_ws_bind
#define connect portres_ws_connect
#define getpeername portres_ws_getpeername_c
#define getsockname portres_ws_getsockname_c
#define getsockopt portres_ws_getsockopt_c
#define listen portres_ws_listen
#define recv portres_ws_recv_c
#define recvfrom portres_ws_recvfrom_c
#define select portres_ws_select
#define send portres_ws_send_c
#define sendto portres_ws_sendto_c
#define setsockopt portres_ws_setsockopt_c
#define shutdown portres_ws_shutdown

#endif
