/* probe_posix.h - a socket that meets every other one of its transport. */
#ifndef PORTRES_PROBE_POSIX_H
#define PORTRES_PROBE_POSIX_H

#include <portres/portres.h>

/* Bind without flags to the wildcard addresses of IPv6 and IPv4; what remains
 * bound on the BSDs is the socket of IPv4. Lock: the probe lock. Returns: its
 * descriptor, closed at exec; or -1 and errno. */
int portres__probe_bind(enum portres_protocol protocol, uint16_t port);

#endif
