/* block.h - a run of consecutive ports: arithmetic only. */
#ifndef PORTRES_BLOCK_H
#define PORTRES_BLOCK_H

#include <portres/portres.h>
#include <stdbool.h>

enum { PORTRES__PORT_MAX = 65535 };

/* True for at least one port, none past the last one; the start may be 0. */
bool portres__block_fits(struct portres_range range);

/* Both ends are ports; `range` must fit and start at a port. */
uint16_t portres__block_last(struct portres_range range);
static inline bool portres__block_contains(struct portres_range range,
                                           uint16_t port) {
  return port >= range.start && (uint32_t)port - range.start < range.count;
}

/* The part of `range` that lies in `area`; count 0 when there is none. */
struct portres_range portres__block_meet(struct portres_range range,
                                         struct portres_range area);

/* The first port >= `port` that is a multiple of `alignment`; may be past the
 * last port. An alignment of 0 is as 1. */
uint32_t portres__block_align(uint32_t port, uint16_t alignment);

#endif
