#include "real_posix.h"

#include <errno.h>

int portres__real_bind(int fd,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  int saved_errno = errno;
  int error = portres__real()->bind(fd, address, address_len) == 0 ? 0 : errno;

  errno = saved_errno;
  return -error;
}
