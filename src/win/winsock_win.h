/* winsock_win.h - the three control codes, on a SOCKET of the caller. */
#ifndef PORTRES_WINSOCK_WIN_H
#define PORTRES_WINSOCK_WIN_H

#include <portres/portres.h>

/* Which transport's ports a socket takes.
 * Returns: 0, ENOTSOCK, EOPNOTSUPP (neither TCP nor UDP), ENOTREADY. */
int portres__winsock_protocol(portres_socket s, enum portres_protocol* out);

/* Returns: 0, or what Windows says. A start of 0 leaves the choice to it. */
int portres__winsock_acquire(portres_socket s,
                             struct portres_range want,
                             struct portres_reservation* out);
int portres__winsock_associate(portres_socket s, portres_token token);
int portres__winsock_release(portres_socket s, portres_token token);

/* Ask Windows whether a token is alive, on a socket made for the question.
 * Returns: 0; EINVAL: it is not; another status: it cannot be told. */
int portres__winsock_try_token(enum portres_protocol protocol,
                               portres_token token);

#endif
