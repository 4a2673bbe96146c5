/* hook_posix.h - a function that answers to a name of libc.
 *
 * Each name is given to the assembler, so that libc's headers, which rename
 * fcntl and freopen as they see fit, have no say; in the static library it is
 * the one that the linker's --wrap wants.
 *
 * The names carry no symbol version: one would not match the references of
 * libraries that want bind@GLIBC_2.2.5.
 */
#ifndef PORTRES_HOOK_POSIX_H
#define PORTRES_HOOK_POSIX_H

#include <stdarg.h>

#include "libc_posix.h"

#ifndef PORTRES_HOOK_PREFIX
#define PORTRES_HOOK_PREFIX ""
#endif

#define PORTRES__HOOK(name)                           \
  __asm__(PORTRES_HOOK_PREFIX PORTRES__SYMBOL_##name) \
      __attribute__((visibility("default"), used))

/* libc itself reads fcntl()'s third argument as a pointer, given or not. */
static inline void* portres__hook_third_argument(va_list arguments) {
  return va_arg(arguments, void*);
}

#endif
