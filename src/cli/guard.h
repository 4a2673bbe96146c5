/* guard.h - a socket that keeps a port from everybody, until a socket of the
 *           tree takes its place.
 *
 * A guard is bound to the wildcard address of IPv6 and IPv4 together, has no
 * option set and never listens: no other socket of its transport can be bound
 * to that port, nor does the kernel pick it.
 */
#ifndef PORTRES_CLI_GUARD_H
#define PORTRES_CLI_GUARD_H

#include <portres/portres.h>
#include <sys/socket.h>

/* A guard of the port. Returns: a descriptor, or -1 and errno; EADDRINUSE: some
 * socket or remnant has the port, on whatever address. */
int guard_open(enum portres_protocol protocol, uint16_t port);

/* Bind `fd` where the guard is, in such a way that the port is never free in
 * between; then close the guard. Returns: 0, or an errno value, when the guard
 * is as before. */
int guard_swap(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len);

#endif
