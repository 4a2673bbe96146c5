/* kind_posix.h - the family and the protocol of a socket. */
#ifndef PORTRES_KIND_POSIX_H
#define PORTRES_KIND_POSIX_H

/* The address family, or -1 and errno: EBADF, ENOTSOCK. */
int portres__kind_family(int s);

/* The protocol, IPPROTO_TCP and so on; -1: not known. */
int portres__kind_protocol(int s);

#endif
