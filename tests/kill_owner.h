/* kill_owner.h - an owner of blocks that does all sorts of things at random,
 * until it is killed. */
#ifndef PORTRES_TESTS_KILL_OWNER_H
#define PORTRES_TESTS_KILL_OWNER_H

#include <portres/portres.h>

#include "killground.h"

/* Blocks and ports that it has at most at one time. */
enum { KILL_OWNER_BLOCKS = 6, KILL_OWNER_COUNT_MAX = 8 };

unsigned kill_random(unsigned* seed);

_Noreturn void kill_own(struct killground* ground,
                        enum portres_scope scope,
                        int number,
                        unsigned seed);

#endif
