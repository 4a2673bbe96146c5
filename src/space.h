/* space.h - the ports of one transport: which are reserved, by whomever.
 *
 * IPv4 and IPv6 share it, as on Windows. Asking and giving back are lock-free
 * and async-signal-safe; claiming is for one thread at a time.
 */
#ifndef PORTRES_SPACE_H
#define PORTRES_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "block.h"

enum { PORTRES__SPACE_WORDS = (PORTRES__PORT_MAX + 1) / 64 };

struct portres__space {
  _Atomic uint64_t reserved[PORTRES__SPACE_WORDS];
};

static inline bool portres__space_is_reserved(
    const struct portres__space* space, uint16_t port) {
  uint64_t bits =
      atomic_load_explicit(&space->reserved[port / 64], memory_order_relaxed);
  return (bits >> (port % 64) & 1) != 0;
}

/* Reserve what is not reserved yet of the range. Lock-free. */
void portres__space_add(struct portres__space* space,
                        struct portres_range range);

/* The last reserved port of the range; 0: none is. Lock-free. */
uint16_t portres__space_last_reserved(const struct portres__space* space,
                                      struct portres_range range);

/* Reserve the whole range, or nothing: false. */
bool portres__space_claim(struct portres__space* space,
                          struct portres_range range);
void portres__space_release(struct portres__space* space,
                            struct portres_range range);
void portres__space_clear(struct portres__space* space);

/* The first start >= from, aligned, of `count` ports in `area` of which none
 * is reserved; 0: there is none. */
uint16_t portres__space_find(const struct portres__space* space,
                             struct portres_range area,
                             uint32_t from,
                             uint16_t count,
                             uint16_t alignment);

#endif
