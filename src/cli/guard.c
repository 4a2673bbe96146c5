/* guard.c - keeping a port, and giving it to one socket.
 *
 * Linux judges a bind by the options that both sockets have at that moment. So
 * the guard and the newcomer are both given SO_REUSEPORT for the length of one
 * bind(), and to keep others with that option out, both belong to a user that
 * nobody is, where the kernel lets us say so (CAP_CHOWN). Without, a socket of
 * the same user that has SO_REUSEPORT can slip in; never any other.
 *
 * SO_REUSEPORT wants both sockets to be of one user. A program that has changed
 * its own gets by with SO_REUSEADDR where CAP_CHOWN is missing; then a stranger
 * with that option can slip in as well.
 */
#include "guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address_posix.h"

/* Never a user's: -1 is "leave it" to chown(2), -2 is often "nobody". */
static const uid_t nobodys_uid = (uid_t)-0x70727473;

/* A datagram that comes to a guard is dropped before it costs memory. */
static void drop_datagrams(int guard) {
  struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog program = {.len = 1, .filter = &nothing};
  int smallest = 1;

  setsockopt(guard, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  setsockopt(guard, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
}

static int open_socket(enum portres_protocol protocol) {
  int type = (protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM) |
             SOCK_CLOEXEC | SOCK_NONBLOCK;
  int off = 0;
  int fd = socket(AF_INET6, type, 0);

  if (fd < 0) {
    return errno == EAFNOSUPPORT ? socket(AF_INET, type, 0) : -1;
  }
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return fd;
}

static int bind_wildcard(int fd, uint16_t port) {
  union portres__address address;
  int family = AF_INET6;
  socklen_t family_len = sizeof family;

  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &family_len);
  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)family;
  address.in.sin_port = htons(port);
  return bind(fd, &address.any,
              family == AF_INET6 ? sizeof address.in6 : sizeof address.in);
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
  if (protocol == PORTRES_UDP) {
    drop_datagrams(guard);
  }
  return guard;
}

static int get_flag(int fd, int option) {
  int value = 0;
  socklen_t value_len = sizeof value;

  return getsockopt(fd, SOL_SOCKET, option, &value, &value_len) == 0 ? value
                                                                     : 0;
}

static void set_flag(int fd, int option, int value) {
  setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

/* Returns: 0 or an errno value. */
static int bind_with(int option,
                     int guard,
                     int fd,
                     const struct sockaddr* address,
                     socklen_t address_len) {
  int saved = get_flag(fd, option);
  int error;

  set_flag(fd, option, 1);
  set_flag(guard, option, 1);
  error = bind(fd, address, address_len) == 0 ? 0 : errno;
  set_flag(fd, option, saved);
  set_flag(guard, option, 0);
  return error;
}

static bool give_to(int fd, uid_t uid) {
  return fchown(fd, uid, (gid_t)-1) == 0;
}

/* Both, or neither. */
static bool disown(int guard, int fd, uid_t owner_of_guard) {
  if (!give_to(guard, nobodys_uid)) {
    return false;
  }
  if (give_to(fd, nobodys_uid)) {
    return true;
  }
  give_to(guard, owner_of_guard);
  return false;
}

int guard_swap(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len) {
  struct stat ours;
  struct stat theirs;
  bool is_disowned;
  int error;

  if (fstat(guard, &ours) != 0 || fstat(fd, &theirs) != 0) {
    return errno;
  }
  is_disowned = disown(guard, fd, ours.st_uid);
  error = bind_with(SO_REUSEPORT, guard, fd, address, address_len);
  if (error == EADDRINUSE && !is_disowned && ours.st_uid != theirs.st_uid) {
    error = bind_with(SO_REUSEADDR, guard, fd, address, address_len);
  }
  if (is_disowned) {
    give_to(fd, theirs.st_uid);
    give_to(guard, ours.st_uid);
  }
  if (error == 0) {
    close(guard);
  }
  return error;
}
