/* accept4.c - accept4(), for those that have it: not NetBSD before 8. */
#include "descriptor_posix.h"
#include "hook_posix.h"
#include "real_posix.h"

int hook_accept4(int s, struct sockaddr* a, socklen_t* len, int flags)
    PORTRES__HOOK(accept4);
int hook_accept4(int s, struct sockaddr* a, socklen_t* len, int flags) {
  return portres__descriptor_is_made(
      portres__real()->accept4(s, a, len, flags));
}
