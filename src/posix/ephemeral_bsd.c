/* ephemeral_bsd.c - where the kernel picks ports by itself. */
#include "block.h"
#include "platform.h"
#include "sysctl_posix.h"

/* FreeBSD counts down when the first one is the greater. */
struct portres_range portres__platform_ephemeral(void) {
  struct portres_range range = {0, 0};
  int first;
  int last;

  if (!portres__sysctl_ports(&first, &last)) {
    return range;
  }
  if (first > last) {
    int greater = first;
    first = last;
    last = greater;
  }
  if (first >= 1 && last <= PORTRES__PORT_MAX) {
    range.start = (uint16_t)first;
    range.count = (uint16_t)(last - first + 1);
  }
  return range;
}
