/* bind.c - local and remote ends: bind, connect, listen, and their names.
 *
 * By portres/calls.h, so that reservations hold also where this program's
 * libc names do not come to the library.
 */
#include <errno.h>
#include <poll.h>
#include <portres/calls.h>

#include "address.h"
#include "descriptor.h"
#include "error.h"

/* The socket's family, with the program's address in it. */
static int take(SOCKET s,
                const struct sockaddr* name,
                int name_len,
                struct portres__ws_address* out) {
  int fd = portres__ws_fd(s);
  int family = fd < 0 ? fd : portres__ws_fact(fd, SO_DOMAIN);
  int error = family < 0
                  ? family
                  : portres__ws_address_take(family, name, name_len, out);

  return error == 0 ? fd : error;
}

/* --- bind() --- */

static void set_flag(int fd, int option, int is_on) {
  setsockopt(fd, SOL_SOCKET, option, &is_on, sizeof is_on);
}

/* Windows: what is left of closed connections does not keep a server from its
 * port; Linux wants SO_REUSEADDR for that, of the one that left them, too. So a
 * listener has it from listen() on, its connections inherit it, and a bind
 * that fails is tried with it. What is bound and does not listen never has it,
 * and a listener's port is no one's: two sockets cannot meet by this. */
static int bind_over_remnants(int fd,
                              const struct portres__ws_address* address) {
  bool may_retry;
  int result = portres_bind(fd, &address->as.any, address->len);

  may_retry = result != 0 && errno == EADDRINUSE &&
              portres__ws_fact(fd, SO_TYPE) == SOCK_STREAM &&
              portres__ws_fact(fd, SO_REUSEADDR) == 0;
  if (may_retry) {
    set_flag(fd, SO_REUSEADDR, 1);
    result = portres_bind(fd, &address->as.any, address->len);
    result = result == 0 ? 0 : portres__ws_errno();
    set_flag(fd, SO_REUSEADDR, 0);
    return result;
  }
  return result == 0 ? 0 : portres__ws_errno();
}

static void let_remnants_be_bound_over(int fd) {
  if (portres__ws_fact(fd, SO_REUSEADDR) == 0 &&
      portres__ws_set(fd, PORTRES__WS_REUSES_LATE, true) == 0) {
    set_flag(fd, SO_REUSEADDR, 1);
  }
}

/* Windows: sockets with an affinity share an explicit port (semantics 4.5). One
 * that binds port 0 is given a port of its own, which it shares from then on:
 * the kernel would give two such UDP sockets the same one. */
static int bind_to(int fd, const struct portres__ws_address* address) {
  bool is_shared = portres__ws_has_affinity(fd);

  int error;

  if (is_shared && portres__ws_address_port(address) != 0) {
    set_flag(fd, SO_REUSEPORT, 1);
  }
  error = bind_over_remnants(fd, address);
  if (error == 0 && is_shared) {
    set_flag(fd, SO_REUSEPORT, 1);
  }
  return error;
}

static int bind_socket(SOCKET s, const struct sockaddr* name, int name_len) {
  struct portres__ws_address address;
  int fd = take(s, name, name_len, &address);

  return fd < 0 ? fd : bind_to(fd, &address);
}

int portres_ws_bind(SOCKET s, const struct sockaddr* name, int namelen) {
  int saved_errno = errno;

  return portres__ws_answer(bind_socket(s, name, namelen), saved_errno);
}

/* --- connect() --- */

/* It goes on after a signal and after SO_SNDTIMEO, which Windows does not
 * apply to connect(). */
static int await_connection(int fd) {
  struct pollfd entry = {.fd = fd, .events = POLLOUT};
  int error;

  while (poll(&entry, 1, -1) < 0) {
    if (errno != EINTR) {
      return portres__ws_errno();
    }
  }
  error = portres__ws_fact(fd, SO_ERROR);
  return error > 0 ? -portres__ws_error_of_errno(error) : error;
}

/* Linux says 0 to the first connect() after the one that went on, and has one
 * number for listeners and connected sockets. */
static int connect_now(int fd, const struct portres__ws_address* address) {
  if (portres_connect(fd, &address->as.any, address->len) == 0) {
    return portres__ws_has(fd, PORTRES__WS_IS_CONNECTING) ||
                   portres__ws_has(fd, PORTRES__WS_HAS_CONNECTED)
               ? -WSAEISCONN
               : 0;
  }
  switch (errno) {
    case EINPROGRESS:
    case EINTR:
      return portres__ws_is_blocking(fd) ? await_connection(fd)
                                         : -WSAEWOULDBLOCK;
    case EISCONN:
      return portres__ws_fact(fd, SO_ACCEPTCONN) > 0 ? -WSAEINVAL : -WSAEISCONN;
    default:
      return portres__ws_errno();
  }
}

static int connect_to(int fd, const struct portres__ws_address* address) {
  struct portres__ws_wait wait;
  int result;

  if (portres__ws_fact(fd, SO_TYPE) == SOCK_STREAM &&
      address->as.any.sa_family != AF_UNIX &&
      (portres__ws_address_port(address) == 0 ||
       portres__ws_address_is_any(address))) {
    return -WSAEADDRNOTAVAIL;
  }
  wait = portres__ws_wait_begin(fd);
  result = portres__ws_wait_end(wait, connect_now(fd, address));
  if (result != -WSAEALREADY) {
    portres__ws_set(fd, PORTRES__WS_IS_CONNECTING, result == -WSAEWOULDBLOCK);
  }
  return result;
}

static int connect_socket(SOCKET s, const struct sockaddr* name, int name_len) {
  struct portres__ws_address address;
  int fd = take(s, name, name_len, &address);

  return fd < 0 ? fd : connect_to(fd, &address);
}

int portres_ws_connect(SOCKET s, const struct sockaddr* name, int namelen) {
  int saved_errno = errno;

  return portres__ws_answer(connect_socket(s, name, namelen), saved_errno);
}

/* --- listen() --- */

/* Windows: listen() binds nothing (semantics 4.3). */
static int listen_bound(SOCKET s, int backlog) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);
  int error;

  if (type < 0) {
    return type;
  }
  if (type != SOCK_STREAM) {
    return -WSAEOPNOTSUPP;
  }
  if (!portres__ws_is_bound(fd)) {
    return -WSAEINVAL;
  }
  let_remnants_be_bound_over(fd);
  if (portres_listen(fd, backlog) == 0) {
    return 0;
  }
  error = errno == EINVAL ? -WSAEISCONN : portres__ws_errno();
  if (portres__ws_has(fd, PORTRES__WS_REUSES_LATE)) {
    portres__ws_set(fd, PORTRES__WS_REUSES_LATE, false);
    set_flag(fd, SO_REUSEADDR, 0);
  }
  return error;
}

int portres_ws_listen(SOCKET s, int backlog) {
  int saved_errno = errno;

  return portres__ws_answer(listen_bound(s, backlog), saved_errno);
}

/* --- Names --- */

static int give_name(SOCKET s, struct sockaddr* name, int* name_len) {
  struct portres__ws_address address = {.len = sizeof address.as};
  int fd = portres__ws_fd(s);
  int error = fd < 0 ? fd : portres__ws_address_expect(fd, name, name_len);

  if (error != 0) {
    return error;
  }
  if (!portres__ws_is_bound(fd)) {
    return -WSAEINVAL;
  }
  if (getsockname(fd, &address.as.any, &address.len) != 0) {
    return portres__ws_errno();
  }
  portres__ws_address_give(&address, name, name_len);
  return 0;
}

int portres_ws_getsockname(SOCKET s, struct sockaddr* name, int* namelen) {
  int saved_errno = errno;

  return portres__ws_answer(give_name(s, name, namelen), saved_errno);
}

static int give_peer(SOCKET s, struct sockaddr* name, int* name_len) {
  struct portres__ws_address address = {.len = sizeof address.as};
  int fd = portres__ws_fd(s);
  int error = fd < 0 ? fd : portres__ws_address_expect(fd, name, name_len);

  if (error != 0) {
    return error;
  }
  if (getpeername(fd, &address.as.any, &address.len) != 0) {
    return portres__ws_errno();
  }
  portres__ws_address_give(&address, name, name_len);
  return 0;
}

int portres_ws_getpeername(SOCKET s, struct sockaddr* name, int* namelen) {
  int saved_errno = errno;

  return portres__ws_answer(give_peer(s, name, namelen), saved_errno);
}
