/* libc_posix.h - the calls that only some libcs have: musl has none of them.
 * Its headers make fcntl64 and freopen64 other words for fcntl and freopen. */
#ifndef PORTRES_LIBC_POSIX_H
#define PORTRES_LIBC_POSIX_H

#include <stdbool.h>

#define PORTRES__REAL_CALLS_OF_LIBC(CALL)

/* Surely no other thread has the descriptors of this process. */
static inline bool portres__libc_has_one_thread(void) {
  return false;
}

#endif
