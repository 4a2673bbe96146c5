/* fcntl_freebsd.c - FreeBSD's and DragonFly's dup2() by command. */
#include <fcntl.h>
#include <stdint.h>

#include "descriptor_posix.h"
#include "fcntl_posix.h"

/* In two steps: a child that another thread forks and has execute a program in
 * between inherits the descriptor. */
static int dup_over(int (*real_fcntl)(int, int, ...), int fd, int new_fd) {
  int result = portres__hook_dup2(fd, new_fd);

  return result >= 0 && real_fcntl(result, F_SETFD, FD_CLOEXEC) != 0 ? -1
                                                                     : result;
}

int portres__fcntl_otherwise(int (*real_fcntl)(int, int, ...),
                             int fd,
                             int command,
                             void* argument) {
  int new_fd = (int)(intptr_t)argument;

  switch (command) {
    case F_DUP2FD:
      return portres__hook_dup2(fd, new_fd);
    case F_DUP2FD_CLOEXEC:
      return dup_over(real_fcntl, fd, new_fd);
    default:
      return real_fcntl(fd, command, argument);
  }
}
