/* An acquire that waits: a block that comes free in time is had, whoever had
 * it; one that does not is refused as without waiting, and not before. Whoever
 * waits can be interrupted and cancelled, and holds no lock of ours.
 *
 * How long a wait lasts is only bounded from below: machines are busy.
 */
#include <dlfcn.h>
#include <errno.h>
#include <portres/testing.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "contract.h"

enum { WAIT_MS = 150, COUNT = 4 };

static void pause_ms(unsigned ms) {
  struct timespec duration = {0, (long)ms * 1000000};
  nanosleep(&duration, NULL);
}

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct portres_options options_for(uint16_t start, uint32_t wait_ms) {
  return (struct portres_options){.size = sizeof(struct portres_options),
                                  .range = {start, COUNT},
                                  .wait_ms = wait_ms};
}

static void set_dynamic_range(uint16_t start, uint16_t count) {
  struct portres_range range = {start, count};
  assert_int_equal(portres_testing_set_dynamic_range(range), 0);
}

/* --- A thread that waits --- */

struct waiter {
  pthread_t thread;
  int s;
  struct portres_options options;
  struct portres_reservation granted;
  int status;
  int error; /* errno, which was 0 before */
  _Atomic bool has_ended;
};

static struct waiter waiter;

static void* wait_for_block(void* arg) {
  struct waiter* self = arg;
  errno = 0;
  self->status = portres_acquire_with(self->s, &self->options, &self->granted);
  self->error = errno;
  self->has_ended = true;
  return NULL;
}

/* After a moment, in which it has found the block busy. */
static void start_waiter(int protocol, uint16_t start, uint32_t wait_ms) {
  waiter = (struct waiter){.s = net_socket(protocol, NET_V4),
                           .options = options_for(start, wait_ms)};
  assert_int_equal(
      pthread_create(&waiter.thread, NULL, wait_for_block, &waiter), 0);
  pause_ms(30);
  assert_false(waiter.has_ended);
}

static void join_waiter(int want_status) {
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  assert_int_equal(waiter.status, want_status);
  assert_int_equal(waiter.error, 0);
}

static void expect_granted(uint16_t start) {
  join_waiter(PORTRES_OK);
  assert_int_equal(waiter.granted.range.start, start);
  assert_int_equal(waiter.granted.range.count, COUNT);
  contract_expect_figures(waiter.granted.token, 0, COUNT, 0);
  net_close(waiter.s);
}

/* --- What ends it well --- */

static void check_release(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  expect_granted(block.start);
  net_close(block.holder);
}

static void check_close(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  start_waiter(protocol, block.start, 60000);
  contract_end(&block);
  expect_granted(block.start);
}

static void check_stranger(int protocol) {
  uint16_t start = net_free_block(COUNT);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(s, (uint16_t)(start + 2)), 0);
  start_waiter(protocol, start, PORTRES_FOREVER);
  net_close(s);
  expect_granted(start);
}

/* All of a dynamic range that has room for one block only. */
static void check_wildcard(int protocol) {
  uint16_t start = net_free_block(COUNT);
  set_dynamic_range(start, COUNT);
  struct contract_block block = contract_block(protocol, COUNT);
  start_waiter(protocol, 0, PORTRES_FOREVER);
  contract_end(&block);
  expect_granted(start);
  portres_testing_reset();
}

static void check_free(int protocol) {
  struct portres_options options = options_for(0, PORTRES_FOREVER);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
  net_close(s);
}

/* --- What ends it otherwise --- */

static void check_time_over(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  struct portres_options options = options_for(block.start, WAIT_MS);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  uint64_t start_ms = now_ms();
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_EADDRINUSE);
  assert_true(now_ms() - start_ms >= WAIT_MS);
  net_close(s);
  contract_end(&block);
}

static void check_no_room(int protocol) {
  uint16_t start = net_free_block(COUNT);
  set_dynamic_range(start, COUNT);
  struct contract_block block = contract_block(protocol, 1);
  struct portres_options options = options_for(0, WAIT_MS);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  uint64_t start_ms = now_ms();
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_ENOBUFS);
  assert_true(now_ms() - start_ms >= WAIT_MS);
  net_close(s);
  contract_end(&block);
  portres_testing_reset();
}

/* --- Nothing that time can mend --- */

static int status_of(int s, struct portres_options options) {
  struct portres_reservation granted;
  return contract_acquire_with(s, &options, &granted);
}

/* Ports are busy besides. */
static void check_never_room(int protocol) {
  uint16_t start = net_free_block(COUNT);
  set_dynamic_range(start, COUNT);
  struct contract_block block = contract_block(protocol, 1);
  struct portres_options options = options_for(0, PORTRES_FOREVER);
  int s = net_socket(protocol, NET_V4);
  options.range.count = COUNT + 1;
  assert_int_equal(status_of(s, options), PORTRES_ENOBUFS);
  options.range.count = UINT16_MAX;
  assert_int_equal(status_of(s, options), PORTRES_ENOBUFS);
  options.range.count = 1;
  options.alignment = UINT16_MAX;
  assert_int_equal(status_of(s, options), PORTRES_ENOBUFS);
  options.range.count = COUNT;
  options.alignment = (uint16_t)(start + 1);
  assert_int_equal(status_of(s, options), PORTRES_ENOBUFS);
  portres_testing_reset();
  options.range.count = 16385;
  options.alignment = 0;
  assert_int_equal(status_of(s, options), PORTRES_ENOBUFS);
  net_close(s);
  contract_end(&block);
}

static void check_no_descriptors(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  struct rlimit old;
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  const struct rlimit low = {0, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  const int anywhere = status_of(s, options_for(0, PORTRES_FOREVER));
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(anywhere, PORTRES_ENOBUFS);
  net_close(s);
  contract_end(&block);
}

static void check_hopeless(int protocol) {
  struct portres_reservation granted;
  struct portres_options options = options_for(65535, PORTRES_FOREVER);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_EINVAL);
  net_close(s);
  options.range.start = 0;
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_ENOTSOCK);
}

static void check_forced(int protocol) {
  struct portres_options options = options_for(0, PORTRES_FOREVER);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(
      portres_testing_fail(PORTRES_TESTING_ACQUIRE, 1, 1, PORTRES_EADDRINUSE),
      0);
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_EADDRINUSE);
  net_close(s);
  portres_testing_reset();
}

static void check_socket_closed(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  net_close(waiter.s);
  join_waiter(PORTRES_ENOTSOCK);
  contract_end(&block);
}

/* --- A system that cannot wait --- */

static _Atomic int pselect_error;

/* In place of libc's, for the library as well. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int pselect(int count,
            fd_set* reading,
            fd_set* writing,
            fd_set* excepting,
            const struct timespec* duration,
            const sigset_t* mask) {
  int (*real)(int, fd_set*, fd_set*, fd_set*, const struct timespec*,
              const sigset_t*);
  if (pselect_error != 0) {
    errno = pselect_error;
    return -1;
  }
  *(void**)&real = dlsym(RTLD_NEXT, "pselect");
  return real(count, reading, writing, excepting, duration, mask);
}

static void check_system_failure(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  int s = net_socket(protocol, NET_V4);
  pselect_error = ENOMEM;
  const int no_memory = status_of(s, options_for(block.start, PORTRES_FOREVER));
  pselect_error = EINVAL;
  const int invalid = status_of(s, options_for(block.start, PORTRES_FOREVER));
  pselect_error = 0;
  assert_int_equal(no_memory, PORTRES_ENOBUFS);
  assert_int_equal(invalid, PORTRES_EINVAL);
  net_close(s);
  contract_end(&block);
}

/* --- Signals --- */

static _Atomic int handled;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void handle(int flags) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
  handled = 0;
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
}

static void check_interrupted(int protocol, int flags) {
  struct contract_block block = contract_block(protocol, COUNT);
  handle(flags);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  assert_int_equal(pthread_kill(waiter.thread, SIGUSR1), 0);
  join_waiter(PORTRES_EINTR);
  assert_int_equal(handled, 1);
  net_close(waiter.s);
  contract_end(&block);
}

static void check_signal(int protocol) {
  check_interrupted(protocol, 0);
}

static void check_restarting_signal(int protocol) {
  check_interrupted(protocol, SA_RESTART);
}

/* A thread begins with the mask of the one that starts it. */
static void check_blocked_signal(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  sigset_t set;
  handle(0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  assert_int_equal(pthread_kill(waiter.thread, SIGUSR1), 0);
  pause_ms(100);
  contract_end(&block);
  expect_granted(block.start);
  assert_int_equal(handled, 0);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* --- Others meanwhile --- */

/* AddressSanitizer does not see a cancelled thread leave its frames, and takes
 * what the thread's end writes there for a fault. */
#ifndef __SANITIZE_ADDRESS__
static void check_cancelled(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  void* result = NULL;
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  assert_int_equal(pthread_cancel(waiter.thread), 0);
  assert_int_equal(pthread_join(waiter.thread, &result), 0);
  assert_ptr_equal(result, PTHREAD_CANCELED);
  net_close(waiter.s);
  contract_end(&block);
  block = contract_block(protocol, COUNT);
  contract_end(&block);
}

/* What the thread's own handler finds. */
struct end {
  int s;
  uint16_t start;
  bool is_early; /* it is cancelled before it waits */
  sigset_t mask;
  int status;
};

static void look_about(void* arg) {
  struct end* end = arg;
  struct portres_range range = {0, 1};
  struct portres_reservation granted;
  pthread_sigmask(SIG_SETMASK, NULL, &end->mask);
  end->status = portres_acquire(end->s, range, &granted);
}

static void* wait_for_end(void* arg) {
  struct end* end = arg;
  struct portres_options options = options_for(end->start, PORTRES_FOREVER);
  struct portres_reservation granted;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &set, NULL);
  pthread_cleanup_push(look_about, end);
  if (end->is_early) {
    pthread_cancel(pthread_self());
  }
  portres_acquire_with(end->s, &options, &granted);
  pthread_cleanup_pop(0);
  return NULL;
}

static void check_handlers(int protocol, bool is_early) {
  struct contract_block block = contract_block(protocol, COUNT);
  struct end end = {.s = net_socket(protocol, NET_V4),
                    .start = block.start,
                    .is_early = is_early};
  pthread_t thread;
  void* result = NULL;
  assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &end), 0);
  if (!is_early) {
    pause_ms(30);
    assert_int_equal(pthread_cancel(thread), 0);
  }
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_ptr_equal(result, PTHREAD_CANCELED);
  assert_int_equal(sigismember(&end.mask, SIGUSR1), 0);
  assert_int_equal(sigismember(&end.mask, SIGUSR2), 1);
  assert_int_equal(end.status, 0);
  net_close(end.s);
  contract_end(&block);
}

static void check_handlers_early(int protocol) {
  check_handlers(protocol, true);
}

static void check_handlers_late(int protocol) {
  check_handlers(protocol, false);
}

/* A cancellation that is pending is no reason not to have a free block. */
static void* acquire_and_end(void* arg) {
  struct end* end = arg;
  struct portres_options options = options_for(0, PORTRES_FOREVER);
  struct portres_reservation granted;
  pthread_cancel(pthread_self());
  end->status = portres_acquire_with(end->s, &options, &granted);
  return end;
}

static void check_free_though_cancelled(int protocol) {
  struct end end = {.s = net_socket(protocol, NET_V4)};
  pthread_t thread;
  void* result = NULL;
  assert_int_equal(pthread_create(&thread, NULL, acquire_and_end, &end), 0);
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_ptr_equal(result, &end);
  assert_int_equal(end.status, 0);
  net_close(end.s);
}
#endif

static void check_others(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  struct contract_block other = contract_block(protocol, COUNT);
  net_close(contract_bound_member(&other, NET_V4));
  contract_end(&other);
  assert_false(waiter.has_ended);
  contract_end(&block);
  expect_granted(block.start);
}

static int acquire_in_child(void* arg) {
  struct portres_range range = {0, COUNT};
  struct portres_reservation granted;
  return portres_acquire(*(int*)arg, range, &granted);
}

static void check_fork(int protocol) {
  struct contract_block block = contract_block(protocol, COUNT);
  int s = net_socket(protocol, NET_V4);
  start_waiter(protocol, block.start, PORTRES_FOREVER);
  assert_int_equal(contract_in_child(acquire_in_child, &s), 0);
  contract_end(&block);
  expect_granted(block.start);
  net_close(s);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a busy block, when it is released, then a waiting "
                  "acquire has it",
                  check_release),
    CONTRACT_BOTH("given a busy block, when its socket is closed, then a "
                  "waiting acquire has it",
                  check_close),
    CONTRACT_BOTH("given a stranger at a port, when it closes, then a waiting "
                  "acquire has the block",
                  check_stranger),
    CONTRACT_BOTH("given no room, when there is some, then a waiting wildcard "
                  "has it",
                  check_wildcard),
    CONTRACT_BOTH("given a free block, then no acquire waits", check_free),
    CONTRACT_BOTH("given a busy block, when the time is over, then EADDRINUSE",
                  check_time_over),
    CONTRACT_BOTH("given no room, when the time is over, then ENOBUFS",
                  check_no_room),
    CONTRACT_BOTH("given another error, then no acquire waits", check_hopeless),
    CONTRACT_BOTH("given a block that would fit nowhere, then no acquire waits",
                  check_never_room),
    CONTRACT_BOTH("given no descriptor to look with, then no acquire waits",
                  check_no_descriptors),
    CONTRACT_BOTH("given a system that cannot wait, then its error and not "
                  "EINTR",
                  check_system_failure),
    CONTRACT_BOTH("given a failure by portres_testing_fail, then no acquire "
                  "waits",
                  check_forced),
    CONTRACT_BOTH("given a waiting acquire, when its socket is closed, then "
                  "ENOTSOCK",
                  check_socket_closed),
    CONTRACT_BOTH("given a waiting acquire, when a signal is handled, then "
                  "EINTR",
                  check_signal),
    CONTRACT_BOTH("given a waiting acquire, when a signal is handled with "
                  "SA_RESTART, then EINTR",
                  check_restarting_signal),
    CONTRACT_BOTH("given a waiting acquire, when a blocked signal comes, then "
                  "it waits on",
                  check_blocked_signal),
#ifndef __SANITIZE_ADDRESS__
    CONTRACT_BOTH("given a waiting acquire, when it is cancelled, then nothing "
                  "is left locked",
                  check_cancelled),
    CONTRACT_BOTH("given a cancelled thread, when it begins to wait, then its "
                  "handlers have its signal mask and the library",
                  check_handlers_early),
    CONTRACT_BOTH("given a waiting acquire, when its thread is cancelled, then "
                  "its handlers have its signal mask and the library",
                  check_handlers_late),
    CONTRACT_BOTH("given a cancelled thread, when the block is free, then it "
                  "has it first",
                  check_free_though_cancelled),
#endif
    CONTRACT_BOTH("given a waiting acquire, then other threads acquire and "
                  "bind",
                  check_others),
    CONTRACT_BOTH("given a waiting acquire, when another thread forks, then "
                  "the child acquires",
                  check_fork),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("waiting");
}
