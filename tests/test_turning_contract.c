/* The controls amid threads: operations that pend are offered, withdrawn and
 * settled by all of them at once, and reservations come and go while others
 * turn every control. ThreadSanitizer runs this, too. A thread asserts nothing
 * itself: it counts what went wrong.
 */
#include <errno.h>
#include <portres/testing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "contract.h"

struct operation {
  struct portres_testing_operation base; /* first, so that it is found */
  _Atomic int settled_count;
};

static _Atomic int settled;

static void settle(struct portres_testing_operation* base, int status) {
  (void)status;
  atomic_fetch_add(&settled, 1);
  atomic_fetch_add(&((struct operation*)base)->settled_count, 1);
}

enum { THREADS = 6, ROUNDS = 500 };

static _Atomic int failures;
static _Atomic int withdrawn;
static _Atomic int settled_by_us;
static _Atomic bool is_over;

/* Half of the operations are taken back; each ends in exactly one way. */
static void* offer_and_withdraw(void* arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    struct operation operation = {.base.settle = settle};
    if (portres_testing_offer(PORTRES_TESTING_ACQUIRE, &operation.base) != 1) {
      failures++;
      continue;
    }
    if (i % 2 == 0 && portres_testing_withdraw(&operation.base) == 1) {
      withdrawn++;
      failures += operation.settled_count != 0;
      continue;
    }
    /* It has been or will be settled: its memory is needed until then. */
    while (atomic_load(&operation.settled_count) == 0) {
      if (i % 3 == 0) {
        settled_by_us += portres_testing_settle(PORTRES_EABORTED);
      } else {
        settled_by_us += portres_testing_before_wait();
      }
    }
    failures += operation.settled_count != 1;
  }
  return NULL;
}

static void* settle_all(void* arg) {
  (void)arg;
  while (!atomic_load(&is_over)) {
    settled_by_us += portres_testing_settle(PORTRES_OK);
  }
  return NULL;
}

static void check_threads(void) {
  pthread_t threads[THREADS];
  pthread_t settler;
  portres_testing_reset();
  failures = withdrawn = settled_by_us = settled = 0;
  is_over = false;
  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_ACQUIRE, 1, 0, PORTRES_EINTR), 0);
  assert_int_equal(pthread_create(&settler, NULL, settle_all, NULL), 0);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, offer_and_withdraw, NULL), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  atomic_store(&is_over, true);
  pthread_join(settler, NULL);
  assert_int_equal(failures, 0);
  assert_int_equal(withdrawn + settled_by_us, THREADS * ROUNDS);
  assert_int_equal(settled, settled_by_us);
  portres_testing_reset();
}

/* Reservations come and go while the machine restarts and calls fail. */
static void* acquire_and_bind(void* arg) {
  int protocol = *(const int*)arg;
  struct portres_range want = {0, 2};
  for (int i = 0; i < ROUNDS; i++) {
    struct portres_reservation granted;
    int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    int s = socket(AF_INET, type, 0);
    int status = portres_acquire(s, want, &granted);
    failures +=
        status != 0 && status != PORTRES_EINTR && status != PORTRES_ENETDOWN;
    if (status == 0 && portres_associate(s, granted.token) == 0) {
      struct sockaddr_in any = {.sin_family = AF_INET};
      if (bind(s, (struct sockaddr*)&any, sizeof any) != 0) {
        failures += errno != ENOBUFS && errno != ENETDOWN;
      }
    }
    close(s);
  }
  return NULL;
}

static void* turn_everything(void* arg) {
  (void)arg;
  while (!atomic_load(&is_over)) {
    portres_testing_fail(PORTRES_TESTING_ACQUIRE, 2, 1, PORTRES_EINTR);
    portres_testing_restart();
    portres_testing_set_network_down(1);
    portres_testing_exclude(PORTRES_UDP, (struct portres_range){50000, 7});
    portres_testing_set_order(PORTRES_ORDER_SEEDED, 5);
    portres_testing_set_network_down(0);
    portres_testing_reset();
  }
  return NULL;
}

static void check_threads_and_controls(void) {
  static int protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_UDP};
  pthread_t threads[4];
  pthread_t turner;
  portres_testing_reset();
  failures = 0;
  is_over = false;
  assert_int_equal(pthread_create(&turner, NULL, turn_everything, NULL), 0);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, acquire_and_bind, &protocols[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
  }
  atomic_store(&is_over, true);
  pthread_join(turner, NULL);
  assert_int_equal(failures, 0);
  portres_testing_reset();
}

int main(void) {
  table_add_one(
      "given six threads that offer and withdraw, then each "
      "operation ends once",
      check_threads);
  table_add_one(
      "given four threads that reserve, when controls are turned, "
      "then they only fail as told",
      check_threads_and_controls);
  return contract_run("turning");
}
