/* dup3.c - dup2() with flags. */
#include "descriptor_posix.h"
#include "hook_posix.h"

int hook_dup3(int fd, int new_fd, int flags) PORTRES__HOOK(dup3);
int hook_dup3(int fd, int new_fd, int flags) {
  return portres__hook_dup3(fd, new_fd, flags);
}
