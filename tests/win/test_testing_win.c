/* Controls for tests are of the emulation: here they do nothing, and say so.
 * The build gives this program an environment that would be malformed
 * elsewhere.
 */
#include <portres/testing.h>
#include <stdlib.h>

#include "support.h"

static void check_controls(void) {
  struct portres_range range = {50000, 1};
  const int statuses[] = {
      portres_testing_fail(PORTRES_TESTING_ACQUIRE, 1, 0, PORTRES_ENOBUFS),
      portres_testing_set_network_down(1),
      portres_testing_set_administrator(PORTRES_TESTING_RIGHT_NO),
      portres_testing_restart(),
      portres_testing_exclude(PORTRES_TCP, range),
      portres_testing_add_stranger(PORTRES_TCP, 50000),
      portres_testing_set_dynamic_range(range),
      portres_testing_set_order(PORTRES_ORDER_SEEDED, 1),
      portres_testing_pend(PORTRES_TESTING_ACQUIRE, 1, 0, PORTRES_EPENDING),
      portres_testing_settle(PORTRES_OK),
  };
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    assert_int_equal(statuses[i], PORTRES_EOPNOTSUPP);
  }
}

static void check_calls_after(void) {
  SOCKET s = support_socket(TCP);
  check_controls();
  struct portres_reservation granted = support_acquire(s, 50000, 1);
  assert_int_equal(portres_release(s, granted.token), 0);
  closesocket(s);
}

static void check_questions(void) {
  struct portres_testing_operation operation = {0};
  check_controls();
  assert_int_equal(portres_testing_fails(PORTRES_TESTING_ACQUIRE), 0);
  assert_int_equal(portres_testing_offer(PORTRES_TESTING_ACQUIRE, &operation),
                   0);
  assert_int_equal(portres_testing_withdraw(&operation), 0);
  assert_int_equal(portres_testing_before_wait(), 0);
  portres_testing_reset();
}

static void check_environment(void) {
  assert_string_equal(getenv("PORTRES_TESTING"), "malformed");
  assert_int_equal(support_count(PORTRES_OK), 0);
}

static const struct support_row rows[] = {
    {"given a control, then EOPNOTSUPP", check_controls},
    {"given controls, then the calls after them are as before",
     check_calls_after},
    {"given controls, then nothing is to fail or to pend", check_questions},
    {"given a malformed environment, then nobody looks", check_environment},
};

int main(void) {
  TABLE_ADD(rows, support_check);
  return table_run("testing");
}
