#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ofd_posix.h"
#include "real_posix.h"

static struct flock flock_of(struct portres__ofd_range range, short type) {
  struct flock lock = {.l_type = type,
                       .l_whence = SEEK_SET,
                       .l_start = (off_t)range.start,
                       .l_len = (off_t)range.count};
  return lock;
}

static int set(int fd, struct portres__ofd_range range, short type) {
  struct flock lock = flock_of(range, type);
  int error;

  do {
    error = portres__real()->fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
  } while (error == EINTR);
  return error == EACCES ? EAGAIN : error; /* POSIX allows either */
}

int portres__ofd_lock(int fd, struct portres__ofd_range range) {
  return set(fd, range, F_WRLCK);
}

int portres__ofd_lock_shared(int fd, struct portres__ofd_range range) {
  return set(fd, range, F_RDLCK);
}

int portres__ofd_unlock(int fd, struct portres__ofd_range range) {
  return set(fd, range, F_UNLCK);
}

bool portres__ofd_find(int fd,
                       struct portres__ofd_range range,
                       struct portres__ofd_range* held_out,
                       bool* is_shared_out) {
  struct flock lock = flock_of(range, F_WRLCK);

  if (portres__real()->fcntl(fd, F_OFD_GETLK, &lock) != 0 ||
      lock.l_type == F_UNLCK) {
    return false;
  }
  held_out->start = lock.l_start;
  held_out->count = lock.l_len;
  *is_shared_out = lock.l_type == F_RDLCK;
  return true;
}
