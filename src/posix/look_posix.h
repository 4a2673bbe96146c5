/* look_posix.h - asking the kernel about a descriptor that may be another
 * thread's.
 *
 * While the kernel answers, it keeps the socket from ending, though its thread
 * closes it: the port would be busy after close() has returned, and the entry
 * we judge may be another's by then. So a look is announced, by the number of
 * the descriptor; whoever ends or replaces that descriptor waits, after the
 * kernel has done so and before our tables tell of it, until the look is over.
 *
 * A thread that looks is not interrupted by signal handlers, which might close
 * what it looks at and wait for themselves: portres__platform_enter().
 */
#ifndef PORTRES_LOOK_POSIX_H
#define PORTRES_LOOK_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rare.h"

enum portres__looker {
  PORTRES__LOOKER_LOCKED, /* the thread that has the engine's lock */
  PORTRES__LOOKER_BIND,   /* one whose bind found its block full */
  PORTRES__LOOKER_CLOSE,  /* one that closed what was without an entry before */
  PORTRES__LOOKERS
};

/* False: another thread is amid such a look. */
bool portres__look_begin(enum portres__looker looker, int fd);
/* The same, once that is over; false: it took too long. */
bool portres__look_begin_soon(enum portres__looker looker, int fd);
void portres__look_end(enum portres__looker looker);

/* The descriptors that are looked at, + 1; 0: none. */
extern _Atomic int portres__looks[PORTRES__LOOKERS];

static inline bool portres__look_is_at(int fd) {
  return fd >= 0 &&
         (atomic_load(&portres__looks[PORTRES__LOOKER_LOCKED]) - 1 == fd ||
          atomic_load(&portres__looks[PORTRES__LOOKER_BIND]) - 1 == fd ||
          atomic_load(&portres__looks[PORTRES__LOOKER_CLOSE]) - 1 == fd);
}

PORTRES__RARE void portres__look_wait(int fd);

/* The kernel has ended or replaced the descriptor: no look at what it was is
 * under way any more. Waits for a moment only, should the looking thread have
 * been stopped. Keeps errno. */
static inline void portres__look_await(int fd) {
  /* Either we see the look, or it meets what the kernel has now. */
  atomic_thread_fence(memory_order_seq_cst);
  if (portres__look_is_at(fd)) {
    portres__look_wait(fd);
  }
}

/* In a forked child, which has none of the threads that looked. */
void portres__look_after_fork(void);

#endif
