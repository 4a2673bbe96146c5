/* copies_posix.h - descriptors that may share a socket with another one.
 *
 * A socket is duplicated, and associated later through one of its descriptors:
 * all of them are associated then. Which they are is not known for sockets
 * that we do not own, as duplicating those must cost nothing; so it is only
 * noted that a descriptor was duplicated, is a duplicate, was sent or came by
 * a message; and when a socket whose descriptor is noted gets its endpoint, the
 * kernel is asked who the others are. A note that is no longer true does no
 * harm; the maker of a descriptor forgets the note of its number.
 */
#ifndef PORTRES_COPIES_POSIX_H
#define PORTRES_COPIES_POSIX_H

#include <stdbool.h>

/* Async-signal-safe; a vfork child may note, too. */
void portres__copies_note(int fd);
void portres__copies_forget(int fd);
bool portres__copies_is_noted(int fd);

/* The first noted descriptor >= fd; -1: none. */
int portres__copies_next(int fd);

#endif
