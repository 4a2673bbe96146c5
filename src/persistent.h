/* persistent.h - reservations that outlive the process: what the store says,
 *                and what this process does with it.
 *
 * Nobody holds a persistent reservation; each process that may change the
 * store may take ports of it. A process that associates a socket makes a
 * reservation object of its own for that, with a pool; the kernel refuses what
 * another process took from the same block. The object claims no ports in the
 * space: the portmap has them, for all processes.
 */
#ifndef PORTRES_PERSISTENT_H
#define PORTRES_PERSISTENT_H

#include "engine.h"

/* May this process create and delete persistent reservations, and associate
 * with them? "Administrator" is who may write the state directory. Returns: 0,
 * EACCES, ECORRUPT. The only place where this is asked. */
int portres__store_is_administrator(void);

/* What the tokens depend on; another value stands for another boot. Returns:
 * 0, ENOBUFS. The only place where this is asked. */
int portres__store_boot_id(uint8_t out[PORTRES__BOOT_SIZE]);

/* Before a socket of this protocol associates: if the token is persistent,
 * have the reservation object that it names. Returns: 0, also for tokens of
 * another kind or of none; EACCES; ECORRUPT; ENOBUFS. */
int portres__persistent_admit(portres_token token,
                              enum portres_protocol protocol);

/* Ask the store whether it still has the reservation; false: it has ended, now
 * at the latest. Async-signal-safe. */
PORTRES__RARE bool portres__persistent_recheck(
    struct portres__reservation* reservation);

/* The same, asked only when something has changed. */
static inline bool portres__persistent_is_current(
    struct portres__reservation* reservation) {
  const struct portres__portmap* map = portres__engine_portmap();

  return (atomic_load_explicit(&map->changes, memory_order_relaxed) ==
              atomic_load_explicit(&reservation->seen, memory_order_relaxed) &&
          portres__portmap_has(map, reservation->protocol,
                               reservation->range.start)) ||
         portres__persistent_recheck(reservation);
}

/* Returns: 0; EINVAL: the token is of no persistent reservation; ECORRUPT;
 * ENOBUFS. */
int portres__persistent_describe(portres_token token,
                                 struct portres_info* info);

/* As portres__facility_snapshot(), of the store. */
size_t portres__persistent_snapshot(struct portres_info* infos,
                                    size_t capacity,
                                    int* status_out);

#endif
