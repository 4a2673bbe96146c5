#include "portmap.h"

#include <string.h>

static const char magic[PORTRES__PORTMAP_MAGIC_SIZE] = "portres-ports 1";

void portres__portmap_init(struct portres__portmap* map) {
  memset(map, 0, sizeof *map);
  memcpy(map->magic, magic, sizeof magic);
}

bool portres__portmap_is_valid(const struct portres__portmap* map) {
  return memcmp(map->magic, magic, sizeof magic) == 0;
}

void portres__portmap_set(struct portres__portmap* map,
                          enum portres_protocol protocol,
                          struct portres_range range) {
  _Atomic uint8_t* ports = protocol == PORTRES_TCP ? map->tcp : map->udp;

  for (uint32_t i = 0; i < range.count; i++) {
    uint32_t port = range.start + i;
    atomic_fetch_or_explicit(&ports[port / 8], (uint8_t)(1u << (port % 8)),
                             memory_order_relaxed);
  }
}

uint16_t portres__portmap_find_last(const struct portres__portmap* map,
                                    enum portres_protocol protocol,
                                    struct portres_range range) {
  for (uint32_t i = range.count; i > 0; i--) {
    uint16_t port = (uint16_t)(range.start + i - 1);
    if (portres__portmap_has(map, protocol, port)) {
      return port;
    }
  }
  return 0;
}

bool portres__portmap_is_same(const struct portres__portmap* a,
                              const struct portres__portmap* b) {
  for (uint32_t i = 0; i < PORTRES__PORTMAP_BYTES; i++) {
    if (atomic_load_explicit(&a->tcp[i], memory_order_relaxed) !=
            atomic_load_explicit(&b->tcp[i], memory_order_relaxed) ||
        atomic_load_explicit(&a->udp[i], memory_order_relaxed) !=
            atomic_load_explicit(&b->udp[i], memory_order_relaxed)) {
      return false;
    }
  }
  return true;
}
