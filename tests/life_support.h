/* life_support.h - what the tests of long lives share: two threads that meet,
 *                  and the block that PORTRES_BLOCK gave this process.
 *
 * Nothing here fails a row: all of it may be used in a child or a thread.
 */
#ifndef PORTRES_TESTS_LIFE_SUPPORT_H
#define PORTRES_TESTS_LIFE_SUPPORT_H

#include <portres/portres.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Two threads that wait for each other, at a fraction of a barrier's price:
 * what is raced here takes less than a futex. Starts as {0}. */
struct life_meeting {
  _Atomic unsigned arrivals;
};

/* `*turn_io` is the thread's own, and 0 before its first meeting. */
void life_meet(struct life_meeting* meeting, unsigned* turn_io);

/* Pass a moment, of another length each time. */
void life_dally(unsigned* seed_io, unsigned most);

/* The block of PORTRES_BLOCK for this protocol; false: there is none yet. */
bool life_block(int protocol, struct portres_info* out);

/* The ports of the block that open sockets of this process really have. */
unsigned life_held(const struct portres_info* block);

/* Bind every port of a block nobody uses, and one more, which must fail: 0 or
 * a line. */
int life_fill(int protocol);

#endif
