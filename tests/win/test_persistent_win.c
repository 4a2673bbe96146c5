/* The six functions of iphlpapi.dll: which is called with what, what their
 * codes become, and what happens where they are missing. */
#include <string.h>

#include "support.h"

static void expect_call(const char* function, unsigned start_be) {
  assert_string_equal(fake.last_function, function);
  assert_int_equal(fake.last_start_be, start_be);
}

static void check_functions(int protocol,
                            const char* create,
                            const char* lookup,
                            const char* erase) {
  enum portres_protocol p = protocol == TCP ? PORTRES_TCP : PORTRES_UDP;
  struct portres_range range = {0x1388, 20};
  static const unsigned char bytes[] = {0x13, 0x88};
  uint16_t start_be;
  portres_token token = 0;
  portres_token again = 0;
  memcpy(&start_be, bytes, sizeof start_be);
  assert_int_equal(portres_persistent_lookup(p, range, &again),
                   PORTRES_ENOTFOUND);
  assert_true(again == 0);
  assert_int_equal(portres_persistent_create(p, range, &token), 0);
  expect_call(create, start_be);
  assert_int_equal(portres_persistent_lookup(p, range, &again), 0);
  expect_call(lookup, start_be);
  assert_true(token != 0 && token == again);
  assert_int_equal(portres_persistent_create(p, range, &again),
                   PORTRES_EADDRINUSE);
  assert_int_equal(support_count(0), 1);
  assert_int_equal(portres_persistent_delete(p, range), 0);
  expect_call(erase, start_be);
  assert_int_equal(portres_persistent_delete(p, range), PORTRES_ENOTFOUND);
  assert_int_equal(support_count(0), 0);
}

static void check_tcp(void) {
  check_functions(TCP, "create tcp", "lookup tcp", "delete tcp");
}

static void check_udp(void) {
  check_functions(UDP, "create udp", "lookup udp", "delete udp");
}

struct error_row {
  const char* name;
  DWORD error;
  int status;
};

static const struct error_row error_rows[] = {
    {"given ERROR_ACCESS_DENIED, then EACCES", ERROR_ACCESS_DENIED,
     PORTRES_EACCES},
    {"given ERROR_INVALID_PARAMETER, then EINVAL", ERROR_INVALID_PARAMETER,
     PORTRES_EINVAL},
    {"given ERROR_SHARING_VIOLATION, then EADDRINUSE", ERROR_SHARING_VIOLATION,
     PORTRES_EADDRINUSE},
    {"given ERROR_NOT_FOUND, then ENOTFOUND", ERROR_NOT_FOUND,
     PORTRES_ENOTFOUND},
    {"given ERROR_NOT_ENOUGH_MEMORY, then ENOBUFS", ERROR_NOT_ENOUGH_MEMORY,
     PORTRES_ENOBUFS},
    {"given ERROR_NOT_SUPPORTED, then EOPNOTSUPP", ERROR_NOT_SUPPORTED,
     PORTRES_EOPNOTSUPP},
    {"given a code of no table, then EINVAL", 99999, PORTRES_EINVAL},
};

static void check_error(const void* data) {
  const struct error_row* row = data;
  portres_token token = 4711;
  struct portres_range range = {5000, 20};
  support_begin();
  fake.errors[FAKE_CREATE] = row->error;
  fake.errors[FAKE_DELETE] = row->error;
  fake.errors[FAKE_LOOKUP] = row->error;
  assert_int_equal(portres_persistent_create(PORTRES_TCP, range, &token),
                   row->status);
  assert_int_equal(portres_persistent_lookup(PORTRES_UDP, range, &token),
                   row->status);
  assert_int_equal(portres_persistent_delete(PORTRES_TCP, range), row->status);
  assert_true(token == 4711);
  assert_int_equal(support_count(0), 0);
  support_end();
}

static void expect_unsupported(void) {
  portres_token token = 4711;
  struct portres_range range = {5000, 20};
  static const enum portres_protocol both[] = {PORTRES_TCP, PORTRES_UDP};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(portres_persistent_create(both[i], range, &token),
                     PORTRES_EOPNOTSUPP);
    assert_int_equal(portres_persistent_lookup(both[i], range, &token),
                     PORTRES_EOPNOTSUPP);
    assert_int_equal(portres_persistent_delete(both[i], range),
                     PORTRES_EOPNOTSUPP);
  }
  assert_true(token == 4711);
}

static void check_missing_functions(void) {
  fake.missing = "*";
  expect_unsupported();
}

static void check_missing_library(void) {
  fake.has_no_library = true;
  expect_unsupported();
}

static void check_one_missing(void) {
  portres_token token;
  struct portres_range range = {5000, 20};
  fake.missing = "DeletePersistentUdpPortReservation";
  assert_int_equal(portres_persistent_create(PORTRES_UDP, range, &token), 0);
  assert_int_equal(portres_persistent_delete(PORTRES_UDP, range),
                   PORTRES_EOPNOTSUPP);
  assert_int_equal(support_count(0), 1);
}

static void check_no_memory(void) {
  portres_token token;
  struct portres_range range = {5000, 20};
  fake_fail_allocation(1);
  assert_int_equal(portres_persistent_create(PORTRES_TCP, range, &token),
                   PORTRES_ENOBUFS);
  assert_int_equal(fake.counts[FAKE_CREATE], 0);
}

static void check_arguments(void) {
  portres_token token;
  struct portres_range good = {5000, 20};
  struct portres_range anywhere = {0, 20};
  enum portres_protocol neither = (enum portres_protocol)1;
  assert_int_equal(portres_persistent_create(PORTRES_TCP, good, NULL),
                   PORTRES_EFAULT);
  assert_int_equal(portres_persistent_lookup(PORTRES_TCP, good, NULL),
                   PORTRES_EFAULT);
  assert_int_equal(portres_persistent_create(neither, good, &token),
                   PORTRES_EINVAL);
  assert_int_equal(portres_persistent_lookup(PORTRES_TCP, anywhere, &token),
                   PORTRES_EINVAL);
  assert_int_equal(portres_persistent_delete(PORTRES_TCP, anywhere),
                   PORTRES_EINVAL);
  assert_int_equal(fake.counts[FAKE_CREATE] + fake.counts[FAKE_LOOKUP] +
                       fake.counts[FAKE_DELETE],
                   0);
}

/* A lookup finds what another program created, and a restart changes tokens. */
static void check_restart(void) {
  struct portres_info info = {.size = sizeof info};
  struct portres_range range = {5000, 20};
  portres_token before;
  portres_token after;
  assert_int_equal(portres_persistent_create(PORTRES_TCP, range, &before), 0);
  assert_int_equal(portres_describe(before, &info), 0);
  assert_int_equal(info.kind, PORTRES_PERSISTENT);
  assert_int_equal(info.pid, 0);
  fake_restart();
  assert_int_equal(portres_describe(before, &info), PORTRES_EINVAL);
  assert_int_equal(support_count(0), 0);
  assert_int_equal(portres_persistent_lookup(PORTRES_TCP, range, &after), 0);
  assert_true(after != before);
  assert_int_equal(portres_describe(after, &info), 0);
  assert_int_equal(support_count(0), 1);
}

static const struct support_row rows[] = {
    {"TCP: given a range, then the three functions get its start in network "
     "order",
     check_tcp},
    {"UDP: given a range, then the three functions get its start in network "
     "order",
     check_udp},
    {"given none of the functions, then EOPNOTSUPP", check_missing_functions},
    {"given no iphlpapi.dll, then EOPNOTSUPP", check_missing_library},
    {"given one function missing, then the others work", check_one_missing},
    {"given no memory, then ENOBUFS, and nothing is created", check_no_memory},
    {"given a bad argument, then Windows is not asked", check_arguments},
    {"given a restart, then the old token is dead and lookup finds the new one",
     check_restart},
};

int main(void) {
  TABLE_ADD(rows, support_check);
  TABLE_ADD(error_rows, check_error);
  return table_run("persistent");
}
