/* system_posix.h - what is a matter of one line: Linux. */
#ifndef PORTRES_SYSTEM_POSIX_H
#define PORTRES_SYSTEM_POSIX_H

#include <stdbool.h>
#include <sys/socket.h>

/* sendmmsg() and recvmmsg() */
typedef int portres__mmsg_result;
typedef unsigned portres__mmsg_count;

/* Whether sending may connect, and so bind, a TCP socket. */
static inline bool portres__system_send_connects(int flags, bool names_peer) {
  (void)names_peer;
  return (flags & MSG_FASTOPEN) != 0;
}

#endif
