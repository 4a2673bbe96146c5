/* variable_bsd.c - all four have issetugid(). */
#include <stdlib.h>
#include <unistd.h>

#include "variable_posix.h"

const char* portres__variable(const char* name) {
  return issetugid() != 0 ? NULL : getenv(name);
}
