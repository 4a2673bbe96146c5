/* close_range.c - of Linux and FreeBSD. */
#include "descriptor_posix.h"
#include "hook_posix.h"

int hook_close_range(unsigned first, unsigned last, int flags)
    PORTRES__HOOK(close_range);
int hook_close_range(unsigned first, unsigned last, int flags) {
  return portres__hook_close_range(first, last, flags);
}
