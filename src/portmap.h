/* portmap.h - which ports are persistently reserved, as a file that every
 * process maps and looks at without asking anybody.
 *
 * It follows the text of store.h, which alone is the truth, and may only err
 * by a port too many: who creates a reservation sets its ports here before the
 * text has it, who deletes one clears them after the text has forgotten it.
 * After a crash in between the next one to change the store puts it right.
 */
#ifndef PORTRES_PORTMAP_H
#define PORTRES_PORTMAP_H

#include <portres/portres.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "block.h"

enum {
  PORTRES__PORTMAP_MAGIC_SIZE = 16,
  PORTRES__PORTMAP_BYTES = (PORTRES__PORT_MAX + 1) / 8
};

/* The layout is that of the file. */
struct portres__portmap {
  char magic[PORTRES__PORTMAP_MAGIC_SIZE];
  _Atomic uint64_t changes; /* another number after each change */
  uint8_t unused[40];
  _Atomic uint8_t tcp[PORTRES__PORTMAP_BYTES];
  _Atomic uint8_t udp[PORTRES__PORTMAP_BYTES];
};

_Static_assert(sizeof(struct portres__portmap) ==
                   64 + 2 * PORTRES__PORTMAP_BYTES,
               "the file has no holes");

/* No port is reserved. */
void portres__portmap_init(struct portres__portmap* map);

/* It begins as portres__portmap_init() has it. */
bool portres__portmap_is_valid(const struct portres__portmap* map);

void portres__portmap_set(struct portres__portmap* map,
                          enum portres_protocol protocol,
                          struct portres_range range);

/* The last reserved port of the range; 0: there is none. */
uint16_t portres__portmap_find_last(const struct portres__portmap* map,
                                    enum portres_protocol protocol,
                                    struct portres_range range);

bool portres__portmap_is_same(const struct portres__portmap* a,
                              const struct portres__portmap* b);

static inline bool portres__portmap_has(const struct portres__portmap* map,
                                        int protocol,
                                        uint16_t port) {
  const _Atomic uint8_t* ports = protocol == PORTRES_TCP ? map->tcp : map->udp;
  uint8_t bits = atomic_load_explicit(&ports[port / 8], memory_order_relaxed);

  return (bits >> (port % 8) & 1) != 0;
}

/* For some transport. */
static inline bool portres__portmap_has_any(const struct portres__portmap* map,
                                            uint16_t port) {
  return portres__portmap_has(map, PORTRES_TCP, port) ||
         portres__portmap_has(map, PORTRES_UDP, port);
}

#endif
