/* The controls that are about the machine: a restart, administered exclusions,
 * the dynamic range. An exclusion is what netsh calls one (semantics 5, 6.3,
 * Q24): it keeps acquire and automatic picks away, and nobody's explicit bind.
 */
#include <errno.h>
#include <portres/testing.h>

#include "contract.h"

static enum portres_protocol as_enum(int protocol) {
  return (enum portres_protocol)protocol;
}

static struct portres_range range_of(uint16_t start, uint16_t count) {
  return (struct portres_range){start, count};
}

static int exclude(int protocol, uint16_t start, uint16_t count) {
  return portres_testing_exclude(as_enum(protocol), range_of(start, count));
}

/* 0, or the status of an acquire that is ended at once. */
static int try_acquire(int protocol, uint16_t start, uint16_t count) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_DUAL);
  int status = contract_acquire(s, start, count, &granted);
  net_close(s);
  return status;
}

static int other(int protocol) {
  return protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
}

/* --- Restart --- */

static void check_restart(int protocol) {
  portres_testing_reset();
  struct contract_block block = contract_block(protocol, 3);
  struct contract_block second = contract_block(other(protocol), 3);
  struct portres_info info = {.size = sizeof info};
  struct portres_reservation again;
  int bound = contract_bound_member(&block, NET_V4);
  int member = contract_member(&block, NET_V4);
  uint16_t port = net_port(bound);
  assert_int_equal(portres_testing_restart(), 0);
  assert_int_equal(contract_count_reservations(), 0);
  assert_int_equal(contract_describe(second.token, &info), PORTRES_EINVAL);
  assert_int_equal(contract_associate(member, block.token), PORTRES_EINVAL);
  assert_int_equal(contract_release(bound, block.token), PORTRES_EINVAL);
  assert_int_equal(net_bind_any(member, 0), ENOBUFS);
  assert_int_equal(net_port(bound), port);
  assert_int_equal(try_acquire(protocol, port, 1), PORTRES_EADDRINUSE);
  net_close(bound);
  assert_int_equal(contract_acquire(member, block.start, 3, &again), 0);
  assert_true(again.token != block.token);
  assert_int_equal(contract_associate(member, again.token), 0);
  assert_int_equal(net_bind_any(member, 0), 0);
  assert_int_equal(net_port(member), block.start);
  net_close(member);
  contract_end(&block);
  contract_end(&second);
  portres_testing_reset();
}

static void check_restart_of_nothing(int protocol) {
  portres_testing_reset();
  assert_int_equal(portres_testing_restart(), 0);
  assert_int_equal(portres_testing_restart(), 0);
  assert_int_equal(try_acquire(protocol, 0, 2), 0);
  portres_testing_reset();
}

/* --- Exclusions --- */

static void check_exclusion(int protocol) {
  uint16_t start = net_free_block(12);
  uint16_t middle = (uint16_t)(start + 4);
  portres_testing_reset();
  assert_int_equal(exclude(protocol, middle, 4), 0);
  assert_int_equal(try_acquire(protocol, start, 4), 0);
  assert_int_equal(try_acquire(protocol, start, 5), PORTRES_EADDRINUSE);
  assert_int_equal(try_acquire(protocol, start, 12), PORTRES_EADDRINUSE);
  for (uint16_t i = 0; i < 4; i++) {
    assert_int_equal(try_acquire(protocol, (uint16_t)(middle + i), 1),
                     PORTRES_EADDRINUSE);
  }
  assert_int_equal(try_acquire(protocol, (uint16_t)(middle + 3), 5),
                   PORTRES_EADDRINUSE);
  assert_int_equal(try_acquire(protocol, (uint16_t)(middle + 4), 4), 0);
  assert_int_equal(try_acquire(other(protocol), start, 12), 0);
  portres_testing_reset();
  assert_int_equal(try_acquire(protocol, start, 12), 0);
}

static void check_excluded_bind(int protocol) {
  uint16_t start = net_free_block(2);
  portres_testing_reset();
  assert_int_equal(exclude(protocol, start, 2), 0);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(s, start), 0);
  int plain = net_socket(protocol, NET_V6);
  assert_int_equal(net_bind(plain, "::1", (uint16_t)(start + 1)), 0);
  net_close(s);
  net_close(plain);
  portres_testing_reset();
}

/* Exclusions add up, and may overlap each other and a reservation. */
static void check_overlapping_exclusions(int protocol) {
  uint16_t start = net_free_block(8);
  portres_testing_reset();
  struct contract_block block = contract_block_at(protocol, start, 2);
  assert_int_equal(exclude(protocol, start, 4), 0);
  assert_int_equal(exclude(protocol, (uint16_t)(start + 3), 3), 0);
  int s = contract_bound_member(&block, NET_V4);
  net_close(s);
  contract_end(&block);
  for (uint16_t i = 0; i < 6; i++) {
    assert_int_equal(try_acquire(protocol, (uint16_t)(start + i), 1),
                     PORTRES_EADDRINUSE);
  }
  assert_int_equal(try_acquire(protocol, (uint16_t)(start + 6), 2), 0);
  portres_testing_reset();
}

static void expect_wildcard(struct contract_block* blocks,
                            int protocol,
                            uint16_t count,
                            uint16_t start) {
  *blocks = contract_block(protocol, count);
  assert_int_equal(blocks->start, start);
}

/* Semantics 2.5: a hole of two ports before the exclusion stays unused. */
static void check_stepping_over(int protocol) {
  struct contract_block blocks[3];
  struct portres_reservation none;
  uint16_t start = net_free_block(20);
  portres_testing_reset();
  assert_int_equal(portres_testing_set_dynamic_range(range_of(start, 20)), 0);
  assert_int_equal(exclude(protocol, (uint16_t)(start + 6), 5), 0);
  expect_wildcard(&blocks[0], protocol, 4, start);
  expect_wildcard(&blocks[1], protocol, 4, (uint16_t)(start + 11));
  expect_wildcard(&blocks[2], protocol, 4, (uint16_t)(start + 15));
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(s, 0, 4, &none), PORTRES_ENOBUFS);
  net_close(s);
  for (int i = 0; i < 3; i++) {
    contract_end(&blocks[i]);
  }
  portres_testing_reset();
}

/* --- The dynamic range --- */

static void check_dynamic_range(int protocol) {
  struct contract_block blocks[2];
  uint16_t start = net_free_block(8);
  portres_testing_reset();
  struct contract_block usual = contract_block(protocol, 1);
  contract_end(&usual);
  assert_int_equal(portres_testing_set_dynamic_range(range_of(start, 8)), 0);
  expect_wildcard(&blocks[0], protocol, 5, start);
  assert_int_equal(try_acquire(protocol, 0, 4), PORTRES_ENOBUFS);
  expect_wildcard(&blocks[1], protocol, 3, (uint16_t)(start + 5));
  assert_int_equal(try_acquire(protocol, 0, 1), PORTRES_ENOBUFS);
  assert_int_equal(portres_testing_set_dynamic_range(range_of(7, 0)), 0);
  contract_end(&blocks[0]);
  contract_end(&blocks[1]);
  struct contract_block again = contract_block(protocol, 1);
  assert_int_equal(again.start, usual.start);
  contract_end(&again);
  assert_int_equal(portres_testing_set_dynamic_range(range_of(start, 1)), 0);
  assert_int_equal(try_acquire(protocol, 0, 2), PORTRES_ENOBUFS);
  portres_testing_reset();
  assert_int_equal(try_acquire(protocol, 0, 2), 0);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given reservations, when the machine restarts, then they "
                  "are gone, and bound sockets keep their ports",
                  check_restart),
    CONTRACT_BOTH("given no reservation, when the machine restarts twice, "
                  "then an acquire works",
                  check_restart_of_nothing),
    CONTRACT_BOTH("given an exclusion, when a block overlaps it, then "
                  "EADDRINUSE, and beside it not",
                  check_exclusion),
    CONTRACT_BOTH("given an exclusion, when a plain socket binds in it, then "
                  "it may",
                  check_excluded_bind),
    CONTRACT_BOTH("given exclusions that overlap, then they add up",
                  check_overlapping_exclusions),
    CONTRACT_BOTH("given an exclusion in the dynamic range, then wildcard "
                  "blocks step over it",
                  check_stepping_over),
    CONTRACT_BOTH("given a dynamic range, then wildcard blocks are placed in "
                  "it alone, and a count of 0 ends that",
                  check_dynamic_range),
};

/* --- What is refused --- */

static void check_bad_ranges(void) {
  static const struct portres_range bad[] = {
      {0, 1}, {0, 0}, {1, 65535 + 0}, {65535, 2}, {5000, 0}};
  portres_testing_reset();
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    bool is_good = bad[i].start == 1;
    bool is_default = bad[i].count == 0;
    assert_int_equal(portres_testing_exclude(PORTRES_UDP, bad[i]),
                     is_good ? 0 : PORTRES_EINVAL);
    assert_int_equal(portres_testing_set_dynamic_range(bad[i]),
                     is_good || is_default ? 0 : PORTRES_EINVAL);
  }
  assert_int_equal(portres_testing_exclude((enum portres_protocol)0, bad[2]),
                   PORTRES_EINVAL);
  portres_testing_reset();
}

static void check_bad_rights(void) {
  portres_testing_reset();
  for (int right = -1; right <= 3; right++) {
    assert_int_equal(
        portres_testing_set_administrator((enum portres_testing_right)right),
        right >= 0 && right <= 2 ? 0 : PORTRES_EINVAL);
  }
  portres_testing_reset();
}

static void check_privileged_exclusion(void) {
  if (net_unprivileged_start() <= 1) {
    table_skip("no port is privileged");
  }
  portres_testing_reset();
  assert_int_equal(exclude(IPPROTO_TCP, 1, 3), 0);
  assert_int_equal(try_acquire(IPPROTO_TCP, 1, 1), PORTRES_EACCES);
  portres_testing_reset();
}

int main(void) {
  TABLE_ADD(rows, contract_check);
  table_add_one("given ranges that are none, then EINVAL", check_bad_ranges);
  table_add_one("given a right that is none, then EINVAL", check_bad_rights);
  table_add_one(
      "given an exclusion of a privileged port, when it is "
      "acquired, then EACCES as ever",
      check_privileged_exclusion);
  return contract_run("machine");
}
