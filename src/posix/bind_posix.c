/* bind_posix.c - where a socket gets its port.
 *
 * A socket that is not associated costs two loads and a look at one bit; it
 * neither locks nor allocates nor calls the kernel. For one that is, the rules
 * decide (rules.c); a port of the block is held before the kernel is asked, so
 * no other thread asks for it, and dropped again if the kernel refuses.
 * EADDRINUSE on a port we thought free means TIME_WAIT, a stranger, or a copy
 * in a forked child: the port cools and the next one is tried.
 *
 * The kernel binds before connect(), listen() and sendto() when the program
 * did not; portres__bind_implicitly does that in its place, to the wildcard
 * address, as the kernel would.
 *
 * Read portres__hook_bind first.
 */
#include "bind_posix.h"

#include <arpa/inet.h>
#include <errno.h>

#include "address_posix.h"
#include "block.h"
#include "descriptor_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "kernel_posix.h"
#include "persistent.h"
#include "platform.h"
#include "process_posix.h"
#include "rare.h"
#include "reach_posix.h"
#include "real_posix.h"
#include "rules.h"
#include "socket_posix.h"
#include "status_posix.h"
#include "swap_posix.h"
#include "testing.h"
#include "unchanged_posix.h"

enum {
  /* A block that looks full is looked through at most this often, and then at
   * so many ports that the caller hardly feels it. */
  SWEEP_INTERVAL_MS = 10,
  SWEEP_LIMIT = 256,
  THAW_LIMIT = 4096
};

static int fail(int error) {
  errno = error;
  return -1;
}

/* --- A port of the block --- */

/* Look for ports that are free though they seem taken; tells whether any were.
 */
PORTRES__RARE static bool sweep(struct portres__reservation* reservation) {
  struct portres__platform_entry entry;
  unsigned found;

  /* What a vfork child has closed its parent may have open. */
  if (!portres__process_owns_tables() ||
      !portres__pool_may_sweep(reservation->pool, portres__platform_now_ms(),
                               SWEEP_INTERVAL_MS)) {
    return false;
  }
  entry = portres__platform_enter();
  found = portres__descriptor_sweep(PORTRES__LOOKER_BIND, reservation,
                                    SWEEP_LIMIT) +
          portres__pool_thaw(reservation->pool, THAW_LIMIT);
  portres__platform_leave(entry);
  return found > 0;
}

/* Returns: 0, or the negative of an errno, which is left alone. */
static int bind_to(struct portres__reservation* reservation,
                   int fd,
                   union portres__address* address,
                   socklen_t address_len,
                   uint16_t port) {
  address->in.sin_port = htons(port);
  return reservation->guards == NULL
             ? portres__kernel_bind(fd, &address->any, address_len)
             : portres__swap_bind(reservation, port, fd, &address->any,
                                  address_len);
}

/* A socket that is to get a port of its block. */
struct binder {
  int fd;
  portres__handle handle;
  struct portres__endpoint* endpoint; /* that the handle named */
  struct portres__reservation* reservation;
};

/* The kernel bound the socket to a port we hold: from now on it is the
 * endpoint's. If the descriptor was closed meanwhile, nobody's. */
static void hand_over(const struct binder* binder, uint16_t port) {
  if (!portres__endpoint_take_port(binder->endpoint, binder->handle,
                                   binder->reservation, port)) {
    portres__reservation_drop_port(binder->reservation, port);
    portres__reservation_drop(binder->reservation);
  }
}

/* Give the pin back, and the port if there is one; the token has died. */
static int fail_dead(struct portres__reservation* reservation,
                     uint16_t port,
                     bool is_explicit) {
  struct portres__bind_facts facts = {.is_associated = true,
                                      .port = is_explicit ? port : 0};

  portres__reservation_drop_port(reservation, port);
  portres__reservation_drop(reservation);
  return fail(portres__status_to_errno(portres__rules_bind(&facts).status));
}

/* Before: the reservation is pinned. After: the pin is gone, or passed on. */
static int bind_picked(struct binder binder,
                       union portres__address* address,
                       socklen_t address_len) {
  struct portres__reservation* reservation = binder.reservation;
  bool has_swept = false;
  uint16_t port;
  int result;

  for (;;) {
    if (!portres__reservation_pick(reservation, &port)) {
      if (!has_swept && sweep(reservation)) {
        has_swept = true;
        continue;
      }
      portres__reservation_drop(reservation);
      return fail(ENOBUFS);
    }
    if (!portres__reservation_is_alive(reservation)) {
      return fail_dead(reservation, port, false);
    }
    result = bind_to(reservation, binder.fd, address, address_len, port);
    if (result == 0) {
      hand_over(&binder, port);
      return 0;
    }
    if (result != -EADDRINUSE) {
      portres__reservation_drop_port(reservation, port);
      portres__reservation_drop(reservation);
      return fail(-result);
    }
    portres__reservation_refuse_port(reservation, port);
  }
}

static int bind_held(struct binder binder,
                     union portres__address* address,
                     socklen_t address_len,
                     uint16_t port) {
  struct portres__reservation* reservation = binder.reservation;
  int result;

  if (!portres__reservation_hold(reservation, port)) {
    portres__reservation_drop(reservation);
    return fail(ENOBUFS);
  }
  if (!portres__reservation_is_alive(reservation)) {
    return fail_dead(reservation, port, true);
  }
  result = bind_to(reservation, binder.fd, address, address_len, port);
  if (result != 0) {
    portres__reservation_drop_port(reservation, port);
    portres__reservation_drop(reservation);
    return fail(-result);
  }
  portres__reservation_warm_port(reservation, port);
  hand_over(&binder, port);
  return 0;
}

/* --- bind() --- */

/* True when the endpoint is another socket's: only where the program closes
 * sockets behind our back. */
PORTRES__RARE static bool is_stale(int fd,
                                   const struct portres__endpoint* endpoint) {
  int saved_errno = errno;
  bool is_other =
      portres__socket_identity(fd) != atomic_load(&endpoint->identity);

  errno = saved_errno;
  return is_other;
}

struct portres__endpoint* portres__bind_find(int fd, portres__handle handle) {
  struct portres__endpoint* endpoint;

  if (handle == 0) {
    return NULL;
  }
  portres__process_notice_fork();
  endpoint = portres__endpoint_peek(handle);
  if (portres__reach_is_by_calls() && is_stale(fd, endpoint)) {
    portres__descriptor_forget(fd, handle);
    return NULL;
  }
  return endpoint;
}

portres__handle portres__bind_association(
    const struct portres__endpoint* endpoint) {
  return endpoint == NULL ? 0 : atomic_load(&endpoint->association);
}

/* A persistent one may have been ended by any process. */
PORTRES__RARE static struct portres__reservation* pin_persistent(
    struct portres__reservation* reservation) {
  int saved_errno = errno;
  bool is_current = portres__persistent_is_current(reservation);

  errno = saved_errno;
  if (is_current) {
    return reservation;
  }
  portres__reservation_drop(reservation);
  return NULL;
}

/* The reservation of an association while it is one, pinned; NULL: it is over.
 */
static inline struct portres__reservation* pin_current(
    portres__handle association) {
  struct portres__reservation* reservation =
      portres__reservation_pin_alive(association);

  if (reservation == NULL || reservation->kind == PORTRES_RUNTIME) {
    return reservation;
  }
  return pin_persistent(reservation);
}

static int bind_associated(struct binder binder,
                           portres__handle association,
                           const struct sockaddr* address,
                           socklen_t address_len) {
  socklen_t length = portres__address_length(address, address_len);
  struct portres__bind_facts facts = {.is_associated = true};
  struct portres__decision decision;
  union portres__address copy;

  if (length == 0 || portres__endpoint_port(binder.endpoint) != 0) {
    return portres__real()->bind(binder.fd, address, address_len);
  }
  if (length == sizeof copy.in) {
    memcpy(&copy, address, sizeof copy.in); /* a known length needs no call */
  } else {
    memcpy(&copy, address, length);
  }
  facts.port = portres__address_port(address);
  binder.reservation = pin_current(association);
  if (binder.reservation != NULL) {
    facts.is_alive = true;
    facts.block = binder.reservation->range;
  }
  decision = portres__rules_bind(&facts);
  if (binder.reservation == NULL) {
    return fail(portres__status_to_errno(decision.status));
  }
  if (decision.verdict == PORTRES__VERDICT_PICK) {
    return bind_picked(binder, &copy, length);
  }
  if (decision.verdict == PORTRES__VERDICT_HOLD) {
    return bind_held(binder, &copy, length, facts.port);
  }
  portres__reservation_drop(binder.reservation);
  return fail(portres__status_to_errno(decision.status));
}

int portres__bind_associated(int fd,
                             portres__handle handle,
                             const struct sockaddr* address,
                             socklen_t address_len) {
  struct binder binder = {fd, handle, portres__endpoint_peek(handle), NULL};

  return bind_associated(binder, portres__bind_association(binder.endpoint),
                         address, address_len);
}

/* The port is reserved for some transport; if it is the socket's, the rules
 * decide. Returns: 0, or the status of a refusal. */
PORTRES__RARE static int judge_stranger(int fd, uint16_t port) {
  struct portres__socket_facts socket_facts;
  struct portres__bind_facts facts = {.port = port};
  int saved_errno = errno;

  portres__process_notice_fork();
  if (portres__platform_socket_facts(fd, &socket_facts) == PORTRES_OK) {
    facts.is_reserved =
        portres__engine_is_reserved_for(socket_facts.protocol, port) ||
        (portres__engine_is_hinted(port) &&
         portres__platform_ledger_refuses(fd, socket_facts.protocol, port));
  }
  errno = saved_errno;
  return portres__rules_bind(&facts).status;
}

static int bind_stranger(int fd,
                         const struct sockaddr* address,
                         socklen_t address_len) {
  if (portres__engine_is_used() &&
      portres__address_length(address, address_len) != 0) {
    uint16_t port = portres__address_port(address);
    int status =
        portres__engine_is_reserved(port) || portres__engine_is_hinted(port)
            ? judge_stranger(fd, port)
            : PORTRES_OK;
    if (status != PORTRES_OK) {
      return fail(portres__status_to_errno(status));
    }
  }
  return portres__real()->bind(fd, address, address_len);
}

/* Whether a test wants this call to fail; -1 and errno. */
int portres__bind_check_testing(enum portres_testing_call call) {
  int status = portres_testing_fails(call);
  return status == PORTRES_OK ? 0 : fail(portres__status_to_errno(status));
}

/* A socket that we know, or one of an unchanged program. Flat, because every
 * function that the kernel's answer returns through costs (bench_associated);
 * and apart, so that a stranger's bind does not pay for its frame. gcc 12 takes
 * it for cold when `binder` is made before the test. */
__attribute__((flatten, noinline)) static int bind_concerned(
    int fd,
    portres__handle handle,
    const struct sockaddr* address,
    socklen_t address_len) {
  struct portres__endpoint* endpoint = portres__bind_find(fd, handle);
  portres__handle association = portres__bind_association(endpoint);
  int result;

  if (association != 0) {
    struct binder binder = {fd, handle, endpoint, NULL};
    if (portres__testing_is_on() && address != NULL &&
        portres__bind_check_testing(PORTRES_TESTING_BIND) != 0) {
      return -1;
    }
    return bind_associated(binder, association, address, address_len);
  }
  if (portres__unchanged_is_on() &&
      portres__unchanged_bind(fd, address, address_len, &result)) {
    return result;
  }
  return bind_stranger(fd, address, address_len);
}

int portres__hook_bind(int fd,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  portres__handle handle = portres__fdtable_get(fd);

  if (address == &portres__reach_question) {
    portres__reach_answer();
    return 0;
  }
  return handle != 0 || portres__unchanged_is_on()
             ? bind_concerned(fd, handle, address, address_len)
             : bind_stranger(fd, address, address_len);
}

/* --- Implicit binds --- */

/* It was bound behind our back, by a call that does not come to us: to a port
 * of the block is fine. */
static int adopt(struct binder binder) {
  struct portres__reservation* reservation = binder.reservation;
  union portres__address address;
  socklen_t address_len = sizeof address;
  uint16_t port = 0;

  if (getsockname(binder.fd, &address.any, &address_len) == 0) {
    port = portres__address_port(&address.any);
  }
  if (port == 0 || !portres__block_contains(reservation->range, port) ||
      !portres__reservation_hold(reservation, port)) {
    portres__reservation_drop(reservation);
    return fail(EACCES);
  }
  hand_over(&binder, port);
  return 0;
}

static int bind_wildcard(struct binder binder, int family) {
  union portres__address address;
  socklen_t address_len = portres__address_any(family, 0, &address);
  portres__handle association = portres__slab_handle(binder.reservation);
  int saved_errno = errno;

  if (bind_picked(binder, &address, address_len) == 0) {
    return 0;
  }
  if (errno != EINVAL) {
    return -1;
  }
  binder.reservation = portres__reservation_pin(association);
  if (binder.reservation == NULL || adopt(binder) != 0) {
    return fail(EACCES);
  }
  errno = saved_errno;
  return 0;
}

int portres__bind_implicitly(int fd, portres__handle handle) {
  struct binder binder = {fd, handle, portres__bind_find(fd, handle), NULL};
  portres__handle association = portres__bind_association(binder.endpoint);

  if (association == 0 || portres__endpoint_port(binder.endpoint) != 0) {
    return 0;
  }
  binder.reservation = pin_current(association);
  if (binder.reservation == NULL) {
    return fail(ENOBUFS);
  }
  return bind_wildcard(binder, atomic_load(&binder.endpoint->family));
}
