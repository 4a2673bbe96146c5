/* mark_none.c - DragonFly's minherit() cannot empty a page. */
#include "mark_posix.h"

void* portres__mark_map(void) {
  return NULL;
}
