/* copies_posix.h - descriptors that may share a socket with another one.
 *
 * A socket is duplicated, and associated later through one of its descriptors:
 * all of them are associated then. Which they are is not known for sockets
 * that we do not own, as duplicating those must cost nothing; so it is only
 * noted that a descriptor was duplicated, is a duplicate, or came by a
 * message, and the kernel is asked who they are when a socket gets its
 * endpoint. A note that is no longer true does no harm.
 */
#ifndef PORTRES_COPIES_POSIX_H
#define PORTRES_COPIES_POSIX_H

#include <stdbool.h>

/* Async-signal-safe; a vfork child may note, too. */
void portres__copies_note(int fd);

/* It came by a message: of what, nobody noted. */
void portres__copies_note_received(int fd);

/* False when no other descriptor can share the socket of this one. */
bool portres__copies_may_have(int fd);

void portres__copies_forget(int fd);

/* The first noted descriptor >= fd; -1: none. */
int portres__copies_next(int fd);

#endif
