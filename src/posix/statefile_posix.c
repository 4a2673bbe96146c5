/* statefile_posix.c - the text of the store: read, locked, replaced. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "disk_posix.h"
#include "platform.h"
#include "statedir_posix.h"

enum {
  PIECE_SIZE = 512, /* on the stack, which may be a signal handler's */
  LOCK_MODE = 0600, /* who may not write must not keep writers out either */
  PATIENCE = 100    /* with one who removes the lock's file again and again */
};

static const char text_name[] = "reservations";
static const char temporary_name[] = "reservations.new";
static const char lock_name[] = "lock";

/* --- Reading --- */

static int read_pieces(int fd,
                       bool (*take)(const char*, size_t, void*),
                       void* arg) {
  char piece[PIECE_SIZE];
  ssize_t count;

  do {
    count = portres__disk->read(fd, piece, sizeof piece);
    if (count < 0 && errno != EINTR) {
      return portres__statedir_status(errno);
    }
  } while (count < 0 || (count > 0 && take(piece, (size_t)count, arg)));
  return PORTRES_OK;
}

int portres__platform_store_read(
    bool (*take)(const char* text, size_t text_len, void* arg), void* arg) {
  int dir;
  int fd;
  int status = portres__statedir_open(&dir);

  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__statedir_open_file(dir, text_name, O_RDONLY, 0, &fd);
  portres__disk->close(dir);
  if (status == PORTRES_OK) {
    status = read_pieces(fd, take, arg);
    portres__disk->close(fd);
  }
  return status;
}

/* --- The lock --- */

static int locked_dir = -1;
static int lock_fd = -1;
static struct stat lock_facts;

int portres__statefile_dir(void) {
  return locked_dir;
}

/* A child has our descriptors too, and with them the lock. If the fork went
 * unnoticed for long, the numbers may be other files' by now. */
void portres__statefile_after_fork(void) {
  struct stat facts;

  if (lock_fd >= 0 && fstat(lock_fd, &facts) == 0 &&
      facts.st_dev == lock_facts.st_dev && facts.st_ino == lock_facts.st_ino) {
    close(lock_fd);
    close(locked_dir);
  }
  lock_fd = -1;
  locked_dir = -1;
}

static int lock_patiently(int fd) {
  int result;

  do {
    result = portres__disk->lock(fd);
  } while (result != 0 && errno == EINTR);
  return result;
}

/* True when the file that is locked is the one that others will lock. */
static bool is_the_lock(int dir, int fd) {
  struct stat named;

  return portres__disk->fstat(fd, &lock_facts) == 0 &&
         portres__disk->stat(dir, lock_name, &named) == 0 &&
         named.st_dev == lock_facts.st_dev && named.st_ino == lock_facts.st_ino;
}

static int take_lock(int dir) {
  for (int i = 0; i < PATIENCE; i++) {
    int fd;
    int status = portres__statedir_open_file(dir, lock_name, O_RDWR | O_CREAT,
                                             LOCK_MODE, &fd);
    if (status != PORTRES_OK) {
      return status;
    }
    if (lock_patiently(fd) == 0 && is_the_lock(dir, fd)) {
      lock_fd = fd;
      locked_dir = dir;
      return PORTRES_OK;
    }
    portres__disk->close(fd);
  }
  return PORTRES_ECORRUPT;
}

int portres__platform_store_lock(bool may_make) {
  int dir = -1;
  int status =
      may_make ? portres__statedir_make(&dir) : portres__statedir_open(&dir);

  if (status != PORTRES_OK) {
    return status;
  }
  status = take_lock(dir);
  if (status != PORTRES_OK) {
    portres__disk->close(dir);
    return status;
  }
  /* Of one who died at it. */
  portres__disk->unlink(dir, temporary_name);
  portres__disk->unlink(dir, "ports.new");
  return PORTRES_OK;
}

void portres__platform_store_unlock(void) {
  int fd = lock_fd;
  int dir = locked_dir;

  lock_fd = -1;
  locked_dir = -1;
  /* Not by closing alone: a forked child may have the descriptor, too. */
  portres__disk->unlock(fd);
  portres__disk->close(fd);
  portres__disk->close(dir);
}

/* --- Writing --- */

int portres__platform_store_write(const char* text, size_t text_len) {
  return portres__statedir_replace(locked_dir, text_name, temporary_name, text,
                                   text_len);
}

void portres__platform_utc(char* out, size_t out_size) {
  time_t now = time(NULL);
  struct tm parts;

  if (gmtime_r(&now, &parts) == NULL ||
      strftime(out, out_size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    out[0] = '-';
    out[1] = '\0';
  }
}
