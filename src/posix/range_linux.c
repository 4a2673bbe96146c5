/* range_linux.c - close_range() where libc has none: musl up to 1.2. */
#include <sys/syscall.h>

#include "real_posix.h"

int portres__real_close_range(unsigned first, unsigned last, int flags) {
  return (int)portres__real()->syscall(SYS_close_range, first, last, flags);
}
