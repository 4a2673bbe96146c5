/* obstacles.h - what is in the way of an acquire that waits: ports that others
 * have, and may give up.
 *
 * To try a range takes its free ports for a moment, one after the other, and
 * keeps everybody from them: at scope machine until the try has failed. So the
 * ports that were busy are looked at before the next try, and while they are,
 * nothing is taken.
 */
#ifndef PORTRES_OBSTACLES_H
#define PORTRES_OBSTACLES_H

#include "platform.h"
#include "space.h"

/* Of one acquire, from try to try. Where one is asked for, NULL is that of an
 * acquire that does not wait. */
struct portres__obstacles {
  bool is_again;              /* there was a try before this one */
  bool may_end;               /* it failed for others' ports, and only so */
  bool is_surveyed;           /* the area, in the look that is under way */
  struct portres_range area;  /* the ports that it may get */
  struct portres__space seen; /* the ports that tries found busy */
};

static inline void portres__obstacles_set_may_end(
    struct portres__obstacles* obstacles, bool may_end) {
  if (obstacles != NULL) {
    obstacles->may_end = may_end;
  }
}

/* A try found it busy; 0: it is not known which port was. */
void portres__obstacles_add(struct portres__obstacles* obstacles,
                            uint16_t port);

/* Look at them anew. */
void portres__obstacles_start(struct portres__obstacles* obstacles,
                              struct portres_range area);

/* The last port of the range that is in the way, as far as can be seen without
 * taking any; 0: none. Ports that were seen and are free now are forgotten. The
 * range is of the area. Not NULL. Lock: the acquire lock. */
uint16_t portres__obstacles_find(struct portres__obstacles* obstacles,
                                 enum portres_protocol protocol,
                                 portres__stake stake,
                                 struct portres_range range);

#endif
