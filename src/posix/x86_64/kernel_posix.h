/* kernel_posix.h - bind() as the kernel has it: Linux on x86-64.
 *
 * libc's bind is the system call and two instructions. But after a system call
 * the processor predicts no return rightly, on kernels that guard against
 * Spectre's kin; so each function in between costs what a cache miss does, and
 * in a bind of 600 ns that is 3 % (bench_associated).
 */
#ifndef PORTRES_KERNEL_POSIX_H
#define PORTRES_KERNEL_POSIX_H

#include <sys/syscall.h>

#include "real_posix.h"

/* Returns: 0, or the negative of an errno, which is left alone. */
static inline int portres__kernel_bind(int fd,
                                       const struct sockaddr* address,
                                       socklen_t address_len) {
  long result = SYS_bind;

  if (!portres__real_bind_is_libcs()) {
    return portres__real_bind(fd, address, address_len);
  }
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"((long)fd), "S"(address), "d"((long)address_len)
                   : "rcx", "r11", "memory");
  return (int)result;
}

#endif
