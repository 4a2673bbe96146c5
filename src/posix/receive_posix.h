/* receive_posix.h - descriptors that arrive in messages (SCM_RIGHTS). */
#ifndef PORTRES_RECEIVE_POSIX_H
#define PORTRES_RECEIVE_POSIX_H

#include <sys/socket.h>
#include <sys/types.h>

struct timespec;

ssize_t portres__hook_recvmsg(int fd, struct msghdr* message, int flags);
int portres__hook_recvmmsg(int fd,
                           struct mmsghdr* messages,
                           unsigned message_count,
                           int flags,
                           struct timespec* timeout);

#endif
