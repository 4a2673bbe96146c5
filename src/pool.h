/* pool.h - the ports of one block: which are held, and which is next.
 *
 * The truth about a port is its number of holders: sockets may share a port
 * (0.0.0.0:p beside [::]:p, SO_REUSEPORT), so a bit would not do. Two levels of
 * bits above the counts only speed up the search, so that a block of any size
 * and fill answers in the same time. Whoever changes a count sets its bit
 * after it and looks again (settle_port), so the last one to look leaves the
 * bits right.
 *
 * All but create and destroy are lock-free and async-signal-safe. Ports are
 * counted from 0 here: the start of the block is the reservation's business.
 */
#ifndef PORTRES_POOL_H
#define PORTRES_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct portres__pool;

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

/* Hold this port beside whoever holds it; false: too many holders. */
bool portres__pool_hold(struct portres__pool* pool, uint16_t port);

/* No longer hold it. */
void portres__pool_drop(struct portres__pool* pool, uint16_t port);

/* No longer hold it, for the kernel refused it: unless others hold it, it
 * cools, which is to say that it is not picked until it is thawed. */
void portres__pool_refuse(struct portres__pool* pool, uint16_t port);

/* The kernel has bound it after all: it does not cool. Before: it is held. */
void portres__pool_warm(struct portres__pool* pool, uint16_t port);

/* Let up to `limit` cooling ports be picked again; tells how many. */
uint32_t portres__pool_thaw(struct portres__pool* pool, uint32_t limit);

/* The first of these ports that somebody holds; first + count: none. */
uint32_t portres__pool_find_held(struct portres__pool* pool,
                                 uint32_t first,
                                 uint32_t count);

/* Where a rotating search goes on. */
uint32_t portres__pool_cursor(struct portres__pool* pool);

/* True at most once in any `interval_ms`, to one caller. */
bool portres__pool_may_sweep(struct portres__pool* pool,
                             uint64_t now_ms,
                             uint64_t interval_ms);

struct portres__pool_figures portres__pool_count(struct portres__pool* pool);

#endif
