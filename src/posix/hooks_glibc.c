/* hooks_glibc.c - the names of libc that glibc has and others have not; the
 * rest of them, and how they work: hooks_posix.c. */
#include <stdarg.h>
#include <stdio.h>

#include "bind_posix.h"
#include "descriptor_posix.h"
#include "hooks_posix.h"
#include "real_posix.h"

int hook_bindresvport(int s, struct sockaddr_in* a) HOOK(bindresvport);
int hook_bindresvport(int s, struct sockaddr_in* a) {
  return portres__hook_bindresvport(s, a);
}

int hook_fcntl64(int fd, int command, ...) HOOK(fcntl64);
int hook_fcntl64(int fd, int command, ...) {
  void* argument;
  va_list arguments;

  va_start(arguments, command);
  argument = portres__third_argument(arguments);
  va_end(arguments);
  return portres__hook_fcntl(portres__real()->fcntl64, fd, command, argument);
}

int hook_close_range(unsigned first, unsigned last, int flags)
    HOOK(close_range);
int hook_close_range(unsigned first, unsigned last, int flags) {
  return portres__hook_close_range(first, last, flags);
}

void hook_closefrom(int first) HOOK(closefrom);
void hook_closefrom(int first) {
  portres__hook_closefrom(portres__real()->closefrom, first);
}

FILE* hook_freopen64(const char* path, const char* mode, FILE* stream)
    HOOK(freopen64);
FILE* hook_freopen64(const char* path, const char* mode, FILE* stream) {
  return portres__hook_freopen(portres__real()->freopen64, path, mode, stream);
}
