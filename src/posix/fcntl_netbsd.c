/* fcntl_netbsd.c - NetBSD's closefrom() by command. */
#include <fcntl.h>

#include "descriptor_posix.h"
#include "fcntl_posix.h"

int portres__fcntl_otherwise(int (*real_fcntl)(int, int, ...),
                             int fd,
                             int command,
                             void* argument) {
  if (command != F_CLOSEM) {
    return real_fcntl(fd, command, argument);
  }
  portres__hook_closefrom(fd);
  return 0;
}
