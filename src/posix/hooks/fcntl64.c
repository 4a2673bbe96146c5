/* fcntl64.c - glibc's fcntl() for large files. */
#include <stdarg.h>

#include "descriptor_posix.h"
#include "hook_posix.h"
#include "real_posix.h"

int hook_fcntl64(int fd, int command, ...) PORTRES__HOOK(fcntl64);
int hook_fcntl64(int fd, int command, ...) {
  void* argument;
  va_list arguments;

  va_start(arguments, command);
  argument = portres__hook_third_argument(arguments);
  va_end(arguments);
  return portres__hook_fcntl(portres__real()->fcntl64, fd, command, argument);
}
