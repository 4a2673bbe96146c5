/* guard.h - a socket that keeps a port from everybody but sockets that the
 *           supervisor binds beside it.
 *
 * A guard is bound to the wildcard address of IPv6 and IPv4 together, has no
 * option set and never listens: no other socket of its transport can be bound
 * to that port, nor does the kernel pick it. It stays while a socket of the
 * tree has the port, so that the port is never free, however that socket ends.
 */
#ifndef PORTRES_CLI_GUARD_H
#define PORTRES_CLI_GUARD_H

#include <portres/portres.h>
#include <stdbool.h>
#include <sys/socket.h>

/* A guard of the port. Returns: a descriptor, or -1 and errno; EADDRINUSE: some
 * socket or remnant has the port, on whatever address. */
int guard_open(enum portres_protocol protocol, uint16_t port);

/* Bind `fd` beside the guard. Returns: 0, or an errno value. */
int guard_bind(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len);

/* Have a socket beside the guard listen, which it could not by itself. Returns:
 * 0, or an errno value. */
int guard_listen(int guard, int fd, int backlog);

/* UDP: put another guard behind the socket `fd` beside it, for the kernel gives
 * a datagram to the first of two sockets that are alike. Returns: the guard
 * that there is now; -1: none, because both would share the datagrams. */
int guard_step_behind(int guard, int fd, uint16_t port);

/* True when nothing else is bound beside the guard, nor any remnant. Without
 * CAP_CHOWN, sockets of this user with SO_REUSEPORT are not noticed. */
bool guard_is_alone(int guard, enum portres_protocol protocol, uint16_t port);

/* True when sockets that are bound beside the guard are judged even where one
 * was let in before: of TCP, with CAP_CHOWN. Else a second one is to be bound
 * without the guard, or it could have a port that another one has. */
bool guard_is_strict(int guard, enum portres_protocol protocol);

#endif
