/* socket.c - sockets begin and end. */
#include <errno.h>
#include <fcntl.h>
#include <portres/calls.h>
#include <stdbool.h>
#include <string.h>

#include "address.h"
#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "operation.h"
#include "startup.h"

enum { NO_FLAGS = 0 };

struct wanted {
  int family;
  int type;
  int protocol;
  bool is_overlapped;
  bool is_inherited;
};

static SOCKET answer(int fd, int saved_errno) {
  return portres__ws_answer(fd, saved_errno) == SOCKET_ERROR ? INVALID_SOCKET
                                                             : (SOCKET)fd;
}

/* --- socket() --- */

static int type_of_protocol(int protocol) {
  switch (protocol) {
    case 0:
    case IPPROTO_TCP:
      return SOCK_STREAM;
    case IPPROTO_UDP:
      return SOCK_DGRAM;
    default:
      return SOCK_RAW;
  }
}

/* Windows: what is 0 is found from the others, TCP over IPv4 in the end. */
static void complete(struct wanted* wanted) {
  if (wanted->type == 0) {
    wanted->type = type_of_protocol(wanted->protocol);
  }
  if (wanted->family == AF_UNSPEC) {
    wanted->family = AF_INET;
  }
}

/* What Linux would answer otherwise, or take: its types have flags, and its
 * families are more. Returns: 0, or the negative of a Winsock number. */
static int check(const struct wanted* wanted) {
  if (wanted->family != AF_INET && wanted->family != AF_INET6 &&
      wanted->family != AF_UNIX) {
    return -WSAEAFNOSUPPORT;
  }
  if (wanted->type != SOCK_STREAM && wanted->type != SOCK_DGRAM &&
      wanted->type != SOCK_RAW) {
    return -WSAESOCKTNOSUPPORT;
  }
  return wanted->protocol < 0 ? -WSAEPROTONOSUPPORT : 0;
}

/* Windows: an IPv6 socket serves IPv6 alone until told otherwise. */
static void restrict_to_v6(int fd) {
  int is_on = 1;

  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_on, sizeof is_on);
}

static int open_socket(struct wanted wanted) {
  bool is_nothing =
      wanted.family == AF_UNSPEC && wanted.type == 0 && wanted.protocol == 0;
  int error;
  int fd;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  if (is_nothing) {
    return -WSAEINVAL;
  }
  wanted.family = portres__ws_family(wanted.family);
  complete(&wanted);
  error = check(&wanted);
  if (error != 0) {
    return error;
  }
  fd = socket(wanted.family,
              wanted.type | (wanted.is_inherited ? 0 : SOCK_CLOEXEC),
              wanted.protocol);
  if (fd < 0) {
    return errno == EINVAL ? -WSAEPROTONOSUPPORT : portres__ws_errno();
  }
  if (wanted.family == AF_INET6) {
    restrict_to_v6(fd);
  }
  portres__ws_know(fd, wanted.is_overlapped);
  return fd;
}

SOCKET portres_ws_socket(int family, int type, int protocol) {
  int saved_errno = errno;
  struct wanted wanted = {family, type, protocol, true, true};

  return answer(open_socket(wanted), saved_errno);
}

/* --- WSASocket() --- */

/* The same members lie at the same places in both forms of the structure. */
static int read_info(const void* info, struct wanted* wanted) {
  WSAPROTOCOL_INFOA values;
  size_t size = offsetof(WSAPROTOCOL_INFOA, szProtocol);

  if (!portres__ws_can_read(info, size)) {
    return -WSAEFAULT;
  }
  memcpy(&values, info, size);
  if (values.dwProviderReserved != 0) {
    return -WSAEINVAL; /* a socket that WSADuplicateSocket gave */
  }
  if (wanted->family == FROM_PROTOCOL_INFO || wanted->family == AF_UNSPEC) {
    wanted->family = values.iAddressFamily;
  }
  if (wanted->type == FROM_PROTOCOL_INFO || wanted->type == 0) {
    wanted->type = values.iSocketType;
  }
  if (wanted->protocol == FROM_PROTOCOL_INFO || wanted->protocol == 0) {
    wanted->protocol = values.iProtocol;
  }
  return 0;
}

static int open_with(struct wanted wanted, const void* info, DWORD flags) {
  const DWORD known_flags =
      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT | WSA_FLAG_REGISTERED_IO;
  int error = 0;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  if ((flags & ~known_flags) != 0) {
    return -WSAEINVAL;
  }
  if (info != NULL) {
    error = read_info(info, &wanted);
  }
  wanted.is_overlapped = (flags & WSA_FLAG_OVERLAPPED) != 0;
  wanted.is_inherited = (flags & WSA_FLAG_NO_HANDLE_INHERIT) == 0;
  return error == 0 ? open_socket(wanted) : error;
}

SOCKET WSASocketA(int af,
                  int type,
                  int protocol,
                  LPWSAPROTOCOL_INFOA lpProtocolInfo,
                  GROUP g,
                  DWORD dwFlags) {
  int saved_errno = errno;
  struct wanted wanted = {.family = af, .type = type, .protocol = protocol};

  (void)g; /* groups were never built on Windows either */
  return answer(open_with(wanted, lpProtocolInfo, dwFlags), saved_errno);
}

SOCKET WSASocketW(int af,
                  int type,
                  int protocol,
                  LPWSAPROTOCOL_INFOW lpProtocolInfo,
                  GROUP g,
                  DWORD dwFlags) {
  int saved_errno = errno;
  struct wanted wanted = {.family = af, .type = type, .protocol = protocol};

  (void)g;
  return answer(open_with(wanted, lpProtocolInfo, dwFlags), saved_errno);
}

/* --- accept() --- */

/* Windows: an accepted socket is in the listener's mode, blocking or not. */
static int accept_flags(int fd) {
  int flags = fcntl(fd, F_GETFD);
  bool is_inherited = flags >= 0 && (flags & FD_CLOEXEC) == 0;

  return (portres__ws_is_blocking(fd) ? NO_FLAGS : SOCK_NONBLOCK) |
         (is_inherited ? NO_FLAGS : SOCK_CLOEXEC);
}

/* SO_RCVTIMEO has no say in accept() on Windows, and there are no signals. */
static bool may_accept_again(int fd) {
  return errno == EINTR || (errno == EAGAIN && portres__ws_is_blocking(fd));
}

static int accept_one(int fd, struct portres__ws_address* from) {
  int flags = accept_flags(fd);
  int made;

  do {
    from->len = sizeof from->as;
    made = accept4(fd, &from->as.any, &from->len, flags);
  } while (made < 0 && may_accept_again(fd));
  if (made < 0) {
    return errno == ECONNABORTED ? -WSAECONNRESET : portres__ws_errno();
  }
  portres__ws_know(made, portres__ws_is_overlapped(fd));
  return made;
}

static int accept_into(SOCKET s, struct sockaddr* addr, int* addrlen) {
  struct portres__ws_address from;
  struct portres__ws_wait wait;
  int fd = portres__ws_fd(s);
  int made = fd;

  if (fd >= 0 && addr != NULL) {
    int error = portres__ws_address_expect(fd, addr, addrlen);
    made = error != 0 ? error : fd;
  }
  if (made < 0) {
    return made;
  }
  wait = portres__ws_wait_begin(fd);
  made = portres__ws_wait_end(wait, accept_one(fd, &from));
  if (made >= 0 && addr != NULL) {
    portres__ws_address_give(&from, addr, addrlen);
  }
  return made;
}

SOCKET portres_ws_accept(SOCKET s, struct sockaddr* addr, int* addrlen) {
  int saved_errno = errno;

  return answer(accept_into(s, addr, addrlen), saved_errno);
}

/* --- shutdown(), closesocket() --- */

/* Linux would mark a stream that is not connected, and end a listener. */
static bool has_peer(int fd) {
  struct sockaddr_storage name;
  socklen_t name_len = sizeof name;

  return getpeername(fd, (struct sockaddr*)&name, &name_len) == 0;
}

static int shut(SOCKET s, int how) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);

  if (type < 0) {
    return type;
  }
  if (how != SD_RECEIVE && how != SD_SEND && how != SD_BOTH) {
    return -WSAEINVAL;
  }
  if (type == SOCK_STREAM && !has_peer(fd)) {
    return -WSAENOTCONN;
  }
  /* A datagram socket without a peer is shut down, and said not to be. */
  if (shutdown(fd, how) != 0 && errno != ENOTCONN) {
    return portres__ws_errno();
  }
  if (how != SD_SEND) {
    portres__ws_set(fd, PORTRES__WS_NO_RECEIVE, true);
  }
  if (how != SD_RECEIVE) {
    portres__ws_set(fd, PORTRES__WS_NO_SEND, true);
  }
  return 0;
}

int portres_ws_shutdown(SOCKET s, int how) {
  int saved_errno = errno;

  return portres__ws_answer(shut(s, how), saved_errno);
}

static int close_socket(SOCKET s) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);
  int result;

  if (type < 0) {
    return type; /* a file is not closed */
  }
  portres__ws_begin_close(fd);
  portres__ws_operations_abort(fd);
  portres__ws_wake_waiters(fd);
  portres__ws_forget(fd);
  result = portres_close(fd) == 0 || errno == EINTR ? 0 : portres__ws_errno();
  portres__ws_end_close(fd);
  return result;
}

int closesocket(SOCKET s) {
  int saved_errno = errno;

  return portres__ws_answer(close_socket(s), saved_errno);
}
