/* guards_posix.h - the guards of one block, at scope machine.
 *
 * Each port has a slot, and whoever changes one takes it first: the bind that
 * slips a socket in and dismisses the guard, the close that puts one back, the
 * retry, the end of the reservation. Nobody waits for a slot for long, since
 * bind() and close() may be called by a signal handler amid another's.
 */
#ifndef PORTRES_GUARDS_POSIX_H
#define PORTRES_GUARDS_POSIX_H

#include <portres/portres.h>
#include <stdatomic.h>

#include "kept_posix.h"
#include "reservation.h"

enum portres__slot_state {
  PORTRES__SLOT_BARE,    /* no guard: a socket has the port, or a stranger */
  PORTRES__SLOT_GUARDED, /* */
  PORTRES__SLOT_UNCLEAN, /* guarded; portres__guard_clean() is to be done */
  PORTRES__SLOT_ASIDE,   /* UDP: by one that has stepped aside for a socket */
  PORTRES__SLOT_TAKEN    /* somebody is at it */
};

struct portres__slot {
  _Atomic uint8_t state;
  struct portres__kept kept; /* the guard */
  struct portres__kept user; /* amid a swap, a copy of the program's socket */
  struct portres__kept next; /* for portres__guard_come_back() */
};

struct portres__guards {
  uint8_t protocol;
  uint16_t start;
  uint16_t count;
  _Atomic bool is_lacking; /* a free port may be bare, or unclean */
  _Atomic uint16_t cursor; /* where the next retry begins */
  _Atomic uint32_t retried_at_ms;
  struct portres__slot slots[];
};

static inline struct portres__slot* portres__guards_slot(
    struct portres__guards* guards, uint16_t port) {
  return &guards->slots[port - guards->start];
}

/* Any block of this process has guards, or had. */
extern _Atomic bool portres__guards_exist;
static inline bool portres__guards_are_used(void) {
  return atomic_load_explicit(&portres__guards_exist, memory_order_relaxed);
}

/* Take the slot if it is in this state. */
bool portres__slot_take(struct portres__slot* slot,
                        enum portres__slot_state state);

/* Give it back in another state. A guard of a reservation that has ended
 * meanwhile is closed. */
void portres__slot_give(const struct portres__reservation* reservation,
                        struct portres__slot* slot,
                        enum portres__slot_state state);

/* Try to guard a few free ports that are bare; at most once in a while.
 * Async-signal-safe. */
void portres__guards_retry(struct portres__reservation* reservation);

/* Let a stranger have the port: a test wants one there. Lock: the engine's. */
void portres__guards_yield(enum portres_protocol protocol, uint16_t port);

/* Of the acquire that is under way: keep a guard at this port. Returns: 0 or an
 * errno value. Lock: the probe lock. */
bool portres__guards_are_wanted(void);
void portres__guards_start_run(struct portres_range range);
int portres__guards_probe(uint16_t port, bool over_remnants);

/* In a forked child: no acquire is under way. */
void portres__guards_after_fork(void);

#endif
