/* kernel_posix.h - bind() as the kernel has it: by way of libc. */
#ifndef PORTRES_KERNEL_POSIX_H
#define PORTRES_KERNEL_POSIX_H

#include "real_posix.h"

/* Returns: 0, or the negative of an errno, which is left alone. */
static inline int portres__kernel_bind(int fd,
                                       const struct sockaddr* address,
                                       socklen_t address_len) {
  return portres__real_bind(fd, address, address_len);
}

#endif
