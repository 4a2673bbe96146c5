/* The order of picks: PORTRES_ORDER_SEEDED, and the order that blocks have
 * which ask for none. A seed must give the same ports in every run, or a
 * failure in CI could not be repeated; and whatever the order, a block is used
 * up.
 */
#include <errno.h>
#include <portres/testing.h>
#include <string.h>

#include "contract.h"

enum { ORDER_COUNT = 24 };

/* Use the block up, and say in which order. */
static void use_up(const struct contract_block* block, int ports[ORDER_COUNT]) {
  int sockets[ORDER_COUNT];
  bool is_seen[ORDER_COUNT] = {false};
  for (int i = 0; i < ORDER_COUNT; i++) {
    sockets[i] = contract_bound_member(block, NET_V4);
    ports[i] = net_port(sockets[i]) - block->start;
    assert_false(is_seen[ports[i]]);
    is_seen[ports[i]] = true;
  }
  int s = contract_member(block, NET_V4);
  assert_int_equal(net_bind_any(s, 0), ENOBUFS);
  net_close(s);
  for (int i = 0; i < ORDER_COUNT; i++) {
    net_close(sockets[i]);
  }
}

static void use_up_seeded(int protocol, uint64_t seed, int ports[ORDER_COUNT]) {
  assert_int_equal(portres_testing_set_order(PORTRES_ORDER_SEEDED, seed), 0);
  struct contract_block block = contract_block(protocol, ORDER_COUNT);
  use_up(&block, ports);
  contract_end(&block);
}

static bool is_same(const int a[ORDER_COUNT], const int b[ORDER_COUNT]) {
  return memcmp(a, b, ORDER_COUNT * sizeof *a) == 0;
}

static void check_seeds(int protocol) {
  int first[ORDER_COUNT];
  int again[ORDER_COUNT];
  int next[ORDER_COUNT];
  int zero[ORDER_COUNT];
  portres_testing_reset();
  use_up_seeded(protocol, 7, first);
  use_up_seeded(protocol, 8, next);
  use_up_seeded(protocol, 0, zero);
  use_up_seeded(protocol, 7, again);
  assert_true(is_same(first, again));
  assert_false(is_same(first, next));
  assert_false(is_same(first, zero));
  assert_false(is_same(next, zero));
  portres_testing_reset();
}

/* By option, without any control; and another block does not disturb it. */
static void check_seed_of_options(int protocol) {
  int ports[2][ORDER_COUNT];
  portres_testing_reset();
  for (int i = 0; i < 2; i++) {
    struct portres_options options = {.size = sizeof options,
                                      .range = {0, ORDER_COUNT},
                                      .order = PORTRES_ORDER_SEEDED,
                                      .seed = UINT64_MAX};
    struct portres_reservation granted;
    int s = net_socket(protocol, NET_V4);
    assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
    struct contract_block block = {s, protocol, granted.range.start,
                                   ORDER_COUNT, granted.token};
    use_up(&block, ports[i]);
    contract_end(&block);
  }
  assert_true(is_same(ports[0], ports[1]));
}

static void expect_rounds(const struct contract_block* block,
                          int first,
                          int second) {
  int wanted[2] = {first, second};
  for (int i = 0; i < 2; i++) {
    int s = contract_bound_member(block, NET_V4);
    assert_int_equal(net_port(s) - block->start, wanted[i]);
    net_close(s);
  }
}

static void check_default_order(int protocol) {
  portres_testing_reset();
  struct contract_block before = contract_block(protocol, 4);
  assert_int_equal(portres_testing_set_order(PORTRES_ORDER_ROTATING, 0), 0);
  struct contract_block after = contract_block(protocol, 4);
  expect_rounds(&before, 0, 0);
  expect_rounds(&after, 0, 1);
  assert_int_equal(portres_testing_set_order(PORTRES_ORDER_LOWEST, 9), 0);
  expect_rounds(&after, 2, 3);
  struct contract_block last = contract_block(protocol, 4);
  expect_rounds(&last, 0, 0);
  contract_end(&before);
  contract_end(&after);
  contract_end(&last);
  portres_testing_reset();
}

static void check_order_asked_for(int protocol) {
  struct portres_options options = {
      .size = sizeof options, .range = {0, 4}, .order = PORTRES_ORDER_ROTATING};
  struct portres_reservation granted;
  portres_testing_reset();
  assert_int_equal(portres_testing_set_order(PORTRES_ORDER_SEEDED, 3), 0);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
  struct contract_block block = {s, protocol, granted.range.start, 4,
                                 granted.token};
  expect_rounds(&block, 0, 1);
  contract_end(&block);
  portres_testing_reset();
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given seeds, then one gives one order, others give others, "
                  "and each uses the block up",
                  check_seeds),
    CONTRACT_BOTH("given a seed by option, then it gives one order",
                  check_seed_of_options),
    CONTRACT_BOTH("given a default order, then blocks acquired later have it",
                  check_default_order),
    CONTRACT_BOTH("given a default order, when a block asks for another, then "
                  "it has that",
                  check_order_asked_for),
};

static void check_refusals(void) {
  portres_testing_reset();
  assert_int_equal(portres_testing_set_order((enum portres_order)3, 0),
                   PORTRES_EINVAL);
  assert_int_equal(portres_testing_set_order((enum portres_order) - 1, 0),
                   PORTRES_EINVAL);
}

int main(void) {
  TABLE_ADD(rows, contract_check);
  table_add_one("given an order that is none, then EINVAL", check_refusals);
  return contract_run("orders");
}
