#include "kill_support.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kill_owner.h"
#include "shared_support.h"

enum {
  LIFE_US = 3000,
  STEPS = 400, /* instructions from one system call to about the next */
  FEW = 100,
  PAGES_MAX = 3, /* of a program, that it waits for */
  LEDGER_HEAD = 4096,
  LEDGER_BITS = 4 * 8192
};

struct killground* kill_ground;
static int ground_fd; /* for hunters */

bool kill_begin(void) {
  ground_fd = memfd_create("ground", MFD_CLOEXEC);
  if (ground_fd < 0 || ftruncate(ground_fd, sizeof *kill_ground) != 0) {
    return false;
  }
  kill_ground = mmap(NULL, sizeof *kill_ground, PROT_READ | PROT_WRITE,
                     MAP_SHARED, ground_fd, 0);
  if (kill_ground == MAP_FAILED) {
    return false;
  }
  kill_ground->may_fork = prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
  return true;
}

uint16_t kill_first_start(void) {
  struct contract_block block = shared_block(IPPROTO_TCP, 1);
  uint16_t start = block.start;
  contract_end(&block);
  return start;
}

static void wait_us(unsigned us) {
  const struct timespec time = {0, (long)us * 1000};
  nanosleep(&time, NULL);
}

static pid_t fork_owner(void) {
  fflush(stdout);
  const pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    setpgid(0, 0);
  } else {
    setpgid(pid, pid); /* whoever is first */
  }
  return pid;
}

void kill_await_children(pid_t pid) {
  while (waitpid(-pid, NULL, 0) > 0) {
    /* The next one. */
  }
}

/* --- Owners that do what they like --- */

void kill_run_round(enum portres_scope scope, unsigned* seed) {
  pid_t pids[KILLGROUND_OWNERS];
  for (int i = 0; i < KILLGROUND_OWNERS; i++) {
    const unsigned own_seed = kill_random(seed) * 31;
    pids[i] = fork_owner();
    if (pids[i] == 0) {
      kill_own(kill_ground, scope, i, own_seed + (unsigned)getpid());
    }
  }
  for (int i = 0; i < KILLGROUND_OWNERS; i++) {
    wait_us(kill_random(seed) % LIFE_US);
    kill_ground->is_dying[i] = true;
    assert_int_equal(kill(pids[i], SIGKILL), 0);
    kill_await_children(pids[i]); /* and itself */
  }
}

void kill_wipe(void) {
  memset(kill_ground->owners, 0, sizeof kill_ground->owners);
  memset(kill_ground->is_dying, 0, sizeof kill_ground->is_dying);
}

/* --- One that is followed --- */

void kill_follow_from_here(void) {
  ptrace(PTRACE_TRACEME, 0, NULL, NULL);
  raise(SIGSTOP);
}

pid_t kill_start(int (*work)(void* arg), void* arg) {
  const pid_t pid = fork_owner();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(work(arg));
  }
  return pid;
}

/* Until it stops next, for more than a signal; false: it has ended. */
static bool go_on(pid_t pid, int request) {
  int signal = 0;
  int status;
  for (;;) {
    assert_int_equal(ptrace(request, pid, NULL, (void*)(intptr_t)signal), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSTOPPED(status)) {
      assert_true(WIFEXITED(status));
      assert_int_equal(WEXITSTATUS(status), 0);
      return false;
    }
    if ((WSTOPSIG(status) & 0x7f) == SIGTRAP) {
      return true;
    }
    signal = WSTOPSIG(status);
  }
}

bool kill_at(pid_t pid, unsigned stops, unsigned steps) {
  bool is_there = true;
  int status;
  assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
  assert_true(WIFSTOPPED(status));
  assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL,
                          (void*)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
                   0);
  for (unsigned i = 0; i < stops && is_there; i++) {
    is_there = go_on(pid, PTRACE_SYSCALL);
  }
  for (unsigned i = 0; i < steps && is_there; i++) {
    is_there = go_on(pid, PTRACE_SINGLESTEP);
  }
  if (is_there) {
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
  }
  return is_there;
}

static bool kill_once(const struct kill_scene* scene,
                      unsigned stops,
                      unsigned* seed) {
  const unsigned steps =
      kill_random(seed) % 2 == 0 ? 0 : kill_random(seed) % STEPS;
  scene->prepare();
  const pid_t pid = kill_start(scene->work, NULL);
  const bool is_killed = kill_at(pid, stops, steps);
  scene->check(pid);
  return is_killed;
}

void kill_everywhere(const struct kill_scene* scene, unsigned kills_wanted) {
  unsigned seed = (unsigned)getpid();
  unsigned kills = 0;
  unsigned rounds = 0;
  const unsigned gap = kills_wanted < FEW ? 8 : 1;
  while (kills < kills_wanted || rounds == 0) {
    unsigned stops = 1 + kill_random(&seed) % gap;
    while (kill_once(scene, stops, &seed)) {
      kills++;
      stops += 1 + kill_random(&seed) % (2 * gap - 1);
    }
    rounds++;
  }
  print_message("# %s: %u kills at system calls and between them, %u rounds\n",
                scene->name, kills, rounds);
}

/* --- What is left --- */

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double longest;

double kill_longest_ms(void) {
  return longest * 1000;
}

/* Other programs may have the processor, which is not our doing. */
static long count_waits(void) {
  struct rusage usage;
  assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_nvcsw;
}

void kill_expect_free(enum portres_scope scope,
                      int protocol,
                      struct portres_range range) {
  struct portres_options options = {
      .size = sizeof options, .range = range, .scope = scope};
  struct portres_reservation granted;
  const int s = net_socket(protocol, NET_V4);
  const long waits = count_waits();
  const double begun = now();
  assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
  const double took = now() - begun;
  assert_true(count_waits() - waits <= PAGES_MAX);
  longest = took > longest ? took : longest;
  net_close(s);
}

static void expect_no_lock(int fd) {
  struct flock lock = {.l_type = F_WRLCK};
  assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
  assert_int_equal(lock.l_type, F_UNLCK);
}

static void expect_no_bit(int fd) {
  static const char zeros[LEDGER_BITS];
  static char bits[LEDGER_BITS];
  assert_int_equal(pread(fd, bits, sizeof bits, LEDGER_HEAD), sizeof bits);
  assert_memory_equal(bits, zeros, sizeof bits);
}

void kill_expect_no_trace(void) {
  assert_non_null(shared_ledger());
  const int fd = open(shared_ledger(), O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  expect_no_lock(fd);
  expect_no_bit(fd);
  net_close(fd);
}

/* --- Hunters --- */

static pid_t hunters[KILLGROUND_HUNTERS];

static void be_hunter(const char* adversary,
                      int index,
                      const char* flags,
                      uint16_t start) {
  char number[16];
  char port[16];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  snprintf(number, sizeof number, "%d", index);
  snprintf(port, sizeof port, "%u", start);
  dup2(ground_fd, STDIN_FILENO);
  execl(adversary, adversary, "hunt", index == 0 ? "tcp" : "udp", "any4", flags,
        port, number, (char*)NULL);
  _exit(127);
}

void kill_hunt(const char* adversary, const char* flags, uint16_t start) {
  kill_ground->resting = 0;
  kill_ground->is_paused = true;
  fflush(stdout);
  for (int i = 0; i < KILLGROUND_HUNTERS; i++) {
    hunters[i] = fork();
    assert_true(hunters[i] >= 0);
    if (hunters[i] == 0) {
      be_hunter(adversary, i, flags, start);
    }
  }
  kill_pause_hunt();
}

static void await_resting(unsigned count) {
  const time_t end = time(NULL) + 20;
  while (kill_ground->resting != count) {
    assert_true(time(NULL) < end);
    sched_yield();
  }
}

void kill_pause_hunt(void) {
  kill_ground->is_paused = true;
  await_resting(KILLGROUND_HUNTERS);
}

void kill_resume_hunt(void) {
  kill_ground->is_paused = false;
  await_resting(0);
}

void kill_end_hunt(void) {
  for (int i = 0; i < KILLGROUND_HUNTERS; i++) {
    int status;
    assert_int_equal(kill(hunters[i], SIGKILL), 0);
    assert_int_equal(waitpid(hunters[i], &status, 0), hunters[i]);
  }
}
