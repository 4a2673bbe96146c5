#include <errno.h>
#include <portres/portres.h>
#include <stdlib.h>
#include <sys/socket.h>
#undef socket
#undef bind
#undef listen
#undef connect
#undef accept
#undef getsockname
#undef getsockopt
#undef setsockopt
#undef getpeername
#undef send
#undef sendto
#undef recv
#undef shutdown

static const struct {
  int code;
  int error;
} pairs[] = {
    {WSAEACCES, EACCES},
    {WSAEFAULT, EFAULT},
    {WSAEINVAL, EINVAL},
    {WSAENOTSOCK, ENOTSOCK},
    {WSAEOPNOTSUPP, EOPNOTSUPP},
    {WSAEADDRINUSE, EADDRINUSE},
    {WSAEADDRNOTAVAIL, EADDRNOTAVAIL},
    {WSAENETDOWN, ENETDOWN},
    {WSAENETUNREACH, ENETUNREACH},
    {WSAEHOSTUNREACH, EHOSTUNREACH},
    {WSAECONNREFUSED, ECONNREFUSED},
    {WSAENOBUFS, ENOBUFS},
    {WSAEMFILE, EMFILE},
    {WSAENOTCONN, ENOTCONN},
    {WSAEISCONN, EISCONN},
};

/* Every contract program wants Winsock, and none knows of it. */
__attribute__((constructor)) static void start_winsock(void) {
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    exit(99);
  }
}

static int finish(int result) {
  int code = WSAGetLastError();
  if (result != SOCKET_ERROR) {
    return result;
  }
  errno = EIO;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (pairs[i].code == code) {
      errno = pairs[i].error;
    }
  }
  return -1;
}

/* The handles of Windows are small numbers, of 32 bits at most. */
int posix_socket(int family, int type, int protocol) {
  return finish((int)socket(family, type, protocol));
}

int posix_bind(int s, const struct sockaddr* address, socklen_t address_len) {
  return finish(bind((SOCKET)s, address, address_len));
}

int posix_listen(int s, int backlog) {
  return finish(listen((SOCKET)s, backlog));
}

int posix_connect(int s,
                  const struct sockaddr* address,
                  socklen_t address_len) {
  return finish(connect((SOCKET)s, address, address_len));
}

int posix_accept(int s, struct sockaddr* address, socklen_t* address_len) {
  return finish((int)accept((SOCKET)s, address, address_len));
}

/* A socket without a name has the port 0 elsewhere, and none at all here. */
int posix_getsockname(int s, struct sockaddr* address, socklen_t* address_len) {
  int result = getsockname((SOCKET)s, address, address_len);
  WSAPROTOCOL_INFOW info;
  int info_len = sizeof info;
  if (result == 0 || WSAGetLastError() != WSAEINVAL ||
      getsockopt((SOCKET)s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char*)&info,
                 &info_len) != 0) {
    return finish(result);
  }
  ZeroMemory(address, (size_t)*address_len);
  address->sa_family = (ADDRESS_FAMILY)info.iAddressFamily;
  return 0;
}

int posix_getsockopt(
    int s, int level, int option, void* value, socklen_t* value_len) {
  return finish(getsockopt((SOCKET)s, level, option, value, value_len));
}

int posix_setsockopt(
    int s, int level, int option, const void* value, socklen_t value_len) {
  return finish(setsockopt((SOCKET)s, level, option, value, value_len));
}

int posix_getpeername(int s, struct sockaddr* address, socklen_t* address_len) {
  return finish(getpeername((SOCKET)s, address, address_len));
}

ssize_t posix_send(int s, const void* data, size_t size, int flags) {
  return finish(send((SOCKET)s, data, (int)size, flags));
}

ssize_t posix_sendto(int s,
                     const void* data,
                     size_t size,
                     int flags,
                     const struct sockaddr* to,
                     socklen_t to_len) {
  return finish(sendto((SOCKET)s, data, (int)size, flags, to, to_len));
}

/* Of one piece, which is what the suite sends. */
ssize_t posix_sendmsg(int s, const struct posix_msghdr* message, int flags) {
  return posix_sendto(s, message->msg_iov->iov_base, message->msg_iov->iov_len,
                      flags, message->msg_name, message->msg_namelen);
}

ssize_t posix_recv(int s, void* data, size_t size, int flags) {
  return finish(recv((SOCKET)s, data, (int)size, flags));
}

int posix_shutdown(int s, int how) {
  return finish(shutdown((SOCKET)s, how));
}

int posix_close(int s) {
  return finish(closesocket((SOCKET)s));
}
