/* The lock of the store is another process': what ends the wait for it, and
 * what goes on meanwhile. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "disk_posix.h"
#include "net.h"
#include "store_support.h"

enum { TRIES = 3, SLOT = 3, PATIENCE_SECONDS = 20 };

static struct portres__disk disk;
static int tries;
static void (*at_first_try)(void);

/* It is another's, until the third look. */
static int busy_lock(int fd) {
  if (++tries == 1) {
    at_first_try();
  }
  if (tries < TRIES) {
    errno = EWOULDBLOCK;
    return -1;
  }
  return portres__disk_real.lock(fd);
}

static int create_waiting(void (*meanwhile)(void)) {
  portres_token token;
  tries = 0;
  at_first_try = meanwhile;
  disk = portres__disk_real;
  disk.lock = busy_lock;
  portres__disk = &disk;
  int status = store_create(SLOT, &token);
  portres__disk = &portres__disk_real;
  return status;
}

/* --- Signals --- */

struct signal_row {
  const char* name;
  int number;
  int flags;
  int status;
  bool has_handler;
  bool is_blocked;
};

static const struct signal_row signal_rows[] = {
    {"given a wait for the lock, when a signal with a handler comes, then "
     "create is EINTR",
     SIGUSR1, 0, PORTRES_EINTR, true, false},
    {"given a wait for the lock, when a signal comes whose handler wants calls "
     "restarted, then create goes on",
     SIGUSR1, SA_RESTART, PORTRES_OK, true, false},
    {"given a wait for the lock, when SIGINT comes and its handler wants calls "
     "restarted, then create is EINTR all the same",
     SIGINT, SA_RESTART, PORTRES_EINTR, true, false},
    {"given a wait for the lock, when a signal comes that the caller has "
     "blocked, then create goes on",
     SIGUSR1, 0, PORTRES_OK, true, true},
    {"given a wait for the lock, when a child of nobody's interest ends, then "
     "create goes on",
     SIGCHLD, 0, PORTRES_OK, false, false},
};

static int signal_number;
static volatile sig_atomic_t handled;

static void count_signal(int number) {
  (void)number;
  handled++;
}

static void send_signal(void) {
  kill(getpid(), signal_number);
}

static void check_signal(const void* arg) {
  const struct signal_row* row = arg;
  struct sigaction action = {.sa_flags = row->flags};
  struct sigaction saved_action;
  sigset_t one;
  sigset_t saved_mask;
  store_clear();
  sigemptyset(&one);
  sigaddset(&one, row->number);
  action.sa_handler = row->has_handler ? count_signal : SIG_DFL;
  sigaction(row->number, &action, &saved_action);
  pthread_sigmask(row->is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &one, &saved_mask);
  handled = 0;
  signal_number = row->number;
  int status = create_waiting(send_signal);
  pthread_sigmask(SIG_SETMASK, &saved_mask, NULL);
  sigaction(row->number, &saved_action, NULL);
  assert_int_equal(status, row->status);
  assert_int_equal(handled, row->has_handler);
  assert_int_equal(store_has("reservations"), status == PORTRES_OK);
  store_clear();
}

/* Ctrl-C ends a program that has no handler. */
static void check_death(void) {
  int status;
  store_clear();
  fflush(stdout);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    signal(SIGINT, SIG_DFL);
    signal_number = SIGINT;
    create_waiting(send_signal);
    _exit(0);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGINT);
  assert_false(store_has("reservations"));
  store_clear();
}

/* --- Other threads, other processes --- */

static int acquire_status;

static void* acquire(void* arg) {
  struct portres_reservation made;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  (void)arg;
  acquire_status = portres_acquire(s, (struct portres_range){0, 2}, &made);
  net_close(s);
  return NULL;
}

static int join_status;

static void acquire_meanwhile(void) {
  struct timespec end;
  pthread_t thread;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += PATIENCE_SECONDS;
  pthread_create(&thread, NULL, acquire, NULL);
  join_status = pthread_timedjoin_np(thread, NULL, &end);
}

static void check_acquire(void) {
  store_clear();
  acquire_status = 1;
  assert_int_equal(create_waiting(acquire_meanwhile), PORTRES_OK);
  assert_int_equal(join_status, 0);
  assert_int_equal(acquire_status, PORTRES_OK);
  store_clear();
}

static int lock_copies;

static bool is_the_lock(int fd) {
  struct stat named;
  struct stat opened;
  return stat(store_path("lock"), &named) == 0 && fstat(fd, &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void fork_meanwhile(void) {
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) {
      count += is_the_lock(fd);
    }
    _exit(count);
  }
  waitpid(pid, &status, 0);
  lock_copies = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_fork(void) {
  store_clear();
  lock_copies = -1;
  assert_int_equal(create_waiting(fork_meanwhile), PORTRES_OK);
  assert_int_equal(lock_copies, 0);
  store_clear();
}

/* --- What stays of it --- */

static void check_umask(void) {
  struct stat facts;
  portres_token token;
  store_clear();
  mode_t saved = umask(0277);
  int status = store_create(SLOT, &token);
  umask(saved);
  assert_int_equal(status, PORTRES_OK);
  assert_int_equal(stat(store_path("lock"), &facts), 0);
  assert_int_equal(facts.st_mode & 0777, 0600);
  store_clear();
}

static int count_maps(void) {
  FILE* maps = fopen("/proc/self/maps", "re");
  int count = 0;
  int c;
  assert_non_null(maps);
  while ((c = fgetc(maps)) != EOF) {
    count += c == '\n';
  }
  fclose(maps);
  return count;
}

static void look_up(int status) {
  struct store_slot slot = store_slot(SLOT);
  portres_token token;
  assert_int_equal(portres_persistent_lookup(slot.protocol, slot.range, &token),
                   status);
}

static void check_out_of_reach(void) {
  char away[256];
  portres_token token;
  store_clear();
  assert_int_equal(store_create(SLOT, &token), PORTRES_OK);
  snprintf(away, sizeof away, "%s.away", store_dir());
  look_up(PORTRES_OK);
  int before = count_maps();
  for (int i = 0; i < 16; i++) {
    assert_int_equal(rename(store_dir(), away), 0);
    look_up(PORTRES_ENOTFOUND);
    assert_int_equal(store_refused(), 0);
    assert_int_equal(rename(away, store_dir()), 0);
    look_up(PORTRES_OK);
    assert_int_equal(store_refused(), 1u << SLOT);
  }
  assert_in_range(count_maps(), before, before + 4);
  store_clear();
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(signal_rows, check_signal);
  table_add_one(
      "given a wait for the lock, when Ctrl-C comes, then the program ends",
      check_death);
  table_add_one(
      "given a wait for the lock, then another thread acquires meanwhile",
      check_acquire);
  table_add_one(
      "given a wait for the lock, then a forked child has no part in it",
      check_fork);
  table_add_one(
      "given a umask that takes the owner's rights, then the lock has them yet",
      check_umask);
  table_add_one(
      "given a directory that goes and comes back, then its map is the same",
      check_out_of_reach);
  return table_run("store_lock");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
