/* features.h - before any header of the system: what glibc is to declare, and
 * how many sockets the program wants in an fd_set.
 */
#ifndef PORTRES_WS_FEATURES_H
#define PORTRES_WS_FEATURES_H

/* -std=c11 alone hides addrinfo, timeval and u_long. It has no effect after a
 * header of the system; the pkg-config file defines it too. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

/* A value of the program's, which <sys/select.h> would overwrite, is kept as
 * an enumeration constant. The system's own 1024 is not such a value. */
#if defined(FD_SETSIZE)
#if defined(_SYS_SELECT_H) || defined(_SYS_SELECT_H_) || defined(_SYS_TYPES_H)
#if FD_SETSIZE != 1024
enum { PORTRES_WS_FD_SETSIZE = FD_SETSIZE };
#define PORTRES_WS_HAS_FD_SETSIZE
#endif
#else
enum { PORTRES_WS_FD_SETSIZE = FD_SETSIZE };
#define PORTRES_WS_HAS_FD_SETSIZE
#undef FD_SETSIZE
#endif
#endif
#ifndef PORTRES_WS_HAS_FD_SETSIZE
#define PORTRES_WS_FD_SETSIZE 64
#endif

#endif
