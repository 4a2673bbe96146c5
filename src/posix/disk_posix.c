#include "disk_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "signal_posix.h"

static int real_open(int dir, const char* name, int flags, mode_t mode) {
  return openat(dir, name, flags, mode);
}

static int real_stat(int dir, const char* name, struct stat* out) {
  return fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW);
}

static int real_may_write(int dir) {
  return faccessat(dir, ".", W_OK | X_OK, AT_EACCESS);
}

static int real_rename(int dir, const char* from, const char* to) {
  return renameat(dir, from, dir, to);
}

static int real_unlink(int dir, const char* name) {
  return unlinkat(dir, name, 0);
}

/* The kernel lets go of it when the process dies. */
static int real_lock(int fd) {
  return flock(fd, LOCK_EX | LOCK_NB);
}

static int real_unlock(int fd) {
  return flock(fd, LOCK_UN);
}

const struct portres__disk portres__disk_real = {
    .open = real_open,
    .close = close,
    .fstat = fstat,
    .stat = real_stat,
    .may_write = real_may_write,
    .read = read,
    .pwrite = pwrite,
    .chmod = fchmod,
    .sync = fsync,
    .rename = real_rename,
    .unlink = real_unlink,
    .mkdir = mkdirat,
    .lock = real_lock,
    .unlock = real_unlock,
};

const struct portres__disk* portres__disk = &portres__disk_real;

/* RLIMIT_FSIZE comes with a signal that would end the program. It is blocked
 * here, as all are (portres__platform_enter); so it is taken back before it is
 * delivered. */
static void take_back_size_signal(void) {
  portres__signal_take_back(SIGXFSZ);
}

bool portres__disk_write_at(int fd, const void* data, size_t len, off_t at) {
  const char* rest = data;

  while (len > 0) {
    ssize_t count = portres__disk->pwrite(fd, rest, len, at);
    if (count == 0) {
      errno = EIO;
    }
    if (count > 0) {
      rest += count;
      len -= (size_t)count;
      at += count;
    } else if (errno != EINTR) {
      if (errno == EFBIG) {
        take_back_size_signal();
      }
      return false;
    }
  }
  return true;
}

ssize_t portres__disk_read_all(int fd, void* out, size_t out_len) {
  size_t got = 0;

  while (got < out_len) {
    ssize_t count = portres__disk->read(fd, (char*)out + got, out_len - got);
    if (count < 0 && errno != EINTR) {
      return -1;
    }
    if (count == 0) {
      break;
    }
    got += count > 0 ? (size_t)count : 0;
  }
  return (ssize_t)got;
}
