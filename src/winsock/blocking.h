/* blocking.h - a call of this thread that waits, and how others end it. */
#ifndef PORTRES_WINSOCK_BLOCKING_H
#define PORTRES_WINSOCK_BLOCKING_H

#include <stdbool.h>

/* True in an APC that runs while a synchronous call of the thread pends: any
 * further call is WSAEINPROGRESS. */
bool portres__ws_is_in_progress(void);

#endif
