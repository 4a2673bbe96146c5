/* countdown.h - which of the coming calls are meant: "the third from now on,
 * and one more", each with a status.
 *
 * Calls that POSIX wants to be async-signal-safe are counted here, too, so a
 * rule is one word that counts itself down, and is gone when it has served.
 * Everything is lock-free and async-signal-safe.
 */
#ifndef PORTRES_COUNTDOWN_H
#define PORTRES_COUNTDOWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PORTRES__COUNTDOWN_RULES = 16, PORTRES__COUNTDOWN_MAX = 0xffffff };

struct portres__countdown {
  _Atomic uint64_t rules[PORTRES__COUNTDOWN_RULES];
};

/* Mean the nth call, from 1, and count - 1 more; a count of 0: all from then
 * on. Neither is above PORTRES__COUNTDOWN_MAX. False: no rule is vacant. */
bool portres__countdown_add(struct portres__countdown* countdown,
                            unsigned nth,
                            unsigned count,
                            int status);

/* Count a call. True: it is meant, with this status. */
bool portres__countdown_step(struct portres__countdown* countdown,
                             int* status_out);

void portres__countdown_clear(struct portres__countdown* countdown);

#endif
