/* guard.c - keeping a port, and letting sockets in.
 *
 * Linux judges a bind by what both sockets are at that moment, and judges a
 * second time when one listens. So the guard and the newcomer have a truce
 * (truce_posix.h) for the length of one bind() or listen(), and to keep others
 * out meanwhile, both belong to a user that nobody is (CAP_CHOWN), or to two
 * devices that are not there (CAP_NET_RAW). The former is better: of a socket
 * that has SO_REUSEPORT by itself, Linux remembers no real user, to let him in.
 * Without either right a socket of the same user that has SO_REUSEPORT can slip
 * in; never any other.
 *
 * SO_REUSEPORT wants both sockets to be of one user. A program that has changed
 * its own gets by with SO_REUSEADDR where both rights are missing; then a
 * stranger with that option can slip in as well.
 *
 * Read guard_bind first.
 */
#include "guard.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "address_posix.h"
#include "beside_posix.h"
#include "guardsocket_posix.h"
#include "truce_posix.h"

static int open_socket(enum portres_protocol protocol) {
  int fd = portres__guardsocket_open(AF_INET6, protocol);

  return fd < 0 && errno == EAFNOSUPPORT
             ? portres__guardsocket_open(AF_INET, protocol)
             : fd;
}

static int bind_wildcard(int fd, uint16_t port) {
  union portres__address address;
  int family = AF_INET6;
  socklen_t family_len = sizeof family;

  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &family_len);
  return bind(fd, &address.any, portres__address_any(family, port, &address));
}

/* Sockets that the kernel refused a port may try the next one: a look at a port
 * that is taken costs one system call. */
static int spares[] = {-1, -1};

int guard_open(enum portres_protocol protocol, uint16_t port) {
  int* spare = &spares[protocol == PORTRES_UDP];
  int guard;

  if (*spare < 0) {
    *spare = open_socket(protocol);
  }
  if (*spare < 0 || bind_wildcard(*spare, port) != 0) {
    return -1;
  }
  guard = *spare;
  *spare = -1;
  return guard;
}

/* --- Two sockets at one port --- */

/* What is to be done beside the guard. Returns: 0 or an errno value. */
struct task {
  const struct sockaddr* address; /* NULL: listen */
  socklen_t address_len;
  int backlog;
};

static int perform(int fd, const struct task* task) {
  int result = task->address != NULL
                   ? bind(fd, task->address, task->address_len)
                   : listen(fd, task->backlog);
  return result == 0 ? 0 : errno;
}

static int perform_by(enum portres__way way,
                      int guard,
                      int fd,
                      const struct task* task) {
  struct portres__truce truce = {
      .parties = {{.fd = fd}, {.fd = guard, .is_guard = true}}};
  int error = portres__truce_begin(&truce, way, 2);

  if (error == 0) {
    error = perform(fd, task);
  }
  portres__truce_end(&truce, -1);
  return error;
}

static enum portres__way choose_way(unsigned rights) {
  return (rights & PORTRES__WAY_OWNER) != 0    ? PORTRES__WAY_OWNER
         : (rights & PORTRES__WAY_DEVICE) != 0 ? PORTRES__WAY_DEVICE
                                               : PORTRES__WAY_REUSEPORT;
}

static bool shares(int fd) {
  int is_on = 0;
  socklen_t is_on_len = sizeof is_on;

  return getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &is_on, &is_on_len) == 0 &&
         is_on != 0;
}

/* Sockets that share the port by the program's own SO_REUSEPORT are of the
 * program's user, so that the newcomer must be of that one, too. */
static int perform_as_sharer(int guard, int fd, const struct task* task) {
  unsigned owner = 0;
  unsigned guard_owner = 0;
  int error;

  if (portres__way_get_owner(fd, &owner) != 0 ||
      portres__way_get_owner(guard, &guard_owner) != 0) {
    return EADDRINUSE;
  }
  portres__way_set_owner(guard, owner);
  error = perform_by(PORTRES__WAY_REUSEPORT, guard, fd, task);
  portres__way_set_owner(guard, guard_owner);
  return error;
}

static int perform_beside(int guard,
                          int fd,
                          const struct task* task,
                          enum portres__way way) {
  int error = perform_by(way, guard, fd, task);

  if (error != EADDRINUSE) {
    return error;
  }
  if (way == PORTRES__WAY_OWNER && shares(fd)) {
    error = perform_as_sharer(guard, fd, task);
  } else if (way == PORTRES__WAY_REUSEPORT &&
             portres__truce_is_of_two_users(guard, fd)) {
    error = perform_by(PORTRES__WAY_REUSEADDR, guard, fd, task);
  }
  return error;
}

int guard_bind(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len,
               bool* is_unclean_out) {
  const struct task task = {address, address_len, 0};
  enum portres__way way =
      choose_way(portres__beside_rights(address, address_len));
  int error = perform_beside(guard, fd, &task, way);

  *is_unclean_out = error == 0 && way == PORTRES__WAY_REUSEPORT;
  return error;
}

/* One that listens already is not judged, and is not to be deaf meanwhile. */
int guard_listen(int guard, int fd, int backlog) {
  const struct task task = {NULL, 0, backlog};
  int error = perform(fd, &task);

  return error != EADDRINUSE
             ? error
             : perform_beside(guard, fd, &task,
                              choose_way(portres__way_rights()));
}

/* --- Two guards at one port --- */

/* Beside the first one and, unless it is -1, a socket of the tree. */
static int open_second(int guard, int fd, uint16_t port) {
  int second = open_socket(PORTRES_UDP);
  struct portres__truce truce = {.parties = {{.fd = second, .is_guard = true},
                                             {.fd = guard, .is_guard = true},
                                             {.fd = fd}}};
  bool is_bound =
      portres__truce_begin(&truce, choose_way(portres__way_rights()),
                           fd < 0 ? 2 : 3) == 0 &&
      bind_wildcard(second, port) == 0;

  portres__truce_end(&truce, -1);
  if (second >= 0 && !is_bound) {
    close(second);
    second = -1;
  }
  return second;
}

/* Linux puts IPv6 sockets that are bound with SO_REUSEPORT last, and others
 * first: then the guard lies behind already. */
int guard_step_behind(int guard, int fd, uint16_t port) {
  bool is_sharing = shares(fd);
  int second;

  if (!is_sharing && choose_way(portres__way_rights()) == PORTRES__WAY_DEVICE) {
    return guard;
  }
  second = is_sharing ? -1 : open_second(guard, fd, port);
  close(guard);
  return second;
}

/* For UDP, a second guard is let in where nothing else is. */
static bool is_alone_in_udp(int guard, uint16_t port) {
  int second = open_second(guard, -1, port);

  if (second >= 0) {
    close(second);
  }
  return second >= 0;
}

bool guard_is_alone(int guard, enum portres_protocol protocol, uint16_t port) {
  return protocol == PORTRES_TCP ? portres__guardsocket_clean(guard)
                                 : is_alone_in_udp(guard, port);
}
