/* sched.h - as much as a busy test asks for. */
#ifndef PORTRES_TESTS_WIN_POSIX_SCHED_H
#define PORTRES_TESTS_WIN_POSIX_SCHED_H

#include <winsock2.h>

static inline int sched_yield(void) {
  SwitchToThread();
  return 0;
}

#endif
