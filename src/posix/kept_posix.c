#include "kept_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>

#include "descriptor_posix.h"
#include "guard_posix.h"
#include "real_posix.h"

enum {
  /* The kernel's table has room for the highest number: no more than this. */
  CEILING = 16384,
  PATIENCE = 100000 /* turns of another thread */
};

/* By descriptor; pages of it exist once they are written to. */
static _Atomic(struct portres__kept*) table[PORTRES__KEPT_END];

_Atomic int portres__kept_end_of_all;

static void extend(int fd) {
  int now = atomic_load(&portres__kept_end_of_all);

  while (now <= fd && !atomic_compare_exchange_weak(&portres__kept_end_of_all,
                                                    &now, fd + 1)) {
    /* `now` has been read anew. */
  }
}

/* The last quarter of what the process may open, or of what is reasonable. */
static int lowest(void) {
  struct rlimit limit;
  rlim_t end = CEILING;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end) {
    end = limit.rlim_cur;
  }
  return (int)(end - end / 4);
}

static bool enter(struct portres__kept* kept, int fd) {
  if (fd >= PORTRES__KEPT_END) {
    return false;
  }
  portres__descriptor_is_made(fd);
  extend(fd);
  atomic_store(&table[fd], kept);
  return true;
}

/* Returns: a copy far up, or -1. */
static int copy(int fd) {
  return portres__real()->fcntl(fd, F_DUPFD_CLOEXEC, lowest());
}

bool portres__kept_install(struct portres__kept* kept, int fd) {
  int high = copy(fd);

  if (high >= 0) {
    portres__real()->close(fd);
    fd = high;
  }
  if (!enter(kept, fd)) {
    portres__real()->close(fd);
    errno = EMFILE;
    return false;
  }
  atomic_store(&kept->fd, fd);
  return true;
}

/* The limit is not asked for each time: the kernel tells when it is lower. */
bool portres__kept_install_copy(struct portres__kept* kept, int fd) {
  static _Atomic int from = INT_MAX;
  int high = portres__real()->fcntl(fd, F_DUPFD_CLOEXEC, atomic_load(&from));

  if (high < 0 && errno == EINVAL) {
    atomic_store(&from, lowest());
    high = copy(fd);
  }
  if (high < 0) {
    return false;
  }
  if (!enter(kept, high)) {
    portres__real()->close(high);
    errno = EMFILE;
    return false;
  }
  atomic_store(&kept->fd, high);
  return true;
}

int portres__kept_begin(struct portres__kept* kept) {
  atomic_fetch_add(&kept->users, 1);
  return atomic_load(&kept->fd);
}

void portres__kept_end(struct portres__kept* kept) {
  atomic_fetch_sub(&kept->users, 1);
}

/* Whoever begins from now on finds the new number. Not for ever, for a handler
 * may have come amid what its own thread has begun. */
static void await_users(struct portres__kept* kept) {
  for (int i = 0; i < PATIENCE && atomic_load(&kept->users) != 0; i++) {
    sched_yield();
  }
}

/* The number is never an ordinary one meanwhile. */
void portres__kept_hand_on(struct portres__kept* from,
                           struct portres__kept* to) {
  int fd = atomic_exchange(&from->fd, -1);

  if (fd >= 0) {
    await_users(from);
    atomic_store(&to->fd, fd);
    atomic_store(&table[fd], to);
  }
}

int portres__kept_withdraw(struct portres__kept* kept) {
  int fd = atomic_exchange(&kept->fd, -1);

  if (fd >= 0) {
    await_users(kept);
    atomic_store(&table[fd], NULL);
  }
  return fd;
}

bool portres__kept_close(struct portres__kept* kept) {
  int saved_errno = errno;
  int saved_cancellation;
  int fd = portres__kept_withdraw(kept);

  if (fd >= 0) {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &saved_cancellation);
    portres__real()->close(fd);
    pthread_setcancelstate(saved_cancellation, NULL);
  }
  errno = saved_errno;
  return fd >= 0;
}

bool portres__kept_is_among(int fd) {
  return atomic_load(&table[fd]) != NULL;
}

int portres__kept_next(int fd) {
  int end = atomic_load(&portres__kept_end_of_all);

  while (fd < end && atomic_load(&table[fd]) == NULL) {
    fd++;
  }
  return fd < end ? fd : -1;
}

/* Should it be withdrawn meanwhile, who does that closes `fd`. */
static bool move(struct portres__kept* kept, int fd, int new_fd) {
  int expected = fd;

  if (!enter(kept, new_fd)) {
    return false;
  }
  if (!atomic_compare_exchange_strong(&kept->fd, &expected, new_fd)) {
    atomic_store(&table[new_fd], NULL);
    return false;
  }
  await_users(kept);
  atomic_store(&table[fd], NULL);
  return true;
}

/* The old descriptor goes, and no child is forked that knows of the new one
 * alone. */
static bool replace(struct portres__kept* kept, int fd, int new_fd) {
  struct portres__guard_entry entry;
  bool is_moved;

  portres__guard_enter_patiently(&entry);
  is_moved = move(kept, fd, new_fd);
  portres__real()->close(is_moved ? fd : new_fd);
  portres__guard_leave(&entry);
  return is_moved;
}

bool portres__kept_make_way(int fd) {
  struct portres__kept* kept =
      portres__kept_is(fd) ? atomic_load(&table[fd]) : NULL;
  int saved_errno = errno;
  int new_fd;

  if (kept == NULL) {
    return true;
  }
  new_fd = copy(fd);
  if (new_fd < 0 || !replace(kept, fd, new_fd)) {
    errno = EBUSY;
    return false;
  }
  errno = saved_errno;
  return true;
}

void portres__kept_after_fork(void) {
  int fd = portres__kept_next(0);

  for (; fd >= 0; fd = portres__kept_next(fd + 1)) {
    struct portres__kept* kept = atomic_load(&table[fd]);
    atomic_store(&kept->users, 0);
    if (!kept->is_inherited) {
      atomic_store(&table[fd], NULL);
      atomic_store(&kept->fd, -1);
      portres__real()->close(fd);
    }
  }
}
