/* rights_posix.h - descriptors that travel in messages (SCM_RIGHTS). */
#ifndef PORTRES_RIGHTS_POSIX_H
#define PORTRES_RIGHTS_POSIX_H

#include <sys/socket.h>
#include <sys/types.h>

struct timespec;

/* The message was sent: what it carried may come back. */
void portres__rights_sent(const struct msghdr* message);

/* So many messages came, or -1. */
void portres__rights_received(const struct mmsghdr* messages,
                              int message_count);

ssize_t portres__hook_recvmsg(int fd, struct msghdr* message, int flags);
int portres__hook_recvmmsg(int fd,
                           struct mmsghdr* messages,
                           unsigned message_count,
                           int flags,
                           struct timespec* timeout);

#endif
