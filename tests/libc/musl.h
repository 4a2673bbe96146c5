/* musl.h - included before any test where libc is musl: the calls that tests
 * make and musl has not, as a program on musl would make them instead. */
#ifndef PORTRES_TESTS_MUSL_H
#define PORTRES_TESTS_MUSL_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#define fcntl64 fcntl

static inline int close_range(unsigned first, unsigned last, int flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}

static inline void closefrom(int first) {
  close_range((unsigned)first, ~0u, 0);
}

static inline int bindresvport(int s, struct sockaddr_in* address) {
  (void)s;
  (void)address;
  errno = ENOSYS;
  return -1;
}

static inline int posix_spawn_file_actions_addclosefrom_np(
    posix_spawn_file_actions_t* actions, int first) {
  (void)actions;
  (void)first;
  return ENOSYS;
}

#endif
