/* libc_posix.h - what only some libcs have: glibc since 2.34. */
#ifndef PORTRES_LIBC_POSIX_H
#define PORTRES_LIBC_POSIX_H

#include <stdbool.h>
#include <sys/single_threaded.h>

/* CALL(result, name, parameters), as in real_posix.h; hooks_glibc.c. */
#define PORTRES__REAL_CALLS_OF_LIBC(CALL)             \
  CALL(int, bindresvport, (int, struct sockaddr_in*)) \
  CALL(int, close_range, (unsigned, unsigned, int))   \
  CALL(void, closefrom, (int))                        \
  CALL(int, fcntl64, (int, int, ...))                 \
  CALL(FILE*, freopen64, (const char*, const char*, FILE*))

/* Surely no other thread has the descriptors of this process. */
static inline bool portres__libc_has_one_thread(void) {
  return __libc_single_threaded != 0;
}

#endif
