#include <sys/single_threaded.h>

#include "alone_posix.h"

/* glibc 2.32. */
bool portres__is_alone(void) {
  return __libc_single_threaded != 0;
}
