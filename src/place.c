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

/* Returns: 0, or EADDRINUSE and the busy port, or ENOBUFS. */
static int check_portmap(enum portres_protocol protocol,
                         struct portres_range range,
                         uint16_t* busy_out) {
  *busy_out =
      portres__portmap_find_last(portres__engine_portmap(), protocol, range);
  return *busy_out != 0 ? PORTRES_EADDRINUSE : PORTRES_OK;
}

/* In this process, and then among all. Who creates a persistent reservation
 * publishes it before the claim: so the portmap is asked once more after it. */
static int claim(const struct portres__claimant* claimant,
                 struct portres_range range,
                 bool is_patient,
                 uint16_t* busy_out) {
  enum portres_protocol protocol = claimant->protocol;
  int status = PORTRES_OK;

  if (!portres__space_claim(portres__engine_space(protocol), range)) {
    return PORTRES_EADDRINUSE;
  }
  if (claimant->stake != 0) {
    status = portres__platform_ledger_claim(claimant->stake, protocol, range,
                                            is_patient, busy_out);
  }
  if (status != PORTRES_OK) {
    portres__space_release(portres__engine_space(protocol), range);
    return status;
  }
  if (!claimant->is_persistent) {
    status = check_portmap(protocol, range, busy_out);
  }
  if (status != PORTRES_OK) {
    portres__place_give_back(claimant, range);
  }
  return status;
}

static int claim_and_probe(const struct portres__claimant* claimant,
                           struct portres_range range,
                           bool is_specific,
                           bool over_remnants,
                           uint16_t* busy_out) {
  enum portres_protocol protocol = claimant->protocol;
  int status = PORTRES_EADDRINUSE;

  atomic_store(&portres__engine.has_claimed, true);
  *busy_out = portres__testing_excluded(protocol, range);
  if (*busy_out == 0) {
    status = claim(claimant, range, is_specific, busy_out);
  }
  if (status == PORTRES_EADDRINUSE && is_privileged(protocol, range)) {
    return PORTRES_EACCES;
  }
  if (status != PORTRES_OK) {
    return status;
  }
  *busy_out = find_lingering(protocol, range);
  status = *busy_out != 0 ? PORTRES_EADDRINUSE
                          : portres__platform_probe(protocol, range,
                                                    over_remnants, busy_out);
  if (status != PORTRES_OK) {
    portres__place_give_back(claimant, range);
  }
  return status;
}

/* As claim_and_probe(), and nobody has reserved a port of it persistently. */
static int take(const struct portres__claimant* claimant,
                struct portres_range range,
                bool is_specific,
                bool over_remnants,
                uint16_t* busy_out) {
  int status;

  if (claimant->is_looking) {
    *busy_out = portres__obstacles_find(claimant->obstacles, claimant->protocol,
                                        claimant->stake, range);
    return *busy_out != 0 ? PORTRES_EADDRINUSE : PORTRES_OK;
  }
  status = check_portmap(claimant->protocol, range, busy_out);
  if (status != PORTRES_OK) {
    return is_privileged(claimant->protocol, range) ? PORTRES_EACCES : status;
  }
  return claim_and_probe(claimant, range, is_specific, over_remnants, busy_out);
}

/* What other processes seem to have is stepped over; if no place is left, it is
 * time to look whether they live. */
static uint16_t find_hint(const struct portres__claimant* claimant,
                          struct portres_range range) {
  return claimant->stake == 0 ? 0
                              : portres__platform_ledger_find_last(
                                    claimant->stake, claimant->protocol, range);
}

static bool sweep(struct portres__claimant* claimant) {
  if (claimant->stake == 0 || claimant->has_swept) {
    return false;
  }
  claimant->has_swept = true;
  return portres__platform_ledger_sweep(claimant->stake);
}

/* First fit, lowest first, stepping over what is in use (semantics 2.5).
 * Returns: 0; ENOBUFS: no place; EACCES, ENETDOWN. */
static int place_in(struct portres__claimant* claimant,
                    struct portres_range area,
                    bool over_remnants,
                    struct portres_options* options) {
  const struct portres__space* space =
      portres__engine_space(claimant->protocol);
  uint32_t from = area.start;

  for (;;) {
    uint16_t busy = 0;
    int status = PORTRES_EADDRINUSE;

    options->range.start = portres__space_find(
        space, area, from, options->range.count, options->alignment);
    if (options->range.start == 0) {
      if (!sweep(claimant)) {
        portres__obstacles_set_may_end(claimant->obstacles, true);
        return PORTRES_ENOBUFS;
      }
      from = area.start;
      continue;
    }
    busy = find_hint(claimant, options->range);
    if (busy == 0) {
      status = take(claimant, options->range, false, over_remnants, &busy);
    }
    if (status != PORTRES_EADDRINUSE) {
      portres__obstacles_set_may_end(claimant->obstacles, false);
      return status;
    }
    portres__obstacles_add(claimant->obstacles, busy);
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

/* Were all of its ports free. */
static bool has_room(struct portres_range area,
                     const struct portres_options* options) {
  uint32_t start = portres__block_align(area.start, options->alignment);
  return start + options->range.count <= (uint32_t)area.start + area.count;
}

static int place_anywhere(struct portres__claimant* claimant,
                          struct portres_options* options) {
  struct portres_range dynamic_range =
      portres__testing_dynamic_range(default_range);
  struct portres_range areas[4];
  size_t area_count = quiet_areas(dynamic_range, areas);
  int status = PORTRES_ENOBUFS;

  if (!has_room(dynamic_range, options)) {
    return status;
  }
  areas[area_count++] = dynamic_range;
  for (size_t i = 0; i < area_count && status == PORTRES_ENOBUFS; i++) {
    status = place_in(claimant, areas[i], false, options);
  }
  /* Only now at the ports of closed connections: they can be reserved, but
   * the kernel may refuse them for a minute yet. */
  if (status == PORTRES_ENOBUFS) {
    status = place_in(claimant, dynamic_range, true, options);
  }
  return status;
}

/* What others may have done since the last acquire. */
static void notice_changes(void) {
  portres__platform_portmap_refresh();
  portres__testing_before_acquire();
}

static int take_specific(struct portres__claimant* claimant,
                         struct portres_range range) {
  uint16_t busy = 0;
  int status = take(claimant, range, true, true, &busy);

  if (status == PORTRES_EADDRINUSE) {
    portres__obstacles_add(claimant->obstacles, busy);
    portres__obstacles_set_may_end(claimant->obstacles, true);
  }
  return status;
}

int portres__place(struct portres__claimant* claimant,
                   struct portres_options* options) {
  notice_changes();
  return options->range.start == 0 ? place_anywhere(claimant, options)
                                   : take_specific(claimant, options->range);
}

/* Of the passes of place_anywhere() the last has the most places. */
static int look(struct portres__claimant* claimant,
                struct portres_options options) {
  struct portres_range area =
      options.range.start != 0 ? options.range
                               : portres__testing_dynamic_range(default_range);

  portres__obstacles_start(claimant->obstacles, area);
  return options.range.start != 0 ? take_specific(claimant, area)
                                  : place_in(claimant, area, true, &options);
}

int portres__place_look(struct portres__claimant* claimant,
                        const struct portres_options* options) {
  int status;

  if (claimant->obstacles == NULL || !claimant->obstacles->is_again) {
    return PORTRES_OK;
  }
  notice_changes();
  claimant->is_looking = true;
  status = look(claimant, *options);
  claimant->is_looking = false;
  return status;
}

int portres__place_claim(struct portres__claimant* claimant,
                         struct portres_range range) {
  uint16_t busy;

  return claim_and_probe(claimant, range, true, true, &busy);
}

/* The ledger first: who of this process claims the range next must not find it
 * locked by itself. */
void portres__place_give_back(const struct portres__claimant* claimant,
                              struct portres_range range) {
  if (claimant->stake != 0) {
    portres__platform_ledger_end(claimant->stake, claimant->protocol, range);
  }
  portres__space_release(portres__engine_space(claimant->protocol), range);
}
