/* variable_linux.c - the kernel told libc, and libc remembers. */
#include <stdlib.h>

#include "variable_posix.h"

const char* portres__variable(const char* name) {
  return secure_getenv(name);
}
