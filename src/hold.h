/* hold.h - the port a socket has, and whose it is, in one word.
 *
 * bind() in one thread and the last close() in another so agree on who returns
 * the port: 24 bits of the endpoint's generation, 24 of the reservation's
 * index, 16 of the port (0: none). bind exchanges the empty word of its own
 * generation for a full one; the last close exchanges whatever there is for the
 * empty word of the next. Each port so has one owner. The index is enough, for
 * a held port is a reference of its reservation.
 */
#ifndef PORTRES_HOLD_H
#define PORTRES_HOLD_H

#include <stdint.h>

#include "slab.h"

enum { PORTRES__HOLD_PORT_BITS = 16, PORTRES__HOLD_INDEX_BITS = 24 };

static inline uint64_t portres__hold_generation(portres__handle handle) {
  return handle >> 32;
}

static inline uint64_t portres__hold_empty(uint64_t generation) {
  return generation << (PORTRES__HOLD_PORT_BITS + PORTRES__HOLD_INDEX_BITS);
}

static inline uint64_t portres__hold_full(uint64_t generation,
                                          uint32_t index,
                                          uint16_t port) {
  return portres__hold_empty(generation) |
         (uint64_t)index << PORTRES__HOLD_PORT_BITS | port;
}

static inline uint16_t portres__hold_port(uint64_t hold) {
  return (uint16_t)hold;
}

static inline uint32_t portres__hold_index(uint64_t hold) {
  return (uint32_t)(hold >> PORTRES__HOLD_PORT_BITS) &
         ((1u << PORTRES__HOLD_INDEX_BITS) - 1);
}

#endif
