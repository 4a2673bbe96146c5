/* endpoint.h - one socket as the engine knows it, however many descriptors of
 * this process name it.
 *
 * References: one for each such descriptor, and the pins of calls under way.
 * With the last one the socket is gone: its port returns to the block, and the
 * reservations acquired on it end. That happens in close(), so it neither
 * locks nor frees.
 */
#ifndef PORTRES_ENDPOINT_H
#define PORTRES_ENDPOINT_H

#include "hold.h"
#include "platform.h"
#include "reservation.h"
#include "slab.h"

struct portres__endpoint {
  struct portres__slab_head head;
  _Atomic uint64_t identity;
  _Atomic portres__handle association; /* alive, dead or 0 */
  _Atomic uint64_t held;               /* the port and whose it is: hold.h */
  uint32_t first_owned; /* reservation, index + 1; under the engine's lock */
  uint32_t era; /* of the process, when it was made: the platform's matter */
  _Atomic uint16_t family;
  _Atomic uint8_t protocol; /* enum portres_protocol */
};

/* With one reference; NULL: no memory. Lock: the engine's. */
struct portres__endpoint* portres__endpoint_create(
    const struct portres__socket_facts* facts);

/* Finishes the endpoint with the last reference. Lock-free. */
void portres__endpoint_drop(struct portres__endpoint* endpoint);

/* The socket is bound to a port of the block, which is held. True: the
 * endpoint has taken over that hold and the caller's pin of the reservation.
 * False: the life of `handle` is over, both stay with the caller. */
static inline bool portres__endpoint_take_port(
    struct portres__endpoint* endpoint,
    portres__handle handle,
    const struct portres__reservation* reservation,
    uint16_t port) {
  uint64_t generation = portres__hold_generation(handle);
  uint64_t empty = portres__hold_empty(generation);
  uint64_t full = portres__hold_full(generation, reservation->head.index, port);

  return atomic_compare_exchange_strong(&endpoint->held, &empty, full);
}

/* In a forked child: one reference, ours, in place of whatever the threads of
 * the parent held; then one for each descriptor is counted; then the endpoint
 * holds what it held, or ends for want of descriptors. */
void portres__endpoint_disown_descriptors(struct portres__endpoint* endpoint);
void portres__endpoint_renew(struct portres__endpoint* endpoint);

/* Undo an association, unless this life is over. */
void portres__endpoint_dissociate(portres__handle handle);

/* The port it is bound to by us, or 0. */
static inline uint16_t portres__endpoint_port(
    const struct portres__endpoint* endpoint) {
  return portres__hold_port(atomic_load(&endpoint->held));
}

/* True while it holds a port of this reservation. */
bool portres__endpoint_holds_of(const struct portres__endpoint* endpoint,
                                const struct portres__reservation* reservation);

/* The reservation ends with this endpoint, unless it is disowned before.
 * Lock: the engine's; the endpoint is pinned. */
void portres__endpoint_own(struct portres__endpoint* endpoint,
                           struct portres__reservation* reservation);
void portres__endpoint_disown(struct portres__endpoint* endpoint,
                              struct portres__reservation* reservation);

#endif
