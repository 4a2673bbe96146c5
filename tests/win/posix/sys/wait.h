/* sys/wait.h - Windows has no fork: a row that needs one ends there. */
#ifndef PORTRES_TESTS_WIN_POSIX_WAIT_H
#define PORTRES_TESTS_WIN_POSIX_WAIT_H

#include <process.h>
#include <sys/types.h>

#include "../missing.h"

#define fork() posix_missing("there is no fork()")

static inline pid_t waitpid(pid_t pid, int* wait_status, int options) {
  (void)options;
  *wait_status = 0;
  return pid;
}

#define WIFEXITED(wait_status) ((wait_status) == 0)
#define WEXITSTATUS(wait_status) (wait_status)

#endif
