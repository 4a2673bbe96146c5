/* What acquire's options do: where a block lies (wildcard, alignment), in
 * which order its ports go, its label.
 *
 * meson runs this program under several ephemeral ranges: the first fit is
 * sought in the dynamic range 49152-65535, and there first where no automatic
 * pick of the kernel can land. Windows knows only the dynamic range itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"

#define DYNAMIC_START 49152

static struct contract_block acquire_with(int protocol,
                                          struct portres_options options) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  options.size = sizeof options;
  assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
  assert_int_equal(granted.range.count, options.range.count);
  return (struct contract_block){s, protocol, granted.range.start,
                                 granted.range.count, granted.token};
}

/* Where wildcard blocks lie */

/* The lowest start of a block of `count` beside the ephemeral range, or in the
 * dynamic range all the same when there is no room beside it. */
static uint16_t first_fit(uint16_t count) {
  uint16_t low;
  uint16_t high;
  net_ephemeral_range(&low, &high);
  if (high < DYNAMIC_START || low >= DYNAMIC_START + count) {
    return DYNAMIC_START;
  }
  return high + count <= 65535 ? (uint16_t)(high + 1) : DYNAMIC_START;
}

static void check_first_fit(int protocol) {
  net_need_netns("other programs' ports would move the first fit");
  struct contract_block first = contract_block(protocol, 8);
  assert_int_equal(first.start, first_fit(8));
  struct contract_block second = contract_block(protocol, 8);
  assert_int_equal(second.start, first.start + 8);
  contract_end(&first);
  struct contract_block third = contract_block(protocol, 4);
  assert_int_equal(third.start, first.start);
  struct contract_block fourth = contract_block(protocol, 5);
  assert_int_equal(fourth.start, second.start + 8);
  contract_end(&fourth);
  contract_end(&third);
  contract_end(&second);
}

static void check_protocols_apart(int protocol) {
  net_need_netns("other programs' ports would move the first fit");
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block first = contract_block(protocol, 8);
  struct contract_block second = contract_block(other, 8);
  assert_int_equal(second.start, first.start);
  contract_end(&first);
  contract_end(&second);
}

static void check_whole_range(int protocol) {
  net_need_netns("the whole dynamic range must be free");
  struct portres_reservation granted;
  struct contract_block all = contract_block(protocol, 16384);
  assert_int_equal(all.start, DYNAMIC_START);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(s, 0, 1, &granted), PORTRES_ENOBUFS);
  assert_int_equal(contract_release(all.holder, all.token), 0);
  assert_int_equal(contract_acquire(s, 0, 1, &granted), 0);
  net_close(s);
  contract_end(&all);
}

/* Alignment */

struct alignment_row {
  const char* name;
  uint16_t alignment;
};

static const struct alignment_row alignment_rows[] = {
    {"given an alignment of 2, then the start is even", 2},
    {"given an alignment of 7, then the start is a multiple of 7", 7},
    {"given an alignment of 256, then the start is a multiple of 256", 256},
    {"given an alignment of 4096, then the start is a multiple of 4096", 4096},
    {"given an alignment of 1, then any start will do", 1},
    {"given an alignment of 0, then any start will do", 0},
};

static void check_alignment(const void* data) {
  const struct alignment_row* row = data;
  struct portres_options options = {.range = {0, 3},
                                    .alignment = row->alignment};
  struct contract_block odd = contract_block(IPPROTO_UDP, 1);
  struct contract_block a = acquire_with(IPPROTO_UDP, options);
  struct contract_block b = acquire_with(IPPROTO_UDP, options);
  uint16_t step = row->alignment > 1 ? row->alignment : 1;
  assert_int_equal(a.start % step, 0);
  assert_int_equal(b.start % step, 0);
  assert_true(b.start >= a.start + 3 || a.start >= b.start + 3);
  contract_end(&odd);
  contract_end(&a);
  contract_end(&b);
}

static void check_hopeless_alignment(int protocol) {
  struct portres_reservation granted;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 2}, .alignment = 65535};
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_ENOBUFS);
  net_close(s);
}

/* Order */

static uint16_t take_and_close(const struct contract_block* block) {
  int s = contract_bound_member(block, NET_V4);
  uint16_t port = net_port(s);
  net_close(s);
  return port;
}

static void check_lowest(int protocol) {
  struct contract_block block = acquire_with(
      protocol,
      (struct portres_options){.range = {0, 3}, .order = PORTRES_ORDER_LOWEST});
  for (int i = 0; i < 4; i++) {
    assert_int_equal(take_and_close(&block), block.start);
  }
  contract_end(&block);
}

static void check_rotating(int protocol) {
  struct contract_block block = acquire_with(
      protocol, (struct portres_options){.range = {0, 3},
                                         .order = PORTRES_ORDER_ROTATING});
  for (int i = 0; i < 7; i++) {
    assert_int_equal(take_and_close(&block), block.start + i % 3);
  }
  int held = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_port(held), block.start + 1);
  assert_int_equal(take_and_close(&block), block.start + 2);
  assert_int_equal(take_and_close(&block), block.start);
  assert_int_equal(take_and_close(&block), block.start + 2);
  net_close(held);
  contract_end(&block);
}

/* The turn goes round even when nothing after the last port is free. */
static void check_rotating_wraps(int protocol) {
  struct contract_block block = acquire_with(
      protocol, (struct portres_options){.range = {0, 3},
                                         .order = PORTRES_ORDER_ROTATING});
  int last = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(last, (uint16_t)(block.start + 2)), 0);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(take_and_close(&block), block.start + i % 2);
  }
  net_close(last);
  contract_end(&block);
}

static void check_rotating_exhausts(int protocol) {
  enum { COUNT = 65 };
  int sockets[COUNT];
  struct contract_block block = acquire_with(
      protocol, (struct portres_options){.range = {0, COUNT},
                                         .order = PORTRES_ORDER_ROTATING});
  take_and_close(&block);
  for (int i = 0; i < COUNT; i++) {
    sockets[i] = contract_bound_member(&block, NET_DUAL);
    assert_int_equal(net_port(sockets[i]), block.start + (i + 1) % COUNT);
  }
  int extra = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(extra, 0), ENOBUFS);
  net_close(extra);
  for (int i = 0; i < COUNT; i++) {
    net_close(sockets[i]);
  }
  contract_end(&block);
}

/* Label */

struct label_row {
  const char* name;
  const char* label;
  const char* want;
};

#define TEN "0123456789"

static const struct label_row label_rows[] = {
    {"given no label, then it is empty", NULL, ""},
    {"given an empty label, then it is empty", "", ""},
    {"given a label, then describe tells it", "rtp media", "rtp media"},
    {"given a label of 47 bytes, then it is whole", TEN TEN TEN TEN "0123456",
     TEN TEN TEN TEN "0123456"},
    {"given a label of 48 bytes, then it is cut to 47",
     TEN TEN TEN TEN "01234567", TEN TEN TEN TEN "0123456"},
    {"given a label of 60 bytes, then it is cut to 47", TEN TEN TEN TEN TEN TEN,
     TEN TEN TEN TEN "0123456"},
};

static void check_label(const void* data) {
  const struct label_row* row = data;
  char copy[128] = "";
  struct portres_options options = {.range = {0, 1}};
  if (row->label) {
    snprintf(copy, sizeof copy, "%s", row->label);
    options.label = copy;
  }
  struct contract_block block = acquire_with(IPPROTO_TCP, options);
  memset(copy, '!', sizeof copy);
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(block.token, &info), 0);
  assert_string_equal(info.label, row->want);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a wildcard, then the first fit beside the ephemeral "
                  "range is granted",
                  check_first_fit),
    CONTRACT_BOTH("given a block, then the other protocol's lies over it",
                  check_protocols_apart),
    CONTRACT_BOTH("given the whole dynamic range, when one more port is "
                  "wanted, then ENOBUFS until it is released",
                  check_whole_range),
    CONTRACT_BOTH("given an alignment without a multiple that fits, then "
                  "ENOBUFS",
                  check_hopeless_alignment),
    CONTRACT_BOTH("given lowest order, then a freed port is the next",
                  check_lowest),
    CONTRACT_BOTH("given rotating order, then a freed port waits its turn",
                  check_rotating),
    CONTRACT_BOTH("given rotating order and a used last port, then the turn "
                  "goes round",
                  check_rotating_wraps),
    CONTRACT_BOTH("given rotating order, then each port is still found",
                  check_rotating_exhausts),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  TABLE_ADD(alignment_rows, check_alignment);
  TABLE_ADD(label_rows, check_label);
  return contract_run("options");
}
