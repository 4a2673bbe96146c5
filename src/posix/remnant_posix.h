/* remnant_posix.h - what closed TCP connections leave behind: TIME_WAIT. */
#ifndef PORTRES_REMNANT_POSIX_H
#define PORTRES_REMNANT_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>

/* Ask the system about these ports at once. Lock: the acquire lock. */
void portres__remnant_survey(struct portres_range range);

/* True when something keeps the surveyed TCP port busy that no process has
 * open, and nothing else does. False also when the system did not tell. */
bool portres__remnant_is_alone(uint16_t port);

#endif
