/* A process that changes the store is killed, at every system call it makes:
 * before it, after it, and in the middle of a write. What a fresh process then
 * finds is the old state or the new one, never a third, and the next writer
 * goes on. No system call is asked to sync here: the kernel lives on. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk_posix.h"
#include "store_support.h"

enum {
  POINTS_MIN = 2000,
  SPARE = STORE_SLOTS - 1 /* the next writer's slot */
};

static struct portres__disk disk;
static unsigned calls;
static unsigned die_at; /* 0: never */
static unsigned seed = 20261122;

static unsigned dice(unsigned sides) {
  seed = seed * 1103515245 + 12345;
  return seed / 65536 % sides;
}

/* Each call has two moments: before it and after it. */
static void moment(void) {
  if (++calls == die_at) {
    kill(getpid(), SIGKILL);
  }
}

#define DYING(type, name, parameters, arguments)     \
  static type dying_##name parameters {              \
    moment();                                        \
    type result = portres__disk_real.name arguments; \
    int error = errno;                               \
    moment();                                        \
    errno = error;                                   \
    return result;                                   \
  }

DYING(int, open, (int d, const char* n, int f, mode_t m), (d, n, f, m))
DYING(int, close, (int fd), (fd))
DYING(ssize_t, read, (int fd, void* out, size_t len), (fd, out, len))
DYING(int, chmod, (int fd, mode_t mode), (fd, mode))
DYING(int, rename, (int d, const char* from, const char* to), (d, from, to))
DYING(int, unlink, (int d, const char* name), (d, name))
DYING(int, mkdir, (int d, const char* name, mode_t mode), (d, name, mode))
DYING(int, lock, (int fd), (fd))
DYING(int, unlock, (int fd), (fd))

/* Its second moment is after a part. */
static ssize_t dying_pwrite(int fd, const void* data, size_t len, off_t at) {
  moment();
  if (++calls == die_at) {
    portres__disk_real.pwrite(fd, data, dice((unsigned)len), at);
    kill(getpid(), SIGKILL);
  }
  ssize_t result = portres__disk_real.pwrite(fd, data, len, at);
  moment();
  return result;
}

static int no_sync(int fd) {
  (void)fd;
  moment();
  return 0;
}

static void use_disk(void) {
  disk = portres__disk_real;
  disk.open = dying_open;
  disk.close = dying_close;
  disk.read = dying_read;
  disk.pwrite = dying_pwrite;
  disk.chmod = dying_chmod;
  disk.sync = no_sync;
  disk.rename = dying_rename;
  disk.unlink = dying_unlink;
  disk.mkdir = dying_mkdir;
  disk.lock = dying_lock;
  disk.unlock = dying_unlock;
  portres__disk = &disk;
}

static int change(int slot, bool is_create) {
  portres_token token;
  return is_create ? store_create(slot, &token) : store_delete(slot);
}

/* True when it was killed on the way. */
static bool change_dying(int slot, bool is_create, unsigned moment_number) {
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    calls = 0;
    die_at = moment_number;
    seed += moment_number;
    _exit(change(slot, is_create) == PORTRES_OK ? 0 : 1);
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  if (WIFSIGNALED(status)) {
    assert_int_equal(WTERMSIG(status), SIGKILL);
    return true;
  }
  assert_int_equal(WEXITSTATUS(status), 0);
  return false;
}

/* It repairs what the dead one left. */
static void expect_next_writer(uint32_t state) {
  assert_int_equal(change(SPARE, true), PORTRES_OK);
  assert_int_equal(store_refused(), state | 1u << SPARE);
  assert_int_equal(change(SPARE, false), PORTRES_OK);
  assert_int_equal(store_refused(), state);
  assert_false(store_has("reservations.new"));
  assert_false(store_has("ports.new"));
}

struct history {
  uint32_t state;
  portres_token tokens[STORE_SLOTS];
  unsigned points;
  unsigned news; /* points where the new state was found */
};

/* Kill it at its first moment, its second, and so on until it survives. */
static void crash_everywhere(struct history* history, int slot) {
  bool is_create = (history->state >> slot & 1) == 0;
  uint32_t old_state = history->state;
  uint32_t new_state = old_state ^ 1u << slot;
  for (unsigned number = 1;; number++) {
    bool is_dead = change_dying(slot, is_create, number);
    uint32_t state = store_seen(history->tokens);
    if (!is_dead) {
      assert_int_equal(state, new_state);
      history->state = state;
      return;
    }
    history->points++;
    assert_true(state == old_state || state == new_state);
    assert_int_equal(store_refused() & state, state);
    expect_next_writer(state);
    if (state == new_state) {
      history->news++;
      assert_int_equal(change(slot, !is_create), PORTRES_OK);
      history->tokens[slot] = is_create ? 0 : history->tokens[slot];
    }
    assert_int_equal(store_seen(history->tokens), old_state);
  }
}

static void check_crashes(void) {
  struct history history = {.state = 0};
  store_clear();
  while (history.points < POINTS_MIN) {
    crash_everywhere(&history, (int)dice(SPARE));
  }
  print_message("# %u crash points, %u of them found the new state\n",
                history.points, history.news);
  assert_true(history.news > POINTS_MIN / 50);
  assert_true(history.news < history.points / 2);
  store_clear();
}

/* As the first change of all, with no directory yet. */
static void check_first_crashes(void) {
  unsigned points = 0;
  for (unsigned number = 1;; number++) {
    portres_token tokens[STORE_SLOTS] = {0};
    store_clear();
    if (!change_dying(0, true, number)) {
      break;
    }
    points++;
    uint32_t state = store_seen(tokens);
    assert_true(state == 0 || state == 1);
    expect_next_writer(state);
    assert_int_equal(store_seen(tokens), state);
  }
  print_message("# %u crash points\n", points);
  assert_true(points > 50);
  store_clear();
}

/* --- A fork amid a change --- */

static int parting[2]; /* ends the child when the test closes it */

/* As if another thread forked; then the writer dies, and the child lives on. */
static int fork_and_die(int dir, const char* from, const char* to) {
  char byte;
  (void)dir, (void)from, (void)to;
  pid_t pid = fork();
  if (pid == 0) {
    close(parting[1]);
    ssize_t count = read(parting[0], &byte, 1);
    _exit(count == 0 ? 0 : 1);
  }
  kill(getpid(), SIGKILL);
  return -1;
}

/* Else this does not return. */
static void check_fork(void) {
  portres_token token;
  int status;
  store_clear();
  assert_int_equal(store_create(0, &token), PORTRES_OK);
  assert_int_equal(pipe(parting), 0);
  pid_t pid = fork();
  if (pid == 0) {
    disk.rename = fork_and_die;
    change(1, true);
    _exit(0);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status));
  close(parting[0]);
  assert_int_equal(store_create(2, &token), PORTRES_OK);
  assert_int_equal(store_refused(), 1 << 0 | 1 << 2);
  close(parting[1]);
  store_clear();
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  use_disk();
  table_add_one(
      "given no store, when the first create is killed at any call, then "
      "there is one reservation or none, and the next writer goes on",
      check_first_crashes);
  table_add_one(
      "given 2000 moments of creates and deletes, when the writer is killed at "
      "each, then the store is the old or the new one, and the next writer "
      "goes on",
      check_crashes);
  table_add_one(
      "given a child that was forked amid a change, when the writer is killed, "
      "then the next writer is not kept out by it",
      check_fork);
  return table_run("store_crash");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
