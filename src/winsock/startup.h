/* startup.h - whether this process has Winsock started. */
#ifndef PORTRES_WINSOCK_STARTUP_H
#define PORTRES_WINSOCK_STARTUP_H

#include <stdbool.h>

bool portres__ws_is_started(void);

#endif
