/* fcntl_plain.c - Linux and OpenBSD duplicate and close by no other command. */
#include "fcntl_posix.h"

int portres__fcntl_otherwise(int (*real_fcntl)(int, int, ...),
                             int fd,
                             int command,
                             void* argument) {
  return real_fcntl(fd, command, argument);
}
