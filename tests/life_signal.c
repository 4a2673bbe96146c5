/* A handler may bind under PORTRES_BLOCK, and may fork, whatever it interrupts:
 * nothing waits for ever, and no port is lost.
 *
 * Each row is a child of its own: its block is not acquired yet, and a
 * watchdog ends a deadlock. PORTRES_BLOCK is udp:0:64. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "hook_support.h"
#include "life_support.h"

enum { WATCHDOG_SECONDS = 8, PORTS = 8, NANOSECONDS = 150000 };
static const double row_seconds = 0.3;

struct row {
  const char* name;
  int (*round)(void);      /* what is interrupted */
  void (*on_signal)(void); /* by what */
  int (*settle)(void);
};

static const struct row* row_now;
static timer_t timer;
static _Atomic int hits;
static _Atomic int wrong; /* a line of the handler */

/* --- Handlers --- */

static int bind_once(void) {
  const int s = socket(AF_INET, SOCK_DGRAM, 0);
  HOOK_CLAIM(s >= 0);
  HOOK_CLAIM(hook_bind(s) == 0);
  HOOK_CLAIM(close(s) == 0);
  return 0;
}

static int fork_once(void) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(bind_once());
  }
  HOOK_CLAIM(pid > 0);
  return hook_status_of(pid);
}

static void note(int line) {
  if (line != 0) {
    atomic_store(&wrong, line);
  }
}

static void bind_in_handler(void) {
  note(bind_once());
}

static void fork_in_handler(void) {
  note(fork_once());
}

/* Once more, when the handler is over: one that takes longer than the timer
 * would leave no time for what it interrupts. */
static void arm(void) {
  const struct itimerspec once = {{0, 0}, {0, NANOSECONDS}};
  timer_settime(timer, 0, &once, NULL);
}

static void on_signal(int number) {
  (void)number;
  const int saved = errno;
  row_now->on_signal();
  atomic_fetch_add(&hits, 1);
  arm();
  errno = saved;
}

/* --- What they interrupt --- */

static int acquire_once(void) {
  struct portres_reservation mine;
  const struct portres_range want = {0, PORTS};
  const int s = socket(AF_INET, SOCK_DGRAM, 0);
  HOOK_CLAIM(portres_acquire(s, want, &mine) == PORTRES_OK);
  HOOK_CLAIM(portres_release(s, mine.token) == PORTRES_OK);
  HOOK_CLAIM(close(s) == 0);
  return 0;
}

static void* acquire_in_thread(void* unused) {
  (void)unused;
  return (void*)(intptr_t)acquire_once();
}

/* Everything that waits for a lock of ours, with no signal about. Another
 * thread first: this one might give back what its handler did not. */
static int go_on(void) {
  pthread_t thread;
  void* line;
  HOOK_CLAIM(pthread_create(&thread, NULL, acquire_in_thread, NULL) == 0);
  HOOK_CLAIM(pthread_join(thread, &line) == 0);
  HOOK_CLAIM(line == NULL);
  HOOK_CLAIM(acquire_once() == 0);
  HOOK_CLAIM(fork_once() == 0);
  HOOK_CLAIM(bind_once() == 0);
  return 0;
}

static int lose_nothing(void) {
  struct portres_info block = {0};
  HOOK_CLAIM(life_block(IPPROTO_UDP, &block));
  HOOK_CLAIM(block.used == 0);
  HOOK_CLAIM(go_on() == 0);
  return life_fill(IPPROTO_UDP);
}

static const struct row rows[] = {
    {"given a handler that binds port 0, when it interrupts binds to port 0, "
     "the first among them, then all go on and no port is lost",
     bind_once, bind_in_handler, lose_nothing},
    {"given a handler that binds port 0, when it interrupts fork, then forks, "
     "acquires and binds go on, and no port is lost",
     fork_once, bind_in_handler, lose_nothing},
    {"given a handler that forks, when it interrupts fork, then forks, "
     "acquires and binds go on",
     fork_once, fork_in_handler, go_on},
    {"given a handler that forks, when it interrupts acquire, then forks, "
     "acquires and binds go on",
     acquire_once, fork_in_handler, go_on},
    {"given a handler that forks, when it interrupts binds to port 0, then "
     "forks, acquires and binds go on, and no port is lost",
     bind_once, fork_in_handler, lose_nothing},
};

/* --- Rows --- */

static int start_timer(void) {
  const struct sigaction action = {.sa_handler = on_signal,
                                   .sa_flags = SA_RESTART};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGUSR1};
  HOOK_CLAIM(sigaction(SIGUSR1, &action, NULL) == 0);
  HOOK_CLAIM(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  arm();
  return 0;
}

static int run_interrupted(void* arg) {
  const double end = hook_end_of_race(row_seconds);
  int line = 0;
  row_now = arg;
  alarm(WATCHDOG_SECONDS);
  HOOK_CLAIM(start_timer() == 0);
  while (line == 0 && hook_seconds() < end) {
    line = row_now->round();
  }
  timer_delete(timer);
  signal(SIGUSR1, SIG_IGN);
  HOOK_CLAIM(atomic_load(&hits) > 0);
  if (line != 0 || atomic_load(&wrong) != 0) {
    return line != 0 ? line : atomic_load(&wrong);
  }
  return row_now->settle();
}

static void check_row(const void* row) {
  const int line = hook_in_child(run_interrupted, (void*)row);
  if (line != 0) {
    fail_msg("line %d (modulo 255), or signal %d", line - 1, line - 256);
  }
}

int main(void) {
  TABLE_ADD(rows, check_row);
  return table_run("life_signal");
}
