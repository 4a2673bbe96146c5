/* The controls for tests from the inside: what the rest of the library asks
 * them, above all that they are off until somebody calls one. PORTRES_TESTING
 * is not set here; testing_environment.py sets it. */
#include "testing.h"

#include <portres/testing.h>
#include <sys/socket.h>
#include <unistd.h>

#include "table.h"

/* First: nothing has been called yet. */
static void check_inert(void) {
  struct portres_range range = {1, 65535};
  struct portres_range usual = {49152, 16384};
  struct portres_options options = {.order = PORTRES_ORDER_LOWEST};
  struct portres_reservation granted;
  struct portres_testing_operation operation;
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  assert_false(portres__testing_is_on());
  assert_int_equal(portres_acquire(s, (struct portres_range){0, 4}, &granted),
                   0);
  assert_int_equal(portres_testing_offer(PORTRES_TESTING_ACQUIRE, &operation),
                   0);
  assert_int_equal(portres_testing_before_wait(), 0);
  assert_int_equal(portres_testing_settle(PORTRES_OK), 0);
  assert_int_equal(portres__testing_status(PORTRES_TESTING_ACQUIRE), 0);
  assert_int_equal(portres__testing_check(), 0);
  assert_int_equal(portres__testing_excluded(PORTRES_TCP, range), 0);
  assert_int_equal(portres__testing_dynamic_range(usual).start, 49152);
  portres__testing_settle_order(&options);
  assert_int_equal(options.order, PORTRES_ORDER_LOWEST);
  assert_int_equal(portres__testing_restarts(), 0);
  assert_false(portres__testing_is_on());
  close(s);
}

struct right_row {
  const char* name;
  enum portres_testing_right right;
  bool want_of_user;
  bool want_of_root;
};

static const struct right_row right_rows[] = {
    {"given the system's answer, then it is that", PORTRES_TESTING_RIGHT_SYSTEM,
     false, true},
    {"given yes, then everybody is administrator", PORTRES_TESTING_RIGHT_YES,
     true, true},
    {"given no, then nobody is", PORTRES_TESTING_RIGHT_NO, false, false},
};

static void check_right(const void* data) {
  const struct right_row* row = data;
  assert_int_equal(portres_testing_set_administrator(row->right), 0);
  assert_int_equal(portres__testing_administrator(false), row->want_of_user);
  assert_int_equal(portres__testing_administrator(true), row->want_of_root);
  portres_testing_reset();
  assert_false(portres__testing_administrator(false));
  assert_true(portres__testing_administrator(true));
}

static void check_restarts(void) {
  assert_int_equal(portres_testing_restart(), 0);
  assert_int_equal(portres__testing_restarts(), 1);
  assert_int_equal(portres_testing_restart(), 0);
  portres_testing_reset();
  assert_int_equal(portres__testing_restarts(), 2);
}

static void check_reset(void) {
  struct portres_range range = {1, 65535};
  struct portres_range usual = {49152, 16384};
  struct portres_options options = {.order = PORTRES_ORDER_LOWEST};
  assert_int_equal(portres_testing_exclude(PORTRES_TCP, range), 0);
  assert_int_equal(portres_testing_set_dynamic_range(range), 0);
  assert_int_equal(portres_testing_set_order(PORTRES_ORDER_SEEDED, 3), 0);
  assert_int_equal(portres_testing_set_network_down(1), 0);
  assert_true(portres__testing_is_on());
  assert_int_equal(portres__testing_excluded(PORTRES_TCP, range), 65535);
  assert_int_equal(portres__testing_excluded(PORTRES_UDP, range), 0);
  assert_int_equal(portres__testing_dynamic_range(usual).start, 1);
  portres_testing_reset();
  assert_false(portres__testing_is_on());
  /* On again, and nothing of before is there. */
  assert_int_equal(portres_testing_set_network_down(0), 0);
  assert_true(portres__testing_is_on());
  assert_int_equal(portres__testing_excluded(PORTRES_TCP, range), 0);
  assert_int_equal(portres__testing_dynamic_range(usual).start, 49152);
  assert_int_equal(portres__testing_status(PORTRES_TESTING_BIND), 0);
  portres__testing_settle_order(&options);
  assert_int_equal(options.order, PORTRES_ORDER_LOWEST);
  portres_testing_reset();
}

/* The text is tried first and does nothing then. */
static void check_text(void) {
  const char* text = "network=down;fail=bind:1:EINTR\torder=seeded:5";
  assert_null(portres__testing_parse(text, false));
  assert_false(portres__testing_is_on());
  assert_null(portres__testing_parse(text, true));
  assert_int_equal(portres__testing_status(PORTRES_TESTING_BIND),
                   PORTRES_EINTR);
  assert_int_equal(portres__testing_status(PORTRES_TESTING_BIND),
                   PORTRES_ENETDOWN);
  portres_testing_reset();
}

int main(void) {
  table_add_one("given no control, then each question is answered as ever",
                check_inert);
  TABLE_ADD(right_rows, check_right);
  table_add_one("given restarts, then they are counted, resets or not",
                check_restarts);
  table_add_one("given all controls, when they are reset, then none is left",
                check_reset);
  table_add_one("given a text, when it is tried, then nothing happens yet",
                check_text);
  return table_run("testing");
}
