/* bind_posix.h - where a socket gets its port. */
#ifndef PORTRES_BIND_POSIX_H
#define PORTRES_BIND_POSIX_H

#include <portres/testing.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "rare.h"
#include "slab.h"

struct sockaddr_in;
struct portres__endpoint;

/* The endpoint that a descriptor is known by, with this entry; NULL: none. */
struct portres__endpoint* portres__bind_find(int fd, portres__handle handle);

/* What it is associated with, alive or dead; 0: nothing. */
portres__handle portres__bind_association(
    const struct portres__endpoint* endpoint);

/* Count a call on an associated socket, for the controls of tests. Returns: 0,
 * or -1 and errno when it is to fail. */
PORTRES__RARE int portres__bind_check_testing(enum portres_testing_call call);

/* bind() of a socket that is associated. Returns: 0, or -1 and errno. */
int portres__bind_associated(int fd,
                             portres__handle handle,
                             const struct sockaddr* address,
                             socklen_t address_len);

/* Bind an associated, unbound socket to a port of its block, as the call that
 * comes next would bind it. Returns: 0 (also when there is nothing to do), or
 * -1 and errno. */
int portres__bind_implicitly(int fd, portres__handle handle);

int portres__hook_bind(int fd,
                       const struct sockaddr* address,
                       socklen_t address_len);
int portres__hook_bindresvport(int fd, struct sockaddr_in* address);

#endif
