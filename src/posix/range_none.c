/* range_none.c - close_range() where neither libc nor the kernel has it. */
#include <errno.h>

#include "real_posix.h"

int portres__real_close_range(unsigned first, unsigned last, int flags) {
  (void)first;
  (void)last;
  (void)flags;
  errno = ENOSYS;
  return -1;
}
