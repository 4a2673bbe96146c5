/* guard.h - a socket that keeps a port from everybody but sockets that the
 *           supervisor binds beside it.
 *
 * No other socket of its transport can be bound to that port, nor does the
 * kernel pick it (guardsocket_posix.h). Unlike the library's it stays while a
 * socket of the tree has the port, so that it is never free, however that
 * socket ends.
 */
#ifndef PORTRES_CLI_GUARD_H
#define PORTRES_CLI_GUARD_H

#include <portres/portres.h>
#include <stdbool.h>
#include <sys/socket.h>

/* A guard of the port. Returns: a descriptor, or -1 and errno; EADDRINUSE: some
 * socket or remnant has the port, on whatever address. */
int guard_open(enum portres_protocol protocol, uint16_t port);

/* Bind `fd` beside the guard. Of TCP, an unclean port is one where Linux lets
 * in the next socket without a look at this one: until the guard is found
 * alone, a second one is to be bound without it. Returns: 0, or an errno value.
 */
int guard_bind(int guard,
               int fd,
               const struct sockaddr* address,
               socklen_t address_len,
               bool* is_unclean_out);

/* Have a socket beside the guard listen, which it could not by itself. Returns:
 * 0, or an errno value. */
int guard_listen(int guard, int fd, int backlog);

/* UDP: put another guard behind the socket `fd` beside it, for the kernel gives
 * a datagram to the first of two sockets that are alike. Returns: the guard
 * that there is now; -1: none, because both would share the datagrams. */
int guard_step_behind(int guard, int fd, uint16_t port);

/* True when nothing else is bound beside the guard, nor any remnant. Without
 * CAP_CHOWN and CAP_NET_RAW, UDP sockets of this user with SO_REUSEPORT are not
 * noticed. */
bool guard_is_alone(int guard, enum portres_protocol protocol, uint16_t port);

#endif
