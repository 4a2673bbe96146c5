/* rights_posix.h - descriptors that travel in messages (SCM_RIGHTS). */
#ifndef PORTRES_RIGHTS_POSIX_H
#define PORTRES_RIGHTS_POSIX_H

#include <sys/socket.h>
#include <sys/types.h>

#include "system_posix.h"

struct mmsghdr;
struct timespec;

/* The message was sent: what it carried may come back. */
void portres__rights_sent(const struct msghdr* message);

/* One came: what it carries are new descriptors. */
void portres__rights_received(const struct msghdr* message);

ssize_t portres__hook_recvmsg(int fd, struct msghdr* message, int flags);
portres__mmsg_result portres__hook_recvmmsg(int fd,
                                            struct mmsghdr* messages,
                                            portres__mmsg_count message_count,
                                            int flags,
                                            struct timespec* timeout);

#endif
