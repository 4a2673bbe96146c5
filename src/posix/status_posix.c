#include "status_posix.h"

#include <errno.h>
#include <portres/portres.h>

static const struct {
  int status;
  int error;
} pairs[] = {
    {PORTRES_EINTR, EINTR},
    {PORTRES_EACCES, EACCES},
    {PORTRES_EFAULT, EFAULT},
    {PORTRES_EINVAL, EINVAL},
    {PORTRES_EINPROGRESS, EINPROGRESS},
    {PORTRES_ENOTSOCK, ENOTSOCK},
    {PORTRES_ENOTSOCK, EBADF}, /* Winsock has one code for both */
    {PORTRES_EOPNOTSUPP, EOPNOTSUPP},
    {PORTRES_EADDRINUSE, EADDRINUSE},
    {PORTRES_ENETDOWN, ENETDOWN},
    {PORTRES_ENOBUFS, ENOBUFS},
    {PORTRES_EACCES, EPERM}, /* a security module's way to say it */
};

enum { PAIR_COUNT = sizeof pairs / sizeof pairs[0] };

int portres__status_to_errno(int status) {
  for (int i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].status == status) {
      return pairs[i].error;
    }
  }
  return EINVAL;
}

int portres__status_from_errno(int error) {
  for (int i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].error == error) {
      return pairs[i].status;
    }
  }
  return PORTRES_ENOBUFS;
}
