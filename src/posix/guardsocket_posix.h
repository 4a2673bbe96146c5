/* guardsocket_posix.h - the socket that a guard is, whoever keeps it.
 *
 * It is bound, and does nothing: to the IPv6 wildcard address, open to IPv4
 * too, without flags, so that it meets every other socket of its transport on
 * that port. TCP's does not listen, so the kernel refuses connections as if
 * there were nothing; UDP's throws away what comes, for the kernel would have
 * it wait in there. Where IPv6 is off, IPv4 is all there is to guard.
 */
#ifndef PORTRES_GUARDSOCKET_POSIX_H
#define PORTRES_GUARDSOCKET_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>

/* The type of service that a guard has, which sends nothing: by it sock_diag(7)
 * tells guards from other sockets, without any right. One of those that RFC
 * 2474 (section 6) leaves to local use. */
enum { PORTRES__GUARDSOCKET_SERVICE = 0x2f << 2 };

/* One that is yet to be bound to a wildcard address. Returns: a descriptor, or
 * -1 and errno. */
int portres__guardsocket_open(int family, enum portres_protocol protocol);

/* TCP: whom the kernel let in for a moment it goes on letting in, until a
 * socket without flags gets the port anew. Have the guard do so. False: it
 * cannot yet, for others share the port. */
bool portres__guardsocket_clean(int fd);

#endif
