/* remnant_none.c - which ports only TIME_WAIT keeps busy: each BSD tells it in
 * a structure of its own kernel (net.inet.tcp.pcblist), or not at all. It is
 * not asked; such a port counts as busy, as every one does that the system did
 * not tell about. */
#include "remnant_posix.h"

void portres__remnant_survey(struct portres_range range) {
  (void)range;
}

bool portres__remnant_is_alone(uint16_t port) {
  (void)port;
  return false;
}
