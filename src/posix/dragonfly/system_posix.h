/* system_posix.h - what is a matter of one line: DragonFly. */
#ifndef PORTRES_SYSTEM_POSIX_H
#define PORTRES_SYSTEM_POSIX_H

#include <stdbool.h>

/* Of sendmmsg() and recvmmsg(), which it does not have. */
typedef int portres__mmsg_result;
typedef unsigned portres__mmsg_count;

/* Whether sending may connect, and so bind, a TCP socket: RFC 1644 lives on as
 * PR_IMPLOPCL. */
static inline bool portres__system_send_connects(int flags, bool names_peer) {
  (void)flags;
  return names_peer;
}

#endif
