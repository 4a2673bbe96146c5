/* link_errno.h - an errno by its name, which not every libc tells. */
#ifndef PORTRES_TESTS_LINK_ERRNO_H
#define PORTRES_TESTS_LINK_ERRNO_H

#include <errno.h>
#include <string.h>

static inline const char* link_errno_name(int error) {
  if (error == ENOBUFS) {
    return "ENOBUFS";
  }
  return error == EACCES ? "EACCES" : strerror(error);
}

#endif
