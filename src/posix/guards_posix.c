#include "guards_posix.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "block.h"
#include "engine.h"
#include "guard_posix.h"
#include "platform.h"

enum {
  /* Of the descriptors a process may have, one in four may be a guard. */
  BUDGET_SHARE = 4,
  HEADROOM = 32, /* descriptors that the program shall find left */
  POLLED = 256,
  RETRY_INTERVAL_MS = 100,
  RETRY_LIMIT = 8 /* ports: some microseconds each */
};

PORTRES__HOT _Atomic bool portres__guards_exist;

/* Of the acquire that is under way; under the acquire lock. */
static struct portres__guards* pending;

/* --- Slots --- */

bool portres__slot_take(struct portres__slot* slot,
                        enum portres__slot_state state) {
  uint8_t expected = (uint8_t)state;

  return atomic_compare_exchange_strong(&slot->state, &expected,
                                        PORTRES__SLOT_TAKEN);
}

static bool take_guarded(struct portres__slot* slot) {
  return portres__slot_take(slot, PORTRES__SLOT_GUARDED) ||
         portres__slot_take(slot, PORTRES__SLOT_UNCLEAN) ||
         portres__slot_take(slot, PORTRES__SLOT_ASIDE);
}

static void dismiss(struct portres__slot* slot) {
  struct portres__guard_entry entry;

  if (take_guarded(slot)) {
    portres__guard_enter_patiently(&entry);
    portres__guard_close(&slot->kept);
    portres__guard_leave(&entry);
    atomic_store(&slot->state, PORTRES__SLOT_BARE);
  }
}

/* Either the end of the reservation sees the guard, or we see the end. */
void portres__slot_give(const struct portres__reservation* reservation,
                        struct portres__slot* slot,
                        enum portres__slot_state state) {
  atomic_store(&slot->state, (uint8_t)state);
  if (state != PORTRES__SLOT_BARE &&
      !portres__reservation_is_alive(reservation)) {
    dismiss(slot);
  }
}

static void dismiss_all(struct portres__guards* guards) {
  for (uint32_t i = 0; i < guards->count; i++) {
    dismiss(&guards->slots[i]);
  }
}

/* --- Acquire --- */

static bool is_within_budget(uint32_t wanted, rlim_t limit) {
  return portres__guard_count() + wanted <= limit / BUDGET_SHARE;
}

static int count_free(int first, int count) {
  struct pollfd numbers[POLLED];
  int free_count = 0;

  for (int i = 0; i < count; i++) {
    numbers[i] = (struct pollfd){.fd = first + i};
  }
  if (poll(numbers, (nfds_t)count, 0) < 0) {
    return count;
  }
  for (int i = 0; i < count; i++) {
    free_count += (numbers[i].revents & POLLNVAL) != 0;
  }
  return free_count;
}

/* So many descriptors are left, and some for the program. From the top, where
 * mostly none is open. */
static bool are_left(uint32_t wanted, rlim_t limit) {
  int end = limit < INT_MAX ? (int)limit : INT_MAX;
  int missing = (int)wanted + HEADROOM;

  while (end > 0 && missing > 0) {
    int count = end < POLLED ? end : POLLED;
    end -= count;
    missing -= count_free(end, count);
  }
  return missing <= 0;
}

bool portres__platform_guards_are_affordable(uint32_t wanted) {
  struct rlimit limit;

  return getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
         (is_within_budget(wanted, limit.rlim_cur) &&
          are_left(wanted, limit.rlim_cur));
}

static struct portres__guards* create(enum portres_protocol protocol,
                                      uint16_t count) {
  struct portres__guards* guards =
      calloc(1, sizeof *guards + count * sizeof guards->slots[0]);

  if (guards == NULL) {
    return NULL;
  }
  guards->protocol = (uint8_t)protocol;
  guards->count = count;
  for (uint32_t i = 0; i < count; i++) {
    atomic_store(&guards->slots[i].kept.fd, -1);
    atomic_store(&guards->slots[i].user.fd, -1);
    atomic_store(&guards->slots[i].next.fd, -1);
  }
  return guards;
}

/* Where there are none the range is looked for all the same: other errors come
 * before ENOBUFS. */
int portres__platform_guards_begin(enum portres_protocol protocol,
                                   const struct portres_options* options) {
  struct rlimit limit;

  if (options->scope == PORTRES_SCOPE_MACHINE &&
      (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
       is_within_budget(options->range.count, limit.rlim_cur))) {
    pending = create(protocol, options->range.count);
  }
  return PORTRES_OK;
}

struct portres__guards* portres__platform_guards_take(void) {
  struct portres__guards* taken = pending;

  pending = NULL;
  atomic_store(&portres__guards_exist, true);
  return taken;
}

void portres__platform_guards_end(void) {
  if (pending != NULL) {
    dismiss_all(pending);
    free(pending);
    pending = NULL;
  }
}

bool portres__guards_are_wanted(void) {
  return pending != NULL;
}

void portres__guards_start_run(struct portres_range range) {
  dismiss_all(pending);
  pending->start = range.start;
}

/* A range that is only looked at may be another one than is wanted. */
int portres__guards_probe(uint16_t port, bool over_remnants) {
  struct portres__slot* slot = portres__guards_slot(pending, port);
  int error =
      portres__guard_open(&slot->kept, pending->protocol, port, over_remnants);

  if (error == 0) {
    atomic_store(&slot->state,
                 over_remnants ? PORTRES__SLOT_UNCLEAN : PORTRES__SLOT_GUARDED);
  }
  if (error != 0 || over_remnants) {
    atomic_store(&pending->is_lacking, true);
  }
  return error;
}

/* Our copies of its guards are closed, for they are kept; whose memory it is in
 * the middle of changing, the parent alone knows. */
void portres__guards_after_fork(void) {
  pending = NULL;
}

/* --- Again --- */

static enum portres__slot_state guard_again(struct portres__guards* guards,
                                            struct portres__slot* slot) {
  uint16_t port = (uint16_t)(guards->start + (slot - guards->slots));
  struct portres__guard_entry entry;
  bool over_remnants = false;
  int error = EAGAIN;

  if (portres__guard_enter(&entry)) {
    error = portres__guard_open(&slot->kept, guards->protocol, port, false);
    if (error == EADDRINUSE && guards->protocol == PORTRES_TCP) {
      over_remnants = true;
      error = portres__guard_open(&slot->kept, guards->protocol, port, true);
    }
    portres__guard_leave(&entry);
  }
  if (error != 0 || over_remnants) {
    atomic_store(&guards->is_lacking, true);
  }
  return error != 0      ? PORTRES__SLOT_BARE
         : over_remnants ? PORTRES__SLOT_UNCLEAN
                         : PORTRES__SLOT_GUARDED;
}

/* The port's last socket is closed here. Whether it is in other processes the
 * kernel tells; by then the port is nobody else's. */
static enum portres__slot_state come_back(struct portres__guards* guards,
                                          struct portres__slot* slot) {
  uint16_t port = (uint16_t)(guards->start + (slot - guards->slots));
  struct portres__guard_entry entry;
  bool is_back = false;

  if (portres__guard_enter(&entry)) {
    is_back =
        portres__guard_is_port_left(&slot->next, guards->protocol, port) &&
        portres__guard_come_back(&slot->kept, &slot->next, port, -1) == 0;
    portres__guard_leave(&entry);
  }
  if (!is_back) {
    atomic_store(&guards->is_lacking, true);
  }
  return is_back ? PORTRES__SLOT_GUARDED : PORTRES__SLOT_ASIDE;
}

void portres__platform_guard_again(struct portres__reservation* reservation,
                                   uint16_t port) {
  struct portres__guards* guards = reservation->guards;
  struct portres__slot* slot = portres__guards_slot(guards, port);

  if (!portres__reservation_is_alive(reservation)) {
    return;
  }
  if (portres__reservation_is_shared(reservation, port)) {
    /* The last one sees to it; unless two find each other here. */
    atomic_store(&guards->is_lacking, true);
  } else if (portres__slot_take(slot, PORTRES__SLOT_BARE)) {
    portres__slot_give(reservation, slot, guard_again(guards, slot));
  } else if (portres__slot_take(slot, PORTRES__SLOT_ASIDE)) {
    portres__slot_give(reservation, slot, come_back(guards, slot));
  }
}

static void clean(struct portres__reservation* reservation,
                  struct portres__slot* slot) {
  bool is_clean = portres__guard_clean(&slot->kept);

  if (!is_clean) {
    atomic_store(&reservation->guards->is_lacking, true);
  }
  portres__slot_give(reservation, slot,
                     is_clean ? PORTRES__SLOT_GUARDED : PORTRES__SLOT_UNCLEAN);
}

/* The port is held meanwhile: a bind that picks one passes it by. */
static bool retry_slot(struct portres__reservation* reservation,
                       uint16_t offset) {
  struct portres__slot* slot = &reservation->guards->slots[offset];
  uint8_t state = atomic_load(&slot->state);

  if (state == PORTRES__SLOT_GUARDED || state == PORTRES__SLOT_TAKEN ||
      !portres__pool_add_bit(reservation->pool, offset)) {
    return false;
  }
  if (portres__slot_take(slot, PORTRES__SLOT_UNCLEAN)) {
    clean(reservation, slot);
  } else {
    portres__platform_guard_again(
        reservation, (uint16_t)(reservation->range.start + offset));
  }
  portres__pool_drop(reservation->pool, offset);
  return true;
}

static bool may_retry(struct portres__guards* guards) {
  uint32_t now_ms;
  uint32_t last;

  if (!atomic_load_explicit(&guards->is_lacking, memory_order_relaxed)) {
    return false;
  }
  now_ms = (uint32_t)portres__platform_now_ms();
  last = atomic_load(&guards->retried_at_ms);
  return now_ms - last >= RETRY_INTERVAL_MS &&
         atomic_compare_exchange_strong(&guards->retried_at_ms, &last, now_ms);
}

void portres__guards_retry(struct portres__reservation* reservation) {
  struct portres__guards* guards = reservation->guards;
  uint32_t at = atomic_load(&guards->cursor);
  uint32_t tried = 0;

  if (!may_retry(guards) || !portres__reservation_is_alive(reservation)) {
    return;
  }
  atomic_store(&guards->is_lacking, false);
  for (uint32_t i = 0; i < guards->count && tried < RETRY_LIMIT; i++) {
    at = at < guards->count ? at : 0;
    tried += retry_slot(reservation, (uint16_t)at++);
  }
  if (tried == RETRY_LIMIT) {
    atomic_store(&guards->is_lacking, true);
  }
  atomic_store(&guards->cursor, (uint16_t)at);
}

void portres__guards_yield(enum portres_protocol protocol, uint16_t port) {
  uint32_t count = atomic_load(&portres__engine.reservations.count);

  for (uint32_t i = 0; i < count; i++) {
    struct portres__reservation* reservation = portres__reservation_at(i);
    if (portres__slab_is_alive(reservation) &&
        portres__reservation_is_alive(reservation) &&
        reservation->guards != NULL && reservation->protocol == protocol &&
        portres__block_contains(reservation->range, port)) {
      dismiss(portres__guards_slot(reservation->guards, port));
      atomic_store(&reservation->guards->is_lacking, true);
    }
  }
}

/* --- The end --- */

void portres__platform_guards_close(struct portres__guards* guards) {
  dismiss_all(guards);
}

void portres__platform_guards_free(struct portres__guards* guards) {
  dismiss_all(guards); /* those of a reservation that never began */
  free(guards);
}
