/* hooks_posix.h - how a function of ours comes to a name of libc's. */
#ifndef PORTRES_HOOKS_POSIX_H
#define PORTRES_HOOKS_POSIX_H

#include <stdarg.h>

#ifndef PORTRES_HOOK_PREFIX
#define PORTRES_HOOK_PREFIX ""
#endif

#define HOOK(name)                   \
  __asm__(PORTRES_HOOK_PREFIX #name) \
      __attribute__((visibility("default"), used))

/* libc itself reads the third argument as a pointer, given or not. */
static inline void* portres__third_argument(va_list arguments) {
  return va_arg(arguments, void*);
}

#endif
