/* range_libc.c - close_range() as libc has it. */
#include "real_posix.h"

int portres__real_close_range(unsigned first, unsigned last, int flags) {
  return portres__real()->close_range(first, last, flags);
}
