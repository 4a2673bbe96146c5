/* guard.c - keeping a port, and letting sockets in.
 *
 * Linux judges a bind by the options that both sockets have at that moment. So
 * the guard and the newcomer are both given SO_REUSEPORT for the length of one
 * bind(), and to keep others with that option out, both belong to a user that
 * nobody is, where the kernel lets us say so (CAP_CHOWN). Without, a socket of
 * the same user that has SO_REUSEPORT can slip in; never any other. The same
 * goes for listen(), when the kernel judges a second time.
 *
 * Once a socket of TCP has been let in so, Linux lets in the next one of that
 * user to the same address without judging, until a socket without
 * SO_REUSEPORT is bound there or listens: hence a new user each time, if that
 * can be had.
 *
 * SO_REUSEPORT wants both sockets to be of one user. A program that has changed
 * its own gets by with SO_REUSEADDR where CAP_CHOWN is missing; then a stranger
 * with that option can slip in as well.
 *
 * Read guard_bind first.
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

/* Another one each time: of TCP, the kernel remembers the user of the last
 * socket that was let in, and would let in the next of that user without a
 * look at those that are there. Never a real user's, nor -1 or -2. */
static uid_t draw_nobodys_uid(void) {
  static uid_t drawn;

  drawn = (drawn + 1) & 0xffffff;
  return 0x90000000u | drawn;
}

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

/* --- Two sockets at one port --- */

static bool give_to(int fd, uid_t uid) {
  return fchown(fd, uid, (gid_t)-1) == 0;
}

/* The guard and a socket that may be bound beside it for now. */
struct pair {
  int guard;
  int fd;
  int option;
  int saved_value; /* of the option, as the program has it */
  uid_t guard_uid;
  uid_t fd_uid;
  uid_t uid; /* that both have for now, if they are disowned */
  bool is_disowned;
};

static void disown(struct pair* pair) {
  pair->uid = draw_nobodys_uid();
  pair->is_disowned = give_to(pair->guard, pair->uid);
  if (pair->is_disowned && !give_to(pair->fd, pair->uid)) {
    give_to(pair->guard, pair->guard_uid);
    pair->is_disowned = false;
  }
}

static void open_pair(struct pair* pair, int option) {
  pair->option = option;
  pair->saved_value = get_flag(pair->fd, option);
  set_flag(pair->fd, option, 1);
  set_flag(pair->guard, option, 1);
}

static void close_pair(struct pair* pair) {
  set_flag(pair->fd, pair->option, pair->saved_value);
  set_flag(pair->guard, pair->option, 0);
  if (pair->is_disowned) {
    give_to(pair->fd, pair->fd_uid);
    give_to(pair->guard, pair->guard_uid);
    pair->is_disowned = false;
  }
}

static bool make_pair(int guard, int fd, struct pair* out) {
  struct stat ours;
  struct stat theirs;

  if (fstat(guard, &ours) != 0 || fstat(fd, &theirs) != 0) {
    return false;
  }
  *out = (struct pair){.guard = guard,
                       .fd = fd,
                       .guard_uid = ours.st_uid,
                       .fd_uid = theirs.st_uid};
  return true;
}

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

static int perform_as(struct pair* pair, int option, const struct task* task) {
  int error;

  open_pair(pair, option);
  error = perform(pair->fd, task);
  close_pair(pair);
  return error;
}

/* Sockets that share the port by the program's own SO_REUSEPORT are of the
 * program's user, so that the newcomer must be of that one, too. */
static int perform_beside(int guard, int fd, const struct task* task) {
  struct pair pair;
  bool was_disowned;
  int error;

  if (!make_pair(guard, fd, &pair)) {
    return errno;
  }
  disown(&pair);
  was_disowned = pair.is_disowned;
  error = perform_as(&pair, SO_REUSEPORT, task);
  if (error == EADDRINUSE && was_disowned && pair.saved_value != 0) {
    give_to(guard, pair.fd_uid);
    error = perform_as(&pair, SO_REUSEPORT, task);
    give_to(guard, pair.guard_uid);
  }
  if (error == EADDRINUSE && !was_disowned && pair.guard_uid != pair.fd_uid) {
    error = perform_as(&pair, SO_REUSEADDR, task);
  }
  return error;
}

int guard_bind(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len) {
  const struct task task = {address, address_len, 0};
  return perform_beside(guard, fd, &task);
}

int guard_listen(int guard, int fd, int backlog) {
  const struct task task = {NULL, 0, backlog};
  return perform_beside(guard, fd, &task);
}

/* --- Two guards at one port --- */

/* Beside a pair that is open. */
static int open_third(const struct pair* pair, uint16_t port) {
  int third = open_socket(PORTRES_UDP);
  bool is_bound;

  if (third < 0) {
    return -1;
  }
  if (pair->is_disowned) {
    give_to(third, pair->uid);
  }
  set_flag(third, SO_REUSEPORT, 1);
  is_bound = bind_wildcard(third, port) == 0;
  set_flag(third, SO_REUSEPORT, 0);
  if (pair->is_disowned) {
    give_to(third, pair->guard_uid);
  }
  if (!is_bound) {
    close(third);
    return -1;
  }
  drop_datagrams(third);
  return third;
}

int guard_step_behind(int guard, int fd, uint16_t port) {
  int second = -1;

  if (get_flag(fd, SO_REUSEPORT) == 0) {
    struct pair pair;
    if (make_pair(guard, fd, &pair)) {
      disown(&pair);
      open_pair(&pair, SO_REUSEPORT);
      second = open_third(&pair, port);
      close_pair(&pair);
    }
  }
  close(guard);
  return second;
}

/* For UDP, a second guard is let in where nothing else is. */
static bool is_alone_in_udp(int guard, uint16_t port) {
  int second = open_socket(PORTRES_UDP);
  struct pair pair;
  bool is_alone;

  if (second < 0) {
    return false;
  }
  is_alone = make_pair(guard, second, &pair);
  if (is_alone) {
    disown(&pair);
    open_pair(&pair, SO_REUSEPORT);
    is_alone = bind_wildcard(second, port) == 0;
    close_pair(&pair);
  }
  close(second);
  return is_alone;
}

/* A guard of TCP may listen where nothing else is; and what Linux remembers of
 * those that were let in, it forgets then. Shut down, it is as before. */
static bool is_alone_in_tcp(int guard) {
  return listen(guard, 0) == 0 && shutdown(guard, SHUT_RDWR) == 0;
}

bool guard_is_alone(int guard, enum portres_protocol protocol, uint16_t port) {
  return protocol == PORTRES_TCP ? is_alone_in_tcp(guard)
                                 : is_alone_in_udp(guard, port);
}

bool guard_is_strict(int guard, enum portres_protocol protocol) {
  struct stat facts;

  if (protocol == PORTRES_UDP) {
    return true;
  }
  return fstat(guard, &facts) == 0 && give_to(guard, draw_nobodys_uid()) &&
         give_to(guard, facts.st_uid);
}
