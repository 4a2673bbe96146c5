/* syscall.c - system calls by number: Linux only, where libuv closes so. */
#include <stdarg.h>

#include "hook_posix.h"
#include "syscall_posix.h"

/* Like libc's, it reads six arguments however many were given: what lies in
 * the caller's frame instead of the last is none of AddressSanitizer's. */
long hook_syscall(long number, ...) PORTRES__HOOK(syscall)
    __attribute__((no_sanitize_address));
long hook_syscall(long number, ...) {
  long arguments[PORTRES__SYSCALL_ARGUMENTS];
  va_list list;

  va_start(list, number);
  for (int i = 0; i < PORTRES__SYSCALL_ARGUMENTS; i++) {
    arguments[i] = va_arg(list, long);
  }
  va_end(list);
  return portres__hook_syscall(number, arguments);
}
