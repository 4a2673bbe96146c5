#include "obstacles.h"

#include "engine.h"
#include "testing.h"

void portres__obstacles_add(struct portres__obstacles* obstacles,
                            uint16_t port) {
  struct portres_range one = {port, 1};

  if (obstacles != NULL && port != 0) {
    portres__space_add(&obstacles->seen, one);
  }
}

void portres__obstacles_start(struct portres__obstacles* obstacles,
                              struct portres_range area) {
  obstacles->area = area;
  obstacles->is_surveyed = false;
}

/* Of those that a try has met: to bind one that is busy takes nothing. */
static uint16_t find_seen(struct portres__obstacles* obstacles,
                          enum portres_protocol protocol,
                          struct portres_range range) {
  struct portres_range one = {0, 1};

  for (;;) {
    one.start = portres__space_last_reserved(&obstacles->seen, range);
    if (one.start == 0 ||
        portres__platform_is_taken(protocol, one.start, obstacles->area,
                                   &obstacles->is_surveyed)) {
      return one.start;
    }
    portres__space_release(&obstacles->seen, one);
  }
}

/* The kernel comes last: it would let us have a port that somebody has
 * reserved and not bound yet. */
uint16_t portres__obstacles_find(struct portres__obstacles* obstacles,
                                 enum portres_protocol protocol,
                                 portres__stake stake,
                                 struct portres_range range) {
  uint16_t port = portres__testing_excluded(protocol, range);

  if (port == 0) {
    port =
        portres__portmap_find_last(portres__engine_portmap(), protocol, range);
  }
  if (port == 0) {
    port = portres__space_last_reserved(portres__engine_space(protocol), range);
  }
  if (port == 0 && stake != 0) {
    port = portres__platform_ledger_find_locked(stake, protocol, range);
  }
  return port != 0 ? port : find_seen(obstacles, protocol, range);
}
