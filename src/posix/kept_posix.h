/* kept_posix.h - descriptors of the library's own, in the user's process.
 *
 * They lie at the top of the descriptor range, out of the way of select() and
 * of programs that expect low numbers, and are closed by exec. What a program
 * does to all its descriptors passes them by: to close() one finds nothing
 * there, ranges are closed around it, and before dup2() takes its number it
 * moves to another one. A forked child loses them.
 *
 * All is lock-free and async-signal-safe.
 */
#ifndef PORTRES_KEPT_POSIX_H
#define PORTRES_KEPT_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rare.h"

enum { PORTRES__KEPT_END = 1 << 17 }; /* no kept descriptor lies above */

/* Where a descriptor is kept. Its owner has one thread at a time install and
 * withdraw, and leaves it where it lies in memory meanwhile. */
struct portres__kept {
  _Atomic int fd;         /* -1: none */
  _Atomic unsigned users; /* between begin and end */
  bool is_inherited;      /* by forked children */
};

#define PORTRES__KEPT_NONE \
  { -1, 0, false }
#define PORTRES__KEPT_INHERITED \
  { -1, 0, true }

/* Keep this descriptor, under a number that may be another one from now on.
 * False: it is closed, and errno says why. */
bool portres__kept_install(struct portres__kept* kept, int fd);

/* The same for a copy: `fd` stays what it is. Nothing is kept if this fails. */
bool portres__kept_install_copy(struct portres__kept* kept, int fd);

/* The descriptor, which nobody takes the number from until the end; -1: none.
 */
int portres__kept_begin(struct portres__kept* kept);
void portres__kept_end(struct portres__kept* kept);

/* The other one, which has none, keeps it from now on. Between begin and end of
 * nobody. */
void portres__kept_hand_on(struct portres__kept* from,
                           struct portres__kept* to);

/* Keep it no longer: an ordinary descriptor, to be closed at once; -1: none.
 * Not between begin and end of the same thread. */
int portres__kept_withdraw(struct portres__kept* kept);

/* Withdraw it and close it; false: there was none. Leaves errno alone. */
bool portres__kept_close(struct portres__kept* kept);

/* No descriptor at or above it is kept. */
extern _Atomic int portres__kept_end_of_all;

PORTRES__RARE bool portres__kept_is_among(int fd);
static inline bool portres__kept_is(int fd) {
  return fd >= 0 &&
         fd < atomic_load_explicit(&portres__kept_end_of_all,
                                   memory_order_relaxed) &&
         portres__kept_is_among(fd);
}

/* The first that is kept, from `fd` on; -1: none. */
int portres__kept_next(int fd);

/* Have the number free, for somebody else's descriptor. False: it cannot be,
 * and errno is EBUSY, as dup2() says it. */
bool portres__kept_make_way(int fd);

/* In a forked child. */
void portres__kept_after_fork(void);

#endif
