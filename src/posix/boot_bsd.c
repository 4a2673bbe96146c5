/* boot_bsd.c - which boot of the system this is. */
#include <string.h>

#include "platform.h"
#include "sysctl_posix.h"

/* Asked each time, for two calls and no state. */
int portres__platform_boot_id(uint8_t out[PORTRES__BOOT_SIZE]) {
  memset(out, 0, PORTRES__BOOT_SIZE);
  return portres__sysctl_boot(out, PORTRES__BOOT_SIZE) != 0 ? PORTRES_OK
                                                            : PORTRES_ENOBUFS;
}
