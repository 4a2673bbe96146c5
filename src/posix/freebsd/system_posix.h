/* system_posix.h - what is a matter of one line: FreeBSD. */
#ifndef PORTRES_SYSTEM_POSIX_H
#define PORTRES_SYSTEM_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* sendmmsg() and recvmmsg() */
typedef ssize_t portres__mmsg_result;
typedef size_t portres__mmsg_count;

/* For minherit(): a forked child finds zeros. */
#define PORTRES__SYSTEM_INHERIT_ZERO INHERIT_ZERO

/* Whether sending may connect, and so bind, a TCP socket: RFC 1644 lives on as
 * PR_IMPLOPCL. */
static inline bool portres__system_send_connects(int flags, bool names_peer) {
  (void)flags;
  return names_peer;
}

#endif
