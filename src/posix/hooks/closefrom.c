/* closefrom.c - of the BSDs and glibc: not in musl. */
#include "descriptor_posix.h"
#include "hook_posix.h"

void hook_closefrom(int first) PORTRES__HOOK(closefrom);
void hook_closefrom(int first) {
  portres__hook_closefrom(first);
}
