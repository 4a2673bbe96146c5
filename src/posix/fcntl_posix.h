/* fcntl_posix.h - what fcntl() does to descriptors on this system only. */
#ifndef PORTRES_FCNTL_POSIX_H
#define PORTRES_FCNTL_POSIX_H

/* A command other than F_DUPFD and F_DUPFD_CLOEXEC. */
int portres__fcntl_otherwise(int (*real_fcntl)(int, int, ...),
                             int fd,
                             int command,
                             void* argument);

#endif
