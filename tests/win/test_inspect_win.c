/* Describe and list: our notes, confirmed by Windows, with the figures of its
 * tables of ports. */
#include <string.h>

#include "support.h"

static struct portres_info describe(portres_token token) {
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(portres_describe(token, &info), 0);
  return info;
}

static void expect_figures(portres_token token,
                           unsigned used,
                           unsigned free,
                           unsigned cooling) {
  struct portres_info info = describe(token);
  assert_int_equal(info.used, used);
  assert_int_equal(info.free, free);
  assert_int_equal(info.cooling, cooling);
}

static void check_fields(void) {
  struct portres_options options = {
      .size = sizeof options, .range = {5000, 20}, .label = "rtp media"};
  struct portres_reservation block;
  assert_int_equal(portres_acquire_with(support_socket(UDP), &options, &block),
                   0);
  struct portres_info info = describe(block.token);
  assert_true(info.token == block.token);
  assert_int_equal(info.range.start, 5000);
  assert_int_equal(info.range.count, 20);
  assert_int_equal(info.protocol, PORTRES_UDP);
  assert_int_equal(info.kind, PORTRES_RUNTIME);
  assert_int_equal(info.scope, PORTRES_SCOPE_MACHINE);
  assert_int_equal(info.pid, GetCurrentProcessId());
  assert_string_equal(info.label, "rtp media");
}

static void check_long_label(void) {
  struct portres_options options = {
      .size = sizeof options,
      .range = {0, 1},
      .label = "0123456789012345678901234567890123456789012345678901234567"};
  struct portres_reservation block;
  assert_int_equal(portres_acquire_with(support_socket(TCP), &options, &block),
                   0);
  assert_int_equal(strlen(describe(block.token).label), 47);
}

/* TIME_WAIT has no process: its rows say 0. */
static void check_figures(int protocol, int other) {
  DWORD us = GetCurrentProcessId();
  struct portres_reservation block =
      support_acquire(support_socket(protocol), 5000, 10);
  expect_figures(block.token, 0, 10, 0);
  fake_bind(protocol, AF_INET, 5000, us);
  fake_bind(protocol, AF_INET6, 5000, us);
  fake_bind(protocol, AF_INET6, 5009, us);
  fake_bind(protocol, AF_INET, 5001, us + 4);
  fake_bind(protocol, AF_INET, 5002, 0);
  fake_bind(protocol, AF_INET, 5003, 0);
  fake_bind(protocol, AF_INET6, 5003, us);
  fake_bind(protocol, AF_INET, 4999, us);
  fake_bind(protocol, AF_INET, 5010, us);
  fake_bind(other, AF_INET, 5004, us);
  expect_figures(block.token, 3, 5, 2);
}

static void check_tcp_figures(void) {
  check_figures(TCP, UDP);
}

static void check_udp_figures(void) {
  check_figures(UDP, TCP);
}

static void check_large_tables(void) {
  struct portres_reservation block =
      support_acquire(support_socket(TCP), 60000, 10);
  for (USHORT port = 1; port < 3000; port++) {
    fake_bind(TCP, AF_INET6, port, 4);
  }
  fake_bind(TCP, AF_INET6, 60003, GetCurrentProcessId());
  expect_figures(block.token, 1, 9, 0);
  fake.growing_tables = 3;
  expect_figures(block.token, 1, 9, 0);
}

static void check_table_errors(void) {
  struct portres_info info = {.size = sizeof info};
  struct portres_reservation block = support_acquire(support_socket(UDP), 0, 2);
  fake.growing_tables = 1000;
  assert_int_equal(portres_describe(block.token, &info), PORTRES_ENOBUFS);
  fake.growing_tables = 0;
  fake.errors[FAKE_TABLE] = ERROR_NOT_SUPPORTED;
  assert_int_equal(portres_describe(block.token, &info), PORTRES_EOPNOTSUPP);
  assert_int_equal(support_count(PORTRES_EOPNOTSUPP), 0);
  fake.errors[FAKE_TABLE] = 0;
  fake.missing = "GetExtendedUdpTable";
  assert_int_equal(portres_describe(block.token, &info), PORTRES_EOPNOTSUPP);
  fake.missing = NULL;
  assert_int_equal(info.token, 0);
  assert_int_equal(support_count(0), 1);
}

static void check_no_memory(void) {
  struct portres_info info = {.size = sizeof info};
  struct portres_reservation block = support_acquire(support_socket(UDP), 0, 2);
  for (int nth = 1; nth <= 3; nth++) {
    fake_fail_allocation(nth);
    assert_int_equal(portres_describe(block.token, &info), PORTRES_ENOBUFS);
  }
  for (int nth = 1; nth <= 4; nth++) {
    fake_fail_allocation(nth);
    assert_int_equal(support_count(PORTRES_ENOBUFS), 0);
  }
  fake_fail_allocation(0);
  assert_int_equal(support_count(0), 1);
}

/* How reservations end */

static void check_closed(void) {
  struct portres_info info = {.size = sizeof info};
  SOCKET owner = support_socket(TCP);
  struct portres_reservation block = support_acquire(owner, 0, 2);
  struct portres_reservation other = support_acquire(support_socket(TCP), 0, 2);
  int sockets = fake.open_sockets;
  assert_int_equal(support_count(0), 2);
  assert_int_equal(fake.open_sockets, sockets);
  fake_closesocket(owner);
  assert_int_equal(portres_describe(block.token, &info), PORTRES_EINVAL);
  assert_int_equal(support_count(0), 1);
  assert_true(describe(other.token).token == other.token);
}

static void check_overlap(void) {
  SOCKET owner = support_socket(TCP);
  support_acquire(owner, 5000, 20);
  support_acquire(support_socket(UDP), 5000, 20);
  fake_closesocket(owner);
  support_acquire(support_socket(TCP), 5019, 20);
  assert_int_equal(support_count(0), 2);
}

static void check_released(void) {
  struct portres_info info = {.size = sizeof info};
  SOCKET s = support_socket(TCP);
  struct portres_reservation first = support_acquire(s, 0, 2);
  struct portres_reservation second = support_acquire(s, 0, 2);
  assert_int_equal(portres_release(s, first.token), 0);
  assert_int_equal(portres_describe(first.token, &info), PORTRES_EINVAL);
  assert_int_equal(support_count(0), 1);
  assert_int_equal(portres_release(s, second.token), 0);
  assert_int_equal(support_count(0), 0);
}

static void check_cannot_tell(void) {
  struct portres_info info = {.size = sizeof info};
  struct portres_reservation block = support_acquire(support_socket(TCP), 0, 2);
  fake.errors[FAKE_SOCKET] = WSAEMFILE;
  assert_int_equal(portres_describe(block.token, &info), PORTRES_ENOBUFS);
  assert_int_equal(support_count(PORTRES_ENOBUFS), 0);
  fake.errors[FAKE_SOCKET] = WSANOTINITIALISED;
  assert_int_equal(portres_describe(block.token, &info), PORTRES_ENOTREADY);
  fake.errors[FAKE_SOCKET] = 0;
  assert_int_equal(support_count(0), 1);
}

static void check_unknown(void) {
  struct portres_info info = {.size = sizeof info};
  support_acquire(support_socket(TCP), 0, 2);
  assert_int_equal(portres_describe(0, &info), PORTRES_EINVAL);
  assert_int_equal(portres_describe(1, &info), PORTRES_EINVAL);
  assert_int_equal(portres_describe(1, NULL), PORTRES_EFAULT);
}

/* Order */

struct walk {
  struct portres_info seen[4];
  int count;
};

static int walk_one(const struct portres_info* info, void* data) {
  struct walk* walk = data;
  walk->seen[walk->count++] = *info;
  return walk->count == 3 ? 77 : 0;
}

static void check_order(void) {
  struct walk walk = {.count = 0};
  portres_token token;
  DWORD us = GetCurrentProcessId();
  support_acquire(support_socket(UDP), 7000, 4);
  support_acquire(support_socket(TCP), 9000, 4);
  support_acquire(support_socket(UDP), 6000, 4);
  assert_int_equal(
      portres_persistent_create(PORTRES_TCP, support_range(8000, 4), &token),
      0);
  fake_bind(UDP, AF_INET, 6001, us);
  fake_bind(TCP, AF_INET, 8003, us);
  assert_int_equal(portres_list(walk_one, &walk), 77);
  assert_int_equal(walk.seen[0].range.start, 8000);
  assert_int_equal(walk.seen[0].used, 1);
  assert_int_equal(walk.seen[1].range.start, 9000);
  assert_int_equal(walk.seen[1].used, 0);
  assert_int_equal(walk.seen[2].range.start, 6000);
  assert_int_equal(walk.seen[2].used, 1);
  assert_int_equal(support_count(0), 4);
}

static const struct support_row rows[] = {
    {"given a reservation, then describe tells what it was made with",
     check_fields},
    {"given a label that is too long, then it is cut", check_long_label},
    {"TCP: given sockets in the tables, then ours are used and others cooling",
     check_tcp_figures},
    {"UDP: given sockets in the tables, then ours are used and others cooling",
     check_udp_figures},
    {"given a table that grows, then it is asked again", check_large_tables},
    {"given no table, then describe and list say why", check_table_errors},
    {"given no memory, then ENOBUFS, and nothing is forgotten",
     check_no_memory},
    {"given a closed owner, then its token is unknown", check_closed},
    {"given a new block over a dead one, then only the new one is listed",
     check_overlap},
    {"given a released token, then it is unknown", check_released},
    {"given that Windows cannot tell, then nothing is forgotten",
     check_cannot_tell},
    {"given a token nobody has, then EINVAL", check_unknown},
    {"given several, then they are listed by protocol and start until the "
     "callback ends it",
     check_order},
};

int main(void) {
  TABLE_ADD(rows, support_check);
  return table_run("inspect");
}
