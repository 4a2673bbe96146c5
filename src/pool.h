/* pool.h - the ports of one block: which are held, and which is next.
 *
 * Sockets may share a port (0.0.0.0:p beside [::]:p, SO_REUSEPORT), so a port
 * has units of holding: one is its bit, the others are counted as extras. Units
 * are alike, and whoever drops one drops an extra as long as there is any. So a
 * port that nobody shares, which is nearly every one, is held by setting its
 * bit and nothing else.
 *
 * The invariant: whoever holds a port has added a unit before, and removes one
 * after; in the middle of a call there may be more units than holders, never
 * fewer. Hence who sets the bit, and then finds no extra, is the only holder;
 * and who finds no extra, and then clears the bit, cleared a unit of its own.
 * Where the last other holder clears the bit while an extra is added, a held
 * port looks open. The next pick of it sets the bit, finds the extra, and so
 * has one unit too many to drop: the extra goes, after the bit has come, and
 * the search goes on.
 *
 * A bit for each cell of 64 ports that is full speeds up the search, so that a
 * block of any size and fill answers in the same time. Whoever changes a cell
 * looks at that bit after it and, having changed the bit, at the cell again, so
 * the last one to look leaves it right. While somebody is at that, and may be
 * interrupted there, a search that finds no cell open looks into the cells.
 *
 * All but create and destroy are lock-free and async-signal-safe: none waits
 * for what another has begun. Ports are counted from 0 here: the start of the
 * block is the reservation's business.
 */
#ifndef PORTRES_POOL_H
#define PORTRES_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "rare.h"

enum { PORTRES__POOL_CELL = 64 };

/* 64 ports, a bit for each. */
struct portres__pool_cell {
  _Atomic uint64_t taken;   /* the first unit of each port */
  _Atomic uint64_t cooling; /* not to be picked, held or not */
};

/* Small, for most blocks are: behind the cells lie, for `cell_count` cells, a
 * bit for each that has no port open; and, for each port, its extra units. */
struct portres__pool {
  uint16_t port_count;
  uint16_t cell_count;
  _Atomic uint16_t cursor;      /* after the port last picked in rotation */
  _Atomic uint16_t thaw_cursor; /* cell where the next thaw begins */
  _Atomic uint32_t swept_at_ms; /* modulo 2^32; 0: never */
  _Atomic bool has_extras;      /* any, ever; else they are not looked at */
  _Atomic uint16_t settling;    /* threads amid setting the bit of a cell */
  struct portres__pool_cell cells[];
};

static inline _Atomic uint64_t* portres__pool_full(struct portres__pool* pool) {
  return (_Atomic uint64_t*)&pool->cells[pool->cell_count];
}

static inline _Atomic uint16_t* portres__pool_extras(
    struct portres__pool* pool) {
  uint32_t full_words =
      (pool->cell_count + PORTRES__POOL_CELL - 1u) / PORTRES__POOL_CELL;
  return (_Atomic uint16_t*)&portres__pool_full(pool)[full_words];
}

struct portres__pool_figures {
  uint32_t used;
  uint32_t free;
  uint32_t cooling;
};

struct portres__pool* portres__pool_create(
    uint16_t count); /* NULL: no memory */
void portres__pool_destroy(struct portres__pool* pool);

/* Nobody holds a port, and none cools. For one thread alone. */
void portres__pool_clear(struct portres__pool* pool);

/* Hold a free port, the lowest from `from` on, then from 0; false: none. */
bool portres__pool_pick(struct portres__pool* pool,
                        uint32_t from,
                        uint16_t* port_out);

/* Hold the next free port after the one last picked so. */
bool portres__pool_pick_next(struct portres__pool* pool, uint16_t* port_out);

static inline struct portres__pool_cell* portres__pool_cell_of(
    struct portres__pool* pool, uint32_t port) {
  return &pool->cells[port / PORTRES__POOL_CELL];
}

static inline uint64_t portres__pool_bit(uint32_t position) {
  return UINT64_C(1) << (position % PORTRES__POOL_CELL);
}

/* Set the bit of the cell right, after the cell was changed. */
PORTRES__RARE void portres__pool_settle(struct portres__pool* pool,
                                        uint32_t index);

/* Set the port's bit; false: it is set. */
static inline bool portres__pool_add_bit(struct portres__pool* pool,
                                         uint32_t port) {
  struct portres__pool_cell* cell = portres__pool_cell_of(pool, port);
  uint64_t bit = portres__pool_bit(port);
  uint64_t taken = atomic_load_explicit(&cell->taken, memory_order_relaxed);

  do {
    if ((taken & bit) != 0) {
      return false;
    }
  } while (!atomic_compare_exchange_weak(&cell->taken, &taken, taken | bit));
  if ((taken | bit | atomic_load(&cell->cooling)) == UINT64_MAX) {
    portres__pool_settle(pool, port / PORTRES__POOL_CELL);
  }
  return true;
}

/* Hold this port beside whoever holds it; false: too many holders. */
PORTRES__RARE bool portres__pool_share(struct portres__pool* pool,
                                       uint16_t port);
static inline bool portres__pool_hold(struct portres__pool* pool,
                                      uint16_t port) {
  return portres__pool_add_bit(pool, port) || portres__pool_share(pool, port);
}

/* Of a port that is held: whether more than once. */
static inline bool portres__pool_is_shared(struct portres__pool* pool,
                                           uint16_t port) {
  return atomic_load(&pool->has_extras) &&
         atomic_load(&portres__pool_extras(pool)[port]) != 0;
}

/* No longer hold it. */
void portres__pool_drop(struct portres__pool* pool, uint16_t port);

/* No longer hold it, for the kernel refused it: unless others hold it, it
 * cools, which is to say that it is not picked until it is thawed. */
void portres__pool_refuse(struct portres__pool* pool, uint16_t port);

/* The kernel has bound it after all: it does not cool. Before: it is held. */
PORTRES__RARE void portres__pool_stop_cooling(struct portres__pool* pool,
                                              uint16_t port);
static inline bool portres__pool_is_cooling(struct portres__pool* pool,
                                            uint32_t port) {
  return (atomic_load(&portres__pool_cell_of(pool, port)->cooling) &
          portres__pool_bit(port)) != 0;
}
static inline void portres__pool_warm(struct portres__pool* pool,
                                      uint16_t port) {
  if (portres__pool_is_cooling(pool, port)) {
    portres__pool_stop_cooling(pool, port);
  }
}

/* Let up to `limit` cooling ports be picked again; tells how many. */
uint32_t portres__pool_thaw(struct portres__pool* pool, uint32_t limit);

/* The first of these ports that somebody holds; first + count: none. */
uint32_t portres__pool_find_held(struct portres__pool* pool,
                                 uint32_t first,
                                 uint32_t count);

/* True at most once in any `interval_ms`, to one caller. */
bool portres__pool_may_sweep(struct portres__pool* pool,
                             uint64_t now_ms,
                             uint64_t interval_ms);

struct portres__pool_figures portres__pool_count(struct portres__pool* pool);

#endif
