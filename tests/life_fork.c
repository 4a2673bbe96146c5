/* A child's share of PORTRES_BLOCK is what it holds, at whatever moment of its
 * parent's threads it was forked: during the acquire of the block, or between
 * the kernel's side and ours of a bind, a close or a dup.
 *
 * Each row is a child of its own, so that its block is not acquired yet, and a
 * watchdog ends a deadlock. PORTRES_BLOCK has a large UDP block, for a long
 * acquire, at a fixed start, so that no other block can stand in for it; and a
 * small one for TCP, which losses use up. The program finds the start, and
 * begins again. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_support.h"
#include "life_support.h"

enum {
  LARGE = 512,
  SMALL = 16,
  THREADS = 3,
  ROUNDS = 128,      /* of a fork during the first acquire */
  GENERATIONS = 100, /* one process each, all alive at the end */
  WARM_UP = 20,      /* binds before a generation forks */
  CHURN_LOOPS = 20000,
  WATCHDOG_SECONDS = 9
};
static const double row_seconds = 0.5;

static int open_socket(int protocol) {
  return socket(AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
}

/* Not one port more than its sockets have, though perhaps fewer: a socket it
 * shares with its parent may be bound there after the fork. One that was just
 * being bound is counted already, and has its port in a moment. */
static int has_lost_nothing(int protocol) {
  const double end = hook_seconds() + 1;
  struct portres_info block = {0};
  bool is_lost = true;
  while (is_lost && hook_seconds() < end) {
    HOOK_CLAIM(life_block(protocol, &block));
    is_lost = block.used > life_held(&block);
  }
  HOOK_CLAIM(!is_lost);
  return 0;
}

static int holds_nothing(int protocol) {
  struct portres_info block = {0};
  HOOK_CLAIM(life_block(protocol, &block));
  HOOK_CLAIM(block.used == 0);
  return 0;
}

/* --- A fork during the first acquire --- */

static _Atomic unsigned probes;
static _Atomic bool is_acquired;

/* The library's calls come here, too: one for each port that it tries. */
/* libc names its parameters in its own way. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int told(int s, int level, int name, const void* value, socklen_t len) __asm__(
    "setsockopt");
int told(int s, int level, int name, const void* value, socklen_t len) {
  if (level == IPPROTO_IPV6) {
    atomic_fetch_add(&probes, 1);
  }
  return (int)syscall(SYS_setsockopt, s, level, name, value, len);
}

static void* bind_first(void* unused) {
  (void)unused;
  const int error = hook_bind(open_socket(IPPROTO_UDP));
  atomic_store(&is_acquired, true);
  return (void*)(intptr_t)error;
}

static int bind_in_child(void) {
  alarm(WATCHDOG_SECONDS);
  HOOK_CLAIM(hook_bind(open_socket(IPPROTO_UDP)) == 0);
  HOOK_CLAIM(has_lost_nothing(IPPROTO_UDP) == 0);
  HOOK_CLAIM(hook_bind(open_socket(IPPROTO_TCP)) == 0);
  HOOK_CLAIM(has_lost_nothing(IPPROTO_TCP) == 0);
  return 0;
}

/* In every other round, where a thread that waits for a lock goes first as soon
 * as it gets it. */
static void stay_on_one_processor(unsigned number) {
  cpu_set_t all;
  cpu_set_t one;
  int first = 0;
  if (number % 2 == 0 || sched_getaffinity(0, sizeof all, &all) != 0) {
    return;
  }
  while (!CPU_ISSET(first, &all)) {
    first++;
  }
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  sched_setaffinity(0, sizeof one, &one);
}

static int fork_during_acquire(void* arg) {
  pthread_t thread;
  void* error;
  alarm(WATCHDOG_SECONDS);
  stay_on_one_processor(*(unsigned*)arg);
  const unsigned wanted = *(unsigned*)arg * LARGE / ROUNDS + 1;
  HOOK_CLAIM(pthread_create(&thread, NULL, bind_first, NULL) == 0);
  while (atomic_load(&probes) < wanted && !atomic_load(&is_acquired)) {
    sched_yield();
  }
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(bind_in_child());
  }
  HOOK_CLAIM(pid > 0);
  const int line = hook_status_of(pid);
  HOOK_CLAIM(pthread_join(thread, &error) == 0);
  HOOK_CLAIM(error == NULL);
  return line;
}

static int run_first_acquires(void* unused) {
  (void)unused;
  const double end = hook_end_of_race(2 * row_seconds);
  int line = 0;
  for (unsigned i = 0; line == 0 && i < ROUNDS && hook_seconds() < end; i++) {
    /* Odd and prime to ROUNDS: all over the acquire, however few there are. */
    unsigned round = i * 37 % ROUNDS;
    line = hook_in_child(fork_during_acquire, &round);
  }
  return line;
}

/* --- Forks while threads bind --- */

static _Atomic bool is_over;
static _Atomic int churns;
static _Atomic int wrong;
static pthread_t threads[THREADS];

/* Ports that another generation has cool for a moment: then there may be no
 * port for us, which is as it should be. */
static int churn_once(void) {
  const int s = open_socket(IPPROTO_TCP);
  const int error = hook_bind(s);
  HOOK_CLAIM(error == 0 || error == ENOBUFS);
  const int copy = dup(s);
  HOOK_CLAIM(copy >= 0);
  HOOK_CLAIM(close(s) == 0);
  HOOK_CLAIM(close(copy) == 0);
  return 0;
}

static void* churn(void* unused) {
  (void)unused;
  while (!atomic_load(&is_over)) {
    const int line = churn_once();
    if (line != 0) {
      atomic_store(&wrong, line);
    }
    atomic_fetch_add(&churns, 1);
  }
  return NULL;
}

static int start_churning(void) {
  atomic_store(&is_over, false);
  atomic_store(&churns, 0);
  for (int i = 0; i < THREADS; i++) {
    HOOK_CLAIM(pthread_create(&threads[i], NULL, churn, NULL) == 0);
  }
  while (atomic_load(&churns) < WARM_UP) {
    sched_yield();
  }
  return 0;
}

static int stop_churning(void) {
  atomic_store(&is_over, true);
  for (int i = 0; i < THREADS; i++) {
    HOOK_CLAIM(pthread_join(threads[i], NULL) == 0);
  }
  return atomic_load(&wrong);
}

static int look_as_child(void) {
  alarm(WATCHDOG_SECONDS);
  HOOK_CLAIM(has_lost_nothing(IPPROTO_TCP) == 0);
  HOOK_CLAIM(hook_bind_soon(open_socket(IPPROTO_TCP)) == 0);
  HOOK_CLAIM(has_lost_nothing(IPPROTO_TCP) == 0);
  HOOK_CLAIM(close_range(STDERR_FILENO + 1, ~0U, 0) == 0);
  return holds_nothing(IPPROTO_TCP);
}

static int run_many_children(void* unused) {
  (void)unused;
  const double end = hook_end_of_race(row_seconds);
  unsigned seed = 1;
  int line = 0;
  alarm(WATCHDOG_SECONDS);
  HOOK_CLAIM(start_churning() == 0);
  while (line == 0 && hook_seconds() < end) {
    life_dally(&seed, CHURN_LOOPS);
    const pid_t pid = fork();
    if (pid == 0) {
      _exit(look_as_child());
    }
    HOOK_CLAIM(pid > 0);
    line = hook_status_of(pid);
  }
  const int threads_line = stop_churning();
  return line != 0 ? line : threads_line;
}

/* --- Generations --- */

/* Each one inherits the block as the threads of the one before it left it. */
static int live(int generations, double end) {
  alarm(WATCHDOG_SECONDS);
  HOOK_CLAIM(close_range(STDERR_FILENO + 1, ~0U, 0) == 0);
  if (generations < GENERATIONS) {
    HOOK_CLAIM(holds_nothing(IPPROTO_TCP) == 0);
  }
  if (generations == 0 || hook_seconds() > end) {
    return life_fill(IPPROTO_TCP);
  }
  HOOK_CLAIM(start_churning() == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(live(generations - 1, end));
  }
  HOOK_CLAIM(pid > 0);
  const int threads_line = stop_churning();
  const int line = hook_status_of(pid);
  return line != 0 ? line : threads_line;
}

static int run_generations(void* unused) {
  (void)unused;
  return live(GENERATIONS, hook_end_of_race(row_seconds));
}

/* --- Rows --- */

struct row {
  const char* name;
  int (*body)(void* arg);
};

static const struct row rows[] = {
    {"given the first acquire of PORTRES_BLOCK, when a fork comes amid it, "
     "then the child's binds work",
     run_first_acquires},
    {"given threads that bind, copy and close, when a child is forked, then "
     "its block says what it holds, and has lost no port",
     run_many_children},
    {"given threads that bind, copy and close in each generation, when it "
     "forks the next, then none loses a port",
     run_generations},
};

static void check_row(const void* data) {
  const struct row* row = data;
  const int line = hook_in_child(row->body, NULL);
  if (line != 0) {
    fail_msg("line %d (modulo 255), or signal %d", line - 1, line - 256);
  }
}

static int begin_again(char** argv) {
  char value[64];
  snprintf(value, sizeof value, "udp:%u:%u,tcp:0:%u", net_free_block(LARGE),
           LARGE, SMALL);
  setenv("PORTRES_BLOCK", value, 1);
  execv("/proc/self/exe", argv);
  return 1;
}

int main(int argc, char** argv) {
  (void)argc;
  if (getenv("PORTRES_BLOCK") == NULL) {
    return begin_again(argv);
  }
  TABLE_ADD(rows, check_row);
  return table_run("life_fork");
}
