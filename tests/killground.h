/* killground.h - memory that owners who are killed share with the test and with
 * programs that want their ports. The owner of a port is written down after it
 * has got it, and wiped out before it gives it back. */
#ifndef PORTRES_TESTS_KILLGROUND_H
#define PORTRES_TESTS_KILLGROUND_H

#include <stdatomic.h>
#include <stdbool.h>

enum { KILLGROUND_OWNERS = 4, KILLGROUND_HUNTERS = 2 };

struct killground {
  _Atomic int owners[2][65536]; /* TCP, UDP; number + 1, or 0 */
  _Atomic bool is_dying[KILLGROUND_OWNERS];

  bool may_fork; /* the test can await children of the dead: not under qemu */

  /* What owners did. */
  _Atomic unsigned acquires;
  _Atomic unsigned swaps;
  _Atomic unsigned forks;
  _Atomic unsigned overlaps; /* ports that two had */
  _Atomic unsigned lost;     /* sockets that got none of their block's */
  _Atomic int trouble;       /* a status that should not be */

  /* Hunters, and what they did. */
  _Atomic bool is_paused;
  _Atomic unsigned resting;
  _Atomic long attempts[KILLGROUND_HUNTERS];
  _Atomic long gains[KILLGROUND_HUNTERS]; /* of ports that somebody had */
};

#endif
