/* paccept.c - NetBSD's accept() with a signal mask. */
#include "descriptor_posix.h"
#include "hook_posix.h"
#include "real_posix.h"

int hook_paccept(int s,
                 struct sockaddr* a,
                 socklen_t* len,
                 const void* signals,
                 int flags) PORTRES__HOOK(paccept);
int hook_paccept(
    int s, struct sockaddr* a, socklen_t* len, const void* signals, int flags) {
  return portres__descriptor_is_made(
      portres__real()->paccept(s, a, len, signals, flags));
}
