/* Which of the coming calls are meant: countdown.c by itself. The public rows
 * are in test_failures_contract.c; these are about the edges of its words. */
#include "countdown.h"

#include <pthread.h>

#include "table.h"

static struct portres__countdown countdown;

static bool step(int* status_out) {
  return portres__countdown_step(&countdown, status_out);
}

struct step_row {
  const char* name;
  unsigned nth;
  unsigned count;
  int status;
  const char* meant; /* of the coming calls */
};

static const struct step_row step_rows[] = {
    {"given the first, then it alone is meant", 1, 1, -10013, "x..."},
    {"given the first two, then they are meant", 1, 2, -995, "xx.."},
    {"given the third, then it alone is meant", 3, 1, -1168, "..x."},
    {"given the second and third, then they are meant", 2, 2, -10055, ".xx."},
    {"given all from the third on, then they are meant", 3, 0, -1, "..xx"},
    {"given status 0, then it is told", 2, 1, 0, ".x.."},
    {"given the largest numbers, then none is meant yet",
     PORTRES__COUNTDOWN_MAX, PORTRES__COUNTDOWN_MAX, -32767, "...."},
    {"given the largest count, then all are meant", 1, PORTRES__COUNTDOWN_MAX,
     -32767, "xxxx"},
};

static void check_step(const void* data) {
  const struct step_row* row = data;
  portres__countdown_clear(&countdown);
  assert_true(
      portres__countdown_add(&countdown, row->nth, row->count, row->status));
  for (const char* at = row->meant; *at; at++) {
    int status = 1;
    assert_int_equal(step(&status), *at == 'x');
    assert_int_equal(status, *at == 'x' ? row->status : 1);
  }
  portres__countdown_clear(&countdown);
  assert_false(step(&(int){0}));
}

static void check_full(void) {
  portres__countdown_clear(&countdown);
  for (int i = 0; i < PORTRES__COUNTDOWN_RULES; i++) {
    assert_true(portres__countdown_add(&countdown, 2, 1, -10013));
  }
  assert_false(portres__countdown_add(&countdown, 2, 1, -10013));
  assert_false(step(&(int){0}));
  assert_true(step(&(int){0}));
  assert_false(step(&(int){0}));
  assert_true(portres__countdown_add(&countdown, 1, 1, -10013));
  portres__countdown_clear(&countdown);
}

enum { THREADS = 4, CALLS = 20000, MEANT = 12345 };

static void* call(void* arg) {
  int* meant = arg;
  for (int i = 0; i < CALLS; i++) {
    *meant += step(&(int){0});
  }
  return NULL;
}

static void check_threads(void) {
  pthread_t threads[THREADS];
  int meant[THREADS] = {0};
  int sum = 0;
  portres__countdown_clear(&countdown);
  assert_true(portres__countdown_add(&countdown, 1000, MEANT, -10013));
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, call, &meant[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    sum += meant[i];
  }
  assert_int_equal(sum, MEANT);
}

int main(void) {
  TABLE_ADD(step_rows, check_step);
  table_add_one("given 16 rules, then there is no room, until they are used",
                check_full);
  table_add_one("given four threads that call, then as many are meant as said",
                check_threads);
  return table_run("countdown");
}
