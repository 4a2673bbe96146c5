/* reservation.h - one reserved block: its range, its token, its ports.
 *
 * References: one of the registry while it is alive, one of the list of the
 * endpoint that acquired it, one for each bound port, and the pins of calls
 * under way. The last one gone, the object is `spent`:
 * it waits for a call that may free memory (portres__reservation_reap).
 */
#ifndef PORTRES_RESERVATION_H
#define PORTRES_RESERVATION_H

#include <portres/portres.h>
#include <stdatomic.h>

#include "pool.h"
#include "rare.h"
#include "slab.h"

enum portres__reservation_state {
  PORTRES__RESERVATION_DEAD = 0,
  PORTRES__RESERVATION_ALIVE = 1
};

struct portres__reservation {
  struct portres__slab_head head;
  portres_token token;
  struct portres_range range;
  uint8_t protocol; /* enum portres_protocol */
  uint8_t scope;    /* enum portres_scope */
  uint8_t order;    /* enum portres_order */
  uint8_t kind;     /* enum portres_kind */
  _Atomic uint8_t state;
  _Atomic bool is_inherited; /* by forked children */
  _Atomic uint8_t stake;     /* that the range is claimed with, held */
  uint32_t next_waiting;     /* index + 1 in the list to reap */
  uint32_t previous_owned;   /* the other blocks of the acquiring socket, as */
  uint32_t next_owned;       /* index + 1; under the engine's lock */
  uint32_t previous_lingering; /* the other dead ones that are not spent, */
  uint32_t next_lingering;     /* as index + 1; under the engine's lock */
  portres__handle owner;       /* endpoint of the acquiring socket, or 0 */
  union {
    _Atomic uint64_t seed; /* runtime: where a seeded order goes on */
    _Atomic uint64_t seen; /* persistent: the portmap's changes when the store
                              was last known to have it */
  };
  struct portres__pool* pool;
  char* label; /* NULL: none */
};

static inline bool portres__reservation_is_alive(
    const struct portres__reservation* reservation) {
  return atomic_load(&reservation->state) == PORTRES__RESERVATION_ALIVE;
}

/* A reservation with the registry's reference, not yet in any table; NULL: no
 * memory. Lock: the engine's. */
struct portres__reservation* portres__reservation_create(
    enum portres_protocol protocol, const struct portres_options* options);

/* End it; the first caller takes its ports out of the space, later ones do
 * nothing. Lock-free, async-signal-safe. */
void portres__reservation_kill(struct portres__reservation* reservation);

PORTRES__RARE void portres__reservation_drop(
    struct portres__reservation* reservation);

/* Free what has died. Lock: the engine's. */
void portres__reservation_reap(void);

/* A port of this range that a dead reservation has yet, for a socket is bound
 * to it or a bind that began before the end is under way; 0: none. Lock: the
 * engine's. */
uint16_t portres__reservation_find_lingering(enum portres_protocol protocol,
                                             struct portres_range range);

/* Forget the lists, in a forked child. */
void portres__reservation_forget_lists(void);

static inline uint16_t portres__reservation_offset(
    const struct portres__reservation* reservation, uint16_t port) {
  return (uint16_t)(port - reservation->range.start);
}

/* As the next, for other orders than the lowest; an offset into the block. */
PORTRES__RARE bool portres__reservation_pick_in_order(
    struct portres__reservation* reservation, uint16_t* offset_out);

/* Hold a free port of the block by its order; false: none. After a hold look
 * again whether the reservation is alive: once it is dead, nobody looks out for
 * the hold but portres__reservation_find_lingering(). */
static inline bool portres__reservation_pick(
    struct portres__reservation* reservation, uint16_t* port_out) {
  uint16_t offset;
  bool is_picked =
      reservation->order == PORTRES_ORDER_LOWEST
          ? portres__pool_pick(reservation->pool, 0, &offset)
          : portres__reservation_pick_in_order(reservation, &offset);

  if (is_picked) {
    *port_out = (uint16_t)(reservation->range.start + offset);
  }
  return is_picked;
}

static inline bool portres__reservation_hold(
    struct portres__reservation* reservation, uint16_t port) {
  return portres__pool_hold(reservation->pool,
                            portres__reservation_offset(reservation, port));
}

static inline void portres__reservation_warm_port(
    struct portres__reservation* reservation, uint16_t port) {
  portres__pool_warm(reservation->pool,
                     portres__reservation_offset(reservation, port));
}

PORTRES__RARE void portres__reservation_drop_port(
    struct portres__reservation* reservation, uint16_t port);
PORTRES__RARE void portres__reservation_refuse_port(
    struct portres__reservation* reservation, uint16_t port);

void portres__reservation_describe(
    const struct portres__reservation* reservation, struct portres_info* info);

#endif
