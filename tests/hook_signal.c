/* bind(), close() and dup() are async-signal-safe, and stay so: a handler that
 * uses them on sockets of a block may interrupt acquire, associate or release
 * at any instruction, without a deadlock and without a port lost.
 *
 * A timer of tens of microseconds against calls of about that length hits all
 * of them in thousands of rounds; the watchdog ends a deadlock. */
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "hook_support.h"

enum { SLOTS = 32, WANTED_HITS = 3000, WATCHDOG_SECONDS = 40 };

/* Sockets ready for the handler; -1 where it has taken one. */
static _Atomic int slots[SLOTS];
static _Atomic int hits;
static _Atomic int wrong;
static struct hook_block block;

static void use(int s) {
  if (hook_bind(s) != 0 || !hook_is_inside(&block, hook_port(s))) {
    atomic_fetch_add(&wrong, 1);
  }
  const int copy = dup(s);
  if (copy < 0 || close(s) != 0 || close(copy) != 0) {
    atomic_fetch_add(&wrong, 1);
  }
}

/* One socket a time, beginning at another slot each time. */
static void on_signal(int number) {
  (void)number;
  const int saved = errno;
  const int first = atomic_fetch_add(&hits, 1);
  for (int i = 0; i < SLOTS; i++) {
    const int s = atomic_exchange(&slots[(first + i) % SLOTS], -1);
    if (s >= 0) {
      use(s);
      break;
    }
  }
  errno = saved;
}

static timer_t start_timer(void) {
  const struct sigaction action = {.sa_handler = on_signal,
                                   .sa_flags = SA_RESTART};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGUSR1};
  const struct itimerspec every = {{0, 47000}, {0, 47000}};
  timer_t timer;
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
  assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
  return timer;
}

static void fill_slots(void) {
  for (int i = 0; i < SLOTS; i++) {
    if (atomic_load(&slots[i]) < 0) {
      atomic_store(&slots[i], hook_member(&block));
    }
  }
}

/* The calls to be interrupted, each with an outcome that is certain. */
static void interrupted_round(void) {
  struct portres_reservation mine;
  const struct portres_range want = {0, 3};
  const int s = net_socket(IPPROTO_TCP, NET_V4);
  const int member = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(portres_acquire(s, want, &mine), PORTRES_OK);
  assert_int_equal(portres_associate(member, mine.token), PORTRES_OK);
  assert_int_equal(portres_associate(member, mine.token), PORTRES_OK);
  assert_int_equal(hook_bind(member), 0);
  assert_int_equal(net_port(member), mine.range.start);
  net_close(member);
  assert_int_equal(portres_release(s, mine.token), PORTRES_OK);
  net_close(s);
}

static void check_handler(void) {
  block = hook_acquire(IPPROTO_TCP, SLOTS + 1);
  for (int i = 0; i < SLOTS; i++) {
    atomic_store(&slots[i], -1);
  }
  alarm(WATCHDOG_SECONDS);
  const timer_t timer = start_timer();
  while (atomic_load(&hits) < WANTED_HITS) {
    fill_slots();
    interrupted_round();
  }
  assert_int_equal(timer_delete(timer), 0);
  signal(SIGUSR1, SIG_IGN);
  alarm(0);
  for (int i = 0; i < SLOTS; i++) {
    const int s = atomic_exchange(&slots[i], -1);
    if (s >= 0) {
      net_close(s);
    }
  }
  assert_int_equal(atomic_load(&wrong), 0);
  hook_finish(&block);
}

int main(void) {
  table_add_one(
      "given a handler that binds, copies and closes, when it interrupts "
      "acquire, associate and release, then all goes on and no port is lost",
      check_handler);
  return table_run("hook_signal");
}
