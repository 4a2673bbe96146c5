#include "alone_posix.h"

/* This libc does not tell. */
bool portres__is_alone(void) {
  return false;
}
