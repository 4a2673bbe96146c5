/* socket_posix.h - who a descriptor is. */
#ifndef PORTRES_SOCKET_POSIX_H
#define PORTRES_SOCKET_POSIX_H

#include <stdint.h>

/* The same for all descriptors of one socket, never the same for another one;
 * 0: not a socket. Changes errno. */
uint64_t portres__socket_identity(int s);

#endif
