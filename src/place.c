#include "place.h"

#include "engine.h"
#include "platform.h"
#include "testing.h"

/* Windows' default since Vista: KB 929851. */
static const struct portres_range default_range = {49152, 16384};

/* Privileged ports are the lowest ones, so the first port tells. */
static bool is_privileged(enum portres_protocol protocol,
                          struct portres_range range) {
  struct portres_range first = {range.start, 1};
  uint16_t busy;

  return portres__platform_probe(protocol, first, false, &busy) ==
         PORTRES_EACCES;
}

/* What the kernel cannot tell yet: a bind that began under a reservation which
 * has ended since. From our claim on no other one begins. */
static uint16_t find_lingering(enum portres_protocol protocol,
                               struct portres_range range) {
  uint16_t port;

  portres__engine_lock();
  port = portres__reservation_find_lingering(protocol, range);
  portres__platform_unlock_engine();
  return port;
}

static int claim_and_probe(enum portres_protocol protocol,
                           struct portres_range range,
                           bool over_remnants,
                           uint16_t* busy_out) {
  struct portres__space* space = portres__engine_space(protocol);
  int status;

  atomic_store(&portres__engine.has_claimed, true);
  *busy_out = portres__testing_excluded(protocol, range);
  if (*busy_out != 0 || !portres__space_claim(space, range)) {
    return is_privileged(protocol, range) ? PORTRES_EACCES : PORTRES_EADDRINUSE;
  }
  *busy_out = find_lingering(protocol, range);
  status = *busy_out != 0 ? PORTRES_EADDRINUSE
                          : portres__platform_probe(protocol, range,
                                                    over_remnants, busy_out);
  if (status != PORTRES_OK) {
    portres__space_release(space, range);
  }
  return status;
}

/* As claim_and_probe(), and nobody has reserved a port of it persistently. */
static int take(enum portres_protocol protocol,
                struct portres_range range,
                bool over_remnants,
                uint16_t* busy_out) {
  *busy_out =
      portres__portmap_find_last(portres__engine_portmap(), protocol, range);
  if (*busy_out != 0) {
    return is_privileged(protocol, range) ? PORTRES_EACCES : PORTRES_EADDRINUSE;
  }
  return claim_and_probe(protocol, range, over_remnants, busy_out);
}

/* First fit, lowest first, stepping over what is in use (semantics 2.5).
 * Returns: 0; ENOBUFS: no place; EACCES, ENETDOWN. */
static int place_in(enum portres_protocol protocol,
                    struct portres_range area,
                    bool over_remnants,
                    struct portres_options* options) {
  const struct portres__space* space = portres__engine_space(protocol);
  uint32_t from = area.start;

  for (;;) {
    uint16_t busy = 0;
    int status;

    options->range.start = portres__space_find(
        space, area, from, options->range.count, options->alignment);
    if (options->range.start == 0) {
      return PORTRES_ENOBUFS;
    }
    status = take(protocol, options->range, over_remnants, &busy);
    if (status != PORTRES_EADDRINUSE) {
      return status;
    }
    from = (busy != 0 ? busy : options->range.start) + 1u;
  }
}

/* The parts of the dynamic range where the kernel does not pick for others. */
static size_t quiet_areas(struct portres_range dynamic_range,
                          struct portres_range areas[2]) {
  struct portres_range busy = portres__platform_ephemeral();
  uint32_t busy_end = (uint32_t)busy.start + busy.count;
  struct portres_range below = {1, busy.start > 1 ? busy.start - 1 : 0};
  struct portres_range above = {(uint16_t)busy_end, 0};

  if (busy.count == 0) {
    return 0;
  }
  if (busy_end <= PORTRES__PORT_MAX) {
    above.count = (uint16_t)(PORTRES__PORT_MAX + 1 - busy_end);
  }
  areas[0] = portres__block_meet(dynamic_range, below);
  areas[1] = portres__block_meet(dynamic_range, above);
  return 2;
}

static int place_anywhere(enum portres_protocol protocol,
                          struct portres_options* options) {
  struct portres_range dynamic_range =
      portres__testing_dynamic_range(default_range);
  struct portres_range areas[4];
  size_t area_count = quiet_areas(dynamic_range, areas);
  int status = PORTRES_ENOBUFS;

  areas[area_count++] = dynamic_range;
  for (size_t i = 0; i < area_count && status == PORTRES_ENOBUFS; i++) {
    status = place_in(protocol, areas[i], false, options);
  }
  /* Only now at the ports of closed connections: they can be reserved, but
   * the kernel may refuse them for a minute yet. */
  if (status == PORTRES_ENOBUFS) {
    status = place_in(protocol, dynamic_range, true, options);
  }
  return status;
}

int portres__place(enum portres_protocol protocol,
                   struct portres_options* options) {
  uint16_t busy;

  portres__platform_portmap_refresh();
  portres__testing_before_acquire();
  if (options->range.start == 0) {
    return place_anywhere(protocol, options);
  }
  return take(protocol, options->range, true, &busy);
}

int portres__place_claim(enum portres_protocol protocol,
                         struct portres_range range) {
  uint16_t busy;

  return claim_and_probe(protocol, range, true, &busy);
}
