/* remnant_posix.h - what closed TCP connections leave behind: TIME_WAIT. */
#ifndef PORTRES_REMNANT_POSIX_H
#define PORTRES_REMNANT_POSIX_H

#include <stdbool.h>
#include <stdint.h>

/* True when something keeps the TCP port busy that no process has open, and
 * nothing else does. False also when the system does not tell. */
bool portres__remnant_is_alone(uint16_t port);

#endif
