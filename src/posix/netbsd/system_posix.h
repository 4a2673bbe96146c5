/* system_posix.h - what is a matter of one line: NetBSD. */
#ifndef PORTRES_SYSTEM_POSIX_H
#define PORTRES_SYSTEM_POSIX_H

#include <stdbool.h>

/* sendmmsg() and recvmmsg() */
typedef int portres__mmsg_result;
typedef unsigned portres__mmsg_count;

/* For minherit(): a forked child finds zeros. */
#define PORTRES__SYSTEM_INHERIT_ZERO MAP_INHERIT_ZERO

/* Whether sending may connect, and so bind, a TCP socket. */
static inline bool portres__system_send_connects(int flags, bool names_peer) {
  (void)flags;
  (void)names_peer;
  return false;
}

#endif
