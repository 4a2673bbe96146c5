/* Scope machine: an acquire that waits keeps nobody from the ports that are
 * free meanwhile, and does not wait for what it can never have. The adversary's
 * path is the first argument. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <portres/testing.h>

#include "guard_support.h"

enum { COUNT = 128, STRANGERS = 4, ATTEMPTS = 50000, PATIENCE_S = 20 };

/* --- A thread that waits --- */

static struct waiter {
  pthread_t thread;
  int s;
  struct portres_options options;
  struct portres_reservation granted;
  int status;
  _Atomic int tid;
} waiter;

static void* wait_for_block(void* arg) {
  struct waiter* self = arg;
  self->tid = (int)syscall(SYS_gettid);
  self->status = portres_acquire_with(self->s, &self->options, &self->granted);
  return NULL;
}

/* It sleeps, and signals come to it: while it tries, the library has all of
 * them blocked. */
static bool has_paused(void) {
  char path[64];
  char line[128];
  bool is_asleep = false;
  bool is_unblocked = false;
  snprintf(path, sizeof path, "/proc/self/task/%d/status", waiter.tid);
  FILE* file = fopen(path, "re");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    is_asleep = is_asleep || strncmp(line, "State:\tS", 8) == 0;
    is_unblocked =
        is_unblocked || strcmp(line, "SigBlk:\t0000000000000000\n") == 0;
  }
  fclose(file);
  return is_asleep && is_unblocked;
}

static const struct timespec moment = {0, 1000000};

/* Until its first try is over. */
static void start_waiter(int protocol, uint16_t start) {
  const time_t end = time(NULL) + PATIENCE_S;
  waiter = (struct waiter){.s = net_socket(protocol, NET_V4),
                           .options = {.size = sizeof waiter.options,
                                       .range = {start, COUNT},
                                       .scope = PORTRES_SCOPE_MACHINE,
                                       .wait_ms = PORTRES_FOREVER}};
  assert_int_equal(
      pthread_create(&waiter.thread, NULL, wait_for_block, &waiter), 0);
  while (waiter.tid == 0 || !has_paused()) {
    assert_true(time(NULL) < end);
    nanosleep(&moment, NULL);
  }
}

static void expect_granted(uint16_t start) {
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  assert_int_equal(waiter.status, 0);
  assert_int_equal(waiter.granted.range.start, start);
  net_close(waiter.s);
}

static int stranger_at(int protocol, uint16_t port) {
  const int s = net_socket(protocol, NET_DUAL);
  assert_int_equal(net_bind_any(s, port), 0);
  return s;
}

/* Each bind of another program to the port is granted. */
static void expect_open(int protocol, uint16_t port) {
  struct guard_spinner spinner =
      guard_spin_for(protocol, "any6", "plain", port, GUARD_OWN_UID, ATTEMPTS);
  while (!guard_has_enough(&spinner)) {
    nanosleep(&moment, NULL);
  }
  guard_stop(&spinner);
  assert_true(spinner.attempts >= ATTEMPTS);
  assert_int_equal(spinner.gains, spinner.attempts);
}

/* --- Busy ports --- */

static void check_last_port(int protocol) {
  const uint16_t start = net_free_block(COUNT);
  const int s = stranger_at(protocol, (uint16_t)(start + COUNT - 1));
  start_waiter(protocol, start);
  expect_open(protocol, start);
  net_close(s);
  expect_granted(start);
}

/* One after the other gives his port up. */
static void check_several_ports(int protocol) {
  const uint16_t start = net_free_block(COUNT);
  int strangers[STRANGERS];
  for (int i = 0; i < STRANGERS; i++) {
    strangers[i] = stranger_at(protocol, (uint16_t)(start + COUNT - 1 - 2 * i));
  }
  start_waiter(protocol, start);
  for (int i = STRANGERS - 1; i > 0; i--) {
    net_close(strangers[i]);
  }
  net_close(strangers[0]);
  expect_granted(start);
}

static struct portres_range dynamic_range_of(uint16_t start) {
  return (struct portres_range){start, STRANGERS * COUNT};
}

/* A stranger in each place that there could be. */
static void check_anywhere(int protocol) {
  const uint16_t start = net_free_block(STRANGERS * COUNT);
  int strangers[STRANGERS];
  assert_int_equal(portres_testing_set_dynamic_range(dynamic_range_of(start)),
                   0);
  for (int i = 0; i < STRANGERS; i++) {
    strangers[i] =
        stranger_at(protocol, (uint16_t)(start + (i + 1) * COUNT - 1));
  }
  start_waiter(protocol, 0);
  expect_open(protocol, start);
  net_close(strangers[1]);
  expect_granted((uint16_t)(start + COUNT));
  for (int i = 0; i < STRANGERS; i += i == 0 ? 2 : 1) {
    net_close(strangers[i]);
  }
  portres_testing_reset();
}

/* What has come free is a block of this process, with no stranger about. */
static void check_own_block(int protocol) {
  const uint16_t start = net_free_block(COUNT);
  struct contract_block block =
      guard_block_at(protocol, (uint16_t)(start + COUNT - 1), 1);
  start_waiter(protocol, start);
  expect_open(protocol, start);
  contract_end(&block);
  expect_granted(start);
}

/* --- Too few descriptors --- */

/* A port is busy besides: that may end, and the guards are too many yet. */
static void check_too_many_guards(int protocol) {
  const uint16_t start = net_free_block(COUNT);
  const int stranger = stranger_at(protocol, start);
  struct portres_reservation granted;
  struct portres_options options = {.size = sizeof options,
                                    .range = {start, COUNT},
                                    .scope = PORTRES_SCOPE_MACHINE,
                                    .wait_ms = PORTRES_FOREVER};
  struct rlimit old;
  const int s = net_socket(protocol, NET_V4);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  const struct rlimit low = {256, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  const int specific = contract_acquire_with(s, &options, &granted);
  options.range.start = 0;
  const int anywhere = contract_acquire_with(s, &options, &granted);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(specific, PORTRES_EADDRINUSE);
  assert_int_equal(anywhere, PORTRES_ENOBUFS);
  net_close(s);
  net_close(stranger);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a stranger at the last port of a range that is waited "
                  "for, when others bind the first one, then none is refused",
                  check_last_port),
    CONTRACT_BOTH("given strangers at several ports of a range that is waited "
                  "for, when they have closed, then it is had",
                  check_several_ports),
    CONTRACT_BOTH("given no room, when a block anywhere is waited for, then no "
                  "bind of others to a free port is refused",
                  check_anywhere),
    CONTRACT_BOTH("given a block at the end of a range that is waited for, "
                  "when others bind the first port, then none is refused",
                  check_own_block),
    CONTRACT_BOTH("given too few descriptors for the guards of a block, then "
                  "no acquire waits",
                  check_too_many_guards),
};

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  guard_adversary = argv[1];
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_wait");
}
