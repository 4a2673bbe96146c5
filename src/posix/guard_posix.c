#include "guard_posix.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "address_posix.h"
#include "beside_posix.h"
#include "guardsocket_posix.h"
#include "kernel_posix.h"
#include "platform.h"
#include "way_posix.h"

enum {
  PATIENCE = 100000, /* turns of another thread */
  YOUTH_MS = 1000    /* a busy machine may have a child wait so long */
};

static _Atomic unsigned count;
static _Atomic unsigned makers;
static _Atomic bool is_any_of_ipv4;
static _Atomic bool is_forking;
static _Atomic uint32_t era;
static _Atomic uint32_t forked_at_ms;

/* --- Forks --- */

_Static_assert(sizeof(sigset_t) <= sizeof(struct portres__guard_entry),
               "guard_posix.h has room for the signals");

static _Thread_local unsigned depth;

static void begin(struct portres__guard_entry* out) {
  sigset_t all;

  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, (sigset_t*)out->signals);
  depth++;
  atomic_fetch_add(&makers, 1);
}

/* Either the fork sees us, or we see the fork. */
bool portres__guard_enter(struct portres__guard_entry* out) {
  begin(out);
  if (depth > 1 || !atomic_load(&is_forking)) {
    return true;
  }
  portres__guard_leave(out);
  return false;
}

void portres__guard_enter_patiently(struct portres__guard_entry* out) {
  for (int i = 0; i < PATIENCE; i++) {
    if (portres__guard_enter(out)) {
      return;
    }
    sched_yield();
  }
  begin(out);
}

void portres__guard_leave(const struct portres__guard_entry* entry) {
  atomic_fetch_sub(&makers, 1);
  depth--;
  pthread_sigmask(SIG_SETMASK, (const sigset_t*)entry->signals, NULL);
}

static uint32_t now_ms(void) {
  return (uint32_t)portres__platform_now_ms();
}

uint32_t portres__guard_era(void) {
  return atomic_load(&era);
}

bool portres__guard_has_young_child(void) {
  return atomic_load(&era) != 0 &&
         now_ms() - atomic_load(&forked_at_ms) < YOUTH_MS;
}

/* Not for ever: a vfork child that was killed may have been amid it. */
void portres__guard_before_fork(void) {
  atomic_store(&is_forking, true);
  atomic_fetch_add(&era, 1);
  atomic_store(&forked_at_ms, now_ms());
  for (int i = 0; i < PATIENCE && atomic_load(&makers) != 0; i++) {
    sched_yield();
  }
}

void portres__guard_after_fork(bool is_child) {
  if (is_child) {
    atomic_store(&makers, 0);
    atomic_store(&count, 0);
  }
  atomic_store(&is_forking, false);
}

unsigned portres__guard_count(void) {
  return atomic_load(&count);
}

bool portres__guard_is_always_of_ipv6(void) {
  return !atomic_load(&is_any_of_ipv4);
}

/* --- Sockets --- */

static int bind_plainly(int fd,
                        const struct sockaddr* address,
                        socklen_t address_len,
                        bool over_remnants) {
  int on = over_remnants;
  int result;

  if (over_remnants) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  result = portres__kernel_bind(fd, address, address_len);
  if (over_remnants) {
    on = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return result;
}

struct request {
  enum portres_protocol protocol;
  uint16_t port;
  bool over_remnants;
  bool is_asking; /* portres__guard_is_port_left() */
  int holder;     /* -1: none */
  int aside;      /* -1: none */
  bool is_shared; /* the holder */
};

static int bind_alone(int fd,
                      const struct sockaddr* address,
                      socklen_t address_len,
                      const struct request* request) {
  int error = request->is_asking
                  ? portres__way_set_device(fd, PORTRES__WAY_DEVICE_ASKING)
                  : 0;

  return error != 0
             ? -error
             : bind_plainly(fd, address, address_len, request->over_remnants);
}

static int bind_beside(int fd,
                       const struct sockaddr* address,
                       socklen_t address_len,
                       const struct request* request) {
  struct portres__beside pair = {.newcomer = fd,
                                 .holder = request->holder,
                                 .is_guard_new = true,
                                 .aside = request->aside,
                                 .is_shared = request->is_shared,
                                 .fate = PORTRES__BESIDE_STAYS};
  struct portres__beside_outcome unused;

  return portres__beside_bind(&pair, address, address_len, &unused);
}

static int bind_kept(struct portres__kept* kept,
                     int family,
                     const struct request* request) {
  union portres__address address;
  socklen_t address_len = portres__address_any(family, request->port, &address);
  int fd = portres__kept_begin(kept);
  int result = request->holder < 0
                   ? bind_alone(fd, &address.any, address_len, request)
                   : bind_beside(fd, &address.any, address_len, request);

  portres__kept_end(kept);
  return -result;
}

/* It is kept before it is bound, so that a fork that no handler tells of finds
 * it among those to be closed. */
static int open_of(struct portres__kept* kept,
                   int family,
                   const struct request* request) {
  int fd = portres__guardsocket_open(family, request->protocol);
  int error;

  if (fd < 0) {
    return errno;
  }
  if (!portres__kept_install(kept, fd)) {
    return errno;
  }
  atomic_fetch_add(&count, 1);
  error = bind_kept(kept, family, request);
  if (error != 0) {
    portres__guard_close(kept);
  }
  return error;
}

static int open_any(struct portres__kept* kept, const struct request* request) {
  int saved_errno = errno;
  int error = open_of(kept, AF_INET6, request);

  if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
    atomic_store(&is_any_of_ipv4, true);
    error = open_of(kept, AF_INET, request);
  }
  errno = saved_errno;
  return error;
}

int portres__guard_open(struct portres__kept* kept,
                        enum portres_protocol protocol,
                        uint16_t port,
                        bool over_remnants) {
  struct request request = {.protocol = protocol,
                            .port = port,
                            .over_remnants = over_remnants,
                            .holder = -1};
  return open_any(kept, &request);
}

int portres__guard_open_beside(struct portres__kept* kept,
                               enum portres_protocol protocol,
                               uint16_t port,
                               int holder,
                               bool is_shared) {
  struct request request = {.protocol = protocol,
                            .port = port,
                            .holder = holder,
                            .aside = -1,
                            .is_shared = is_shared};
  return open_any(kept, &request);
}

void portres__guard_close(struct portres__kept* kept) {
  if (portres__kept_close(kept)) {
    atomic_fetch_sub(&count, 1);
  }
}

bool portres__guard_clean(struct portres__kept* kept) {
  int saved_errno = errno;
  int fd = portres__kept_begin(kept);
  bool is_clean = fd >= 0 && portres__guardsocket_clean(fd);

  portres__kept_end(kept);
  errno = saved_errno;
  return is_clean;
}

/* --- Aside --- */

bool portres__guard_step_aside(struct portres__kept* kept) {
  int saved_errno = errno;
  int fd = portres__kept_begin(kept);
  bool is_aside = portres__way_set_device(fd, PORTRES__WAY_DEVICE_ASIDE) == 0;

  portres__kept_end(kept);
  errno = saved_errno;
  return is_aside;
}

bool portres__guard_is_port_left(struct portres__kept* scratch,
                                 enum portres_protocol protocol,
                                 uint16_t port) {
  struct request request = {
      .protocol = protocol, .port = port, .is_asking = true, .holder = -1};
  int error = open_any(scratch, &request);

  portres__guard_close(scratch);
  return error == 0;
}

static void copy_flag(int from, int to, int level, int option) {
  int value = 0;
  socklen_t value_len = sizeof value;

  if (getsockopt(from, level, option, &value, &value_len) == 0) {
    setsockopt(to, level, option, &value, sizeof value);
  }
}

/* The bind of a socket that differs from `fd` by its device alone. */
static int bind_alike(struct portres__kept* scratch,
                      int fd,
                      const struct sockaddr* address,
                      socklen_t address_len) {
  int alike = portres__kept_begin(scratch);
  int error;

  copy_flag(fd, alike, SOL_SOCKET, SO_REUSEADDR);
  copy_flag(fd, alike, SOL_SOCKET, SO_REUSEPORT);
  copy_flag(fd, alike, IPPROTO_IPV6, IPV6_V6ONLY);
  error = portres__way_set_device(alike, PORTRES__WAY_DEVICE_ASKING);
  if (error == 0) {
    error = -portres__kernel_bind(alike, address, address_len);
  }
  portres__kept_end(scratch);
  return error;
}

int portres__guard_ask(struct portres__kept* scratch,
                       int fd,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  int saved_errno = errno;
  int alike =
      portres__guardsocket_open(portres__address_family(address), PORTRES_UDP);
  int error = EMFILE;

  if (alike >= 0 && portres__kept_install(scratch, alike)) {
    atomic_fetch_add(&count, 1);
    error = bind_alike(scratch, fd, address, address_len);
    portres__guard_close(scratch);
  }
  errno = saved_errno;
  return error;
}

/* Who has CAP_NET_RAW can take back what anybody can do. */
static bool step_back(int fd) {
  int off = 0;

  if (portres__way_set_device(fd, 0) != 0) {
    return false;
  }
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof off);
  return true;
}

int portres__guard_come_back(struct portres__kept* kept,
                             struct portres__kept* next,
                             uint16_t port,
                             int holder) {
  int saved_errno = errno;
  int aside = portres__kept_begin(kept);
  struct request request = {.protocol = PORTRES_UDP,
                            .port = port,
                            .holder = holder < 0 ? aside : holder,
                            .aside = holder < 0 ? -1 : aside};
  bool is_back = step_back(aside);
  int error = is_back ? 0 : open_any(next, &request);

  portres__kept_end(kept);
  if (!is_back && error == 0) {
    portres__guard_close(kept);
    portres__kept_hand_on(next, kept);
  }
  errno = saved_errno;
  return error;
}
