/* process_posix.h - whose memory is this? Forks, and what they mean to us.
 *
 * A forked child has a copy of our tables and must forget what is its
 * parent's. A vfork child runs in its parent's memory and must touch nothing
 * of ours, though it closes and duplicates descriptors at will.
 */
#ifndef PORTRES_PROCESS_POSIX_H
#define PORTRES_PROCESS_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "rare.h"

/* One byte in a page that the kernel empties in a forked child, however it was
 * forked; NULL where that cannot be had. */
extern _Atomic(_Atomic unsigned char*) portres__process_mark;

/* How often this memory has become a child's. */
extern _Atomic unsigned portres__process_forks;

PORTRES__RARE void portres__process_forget_parent(void);

/* Notice a fork that ran no handlers (a raw clone). For calls that are about
 * to use the tables. */
static inline void portres__process_notice_fork(void) {
  _Atomic unsigned char* mark =
      atomic_load_explicit(&portres__process_mark, memory_order_relaxed);

  if (mark != NULL && atomic_load_explicit(mark, memory_order_relaxed) == 0) {
    portres__process_forget_parent();
  }
}

/* Held while a probe is bound to a port: fork() waits for it. */
void portres__process_lock_probe(void);
void portres__process_unlock_probe(void);

/* True when our tables are this process' own to change. One system call. */
bool portres__process_owns_tables(void);

/* Between enter and leave: has a signal come that the caller would not wait
 * with, as an interruptible system call would not? It is delivered at leave. */
bool portres__process_is_interrupted(void);

#endif
