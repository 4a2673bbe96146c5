/* statefile_posix.c - the text of the store: read, locked, replaced. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "disk_posix.h"
#include "platform.h"
#include "process_posix.h"
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

/* Of the threads, the one that has the file's lock or waits for it. */
static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;
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
  pthread_mutex_init(&writer, NULL);
}

/* One who was stopped, or who died amid a write that does not end, has the lock
 * for as long as he likes; the user's Ctrl-C is to end the wait for him. */
static int wait_for_lock(int fd) {
  const struct timespec moment = {0, 200000};

  while (portres__disk->lock(fd) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) {
      return portres__statedir_status(errno);
    }
    if (errno == EWOULDBLOCK) {
      if (portres__process_is_interrupted()) {
        return PORTRES_EINTR;
      }
      nanosleep(&moment, NULL);
    }
  }
  return PORTRES_OK;
}

/* True when the file that is locked is the one that others will lock. */
static bool is_the_lock(int dir) {
  struct stat named;

  return portres__disk->stat(dir, lock_name, &named) == 0 &&
         named.st_dev == lock_facts.st_dev && named.st_ino == lock_facts.st_ino;
}

/* The descriptors are known before the wait: a child that is forked during it
 * closes them (portres__statefile_after_fork). */
static int open_lock(int dir) {
  int fd;
  int status = portres__statedir_open_file(dir, lock_name, O_RDWR | O_CREAT,
                                           LOCK_MODE, &fd);

  if (status != PORTRES_OK) {
    return status;
  }
  /* Whatever the umask is: the next one must be able to open it, too. */
  if (portres__disk->fstat(fd, &lock_facts) != 0 ||
      ((lock_facts.st_mode & LOCK_MODE) != LOCK_MODE &&
       portres__disk->chmod(fd, LOCK_MODE) != 0)) {
    status = portres__statedir_status(errno);
    portres__disk->close(fd);
    return status;
  }
  locked_dir = dir;
  lock_fd = fd;
  return PORTRES_OK;
}

static void close_lock(void) {
  int fd = lock_fd;

  lock_fd = -1;
  locked_dir = -1;
  portres__disk->close(fd);
}

static int take_lock(int dir) {
  for (int i = 0; i < PATIENCE; i++) {
    int status = open_lock(dir);
    if (status != PORTRES_OK) {
      return status;
    }
    status = wait_for_lock(lock_fd);
    if (status == PORTRES_OK && is_the_lock(dir)) {
      return PORTRES_OK;
    }
    close_lock();
    if (status != PORTRES_OK) {
      return status;
    }
  }
  return PORTRES_ECORRUPT;
}

/* Of one who died at it. */
static void remove_remains(int dir) {
  portres__disk->unlink(dir, temporary_name);
  portres__disk->unlink(dir, "ports.new");
}

static int lock_file(bool may_make) {
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
  remove_remains(dir);
  return PORTRES_OK;
}

int portres__platform_store_lock(bool may_make) {
  int status;

  pthread_mutex_lock(&writer);
  status = lock_file(may_make);
  if (status != PORTRES_OK) {
    pthread_mutex_unlock(&writer);
  }
  return status;
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
  pthread_mutex_unlock(&writer);
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
