/* Every argument but the socket, wrong in every way: ranges, pointers, sizes,
 * options, tokens. A refused call leaves nothing half reserved: the same range
 * can be acquired right after. Where two errors apply, the header's order
 * decides.
 *
 * Windows checks no options, which are ours, and no token of a describe.
 */
#include <string.h>

#include "contract.h"

/* Acquire */

struct range_row {
  const char* name;
  uint32_t start; /* RELATIVE plus an offset: from a free block */
  uint16_t count;
  int want;
};

#define RELATIVE 0x10000

static const struct range_row range_rows[] = {
    {"given a count of 0 anywhere, then EINVAL", 0, 0, PORTRES_EINVAL},
    {"given a count of 0 at a start, then EINVAL", RELATIVE, 0, PORTRES_EINVAL},
    {"given a last port of 65536, then EINVAL", 65535, 2, PORTRES_EINVAL},
    {"given a sum that wraps 16 bits, then EINVAL", 65535, 65535,
     PORTRES_EINVAL},
    {"given a start of 2 and a count of 65535, then EINVAL", 2, 65535,
     PORTRES_EINVAL},
    {"given the last port, then it is granted", 65535, 1, 0},
    {"given a last port of 65535, then it is granted", 65532, 4, 0},
    {"given one port, then it is granted", RELATIVE, 1, 0},
    {"given more ports anywhere than the dynamic range has, then ENOBUFS", 0,
     16385, PORTRES_ENOBUFS},
    {"given 65535 ports anywhere, then ENOBUFS", 0, 65535, PORTRES_ENOBUFS},
};

static void check_range(const void* data) {
  const struct range_row* row = data;
  struct portres_reservation granted;
  uint16_t start = (uint16_t)row->start;
  if (row->start >= RELATIVE) {
    start = net_free_block(4);
  }
  for (int i = 0; i < 2; i++) {
    int s = net_socket(i == 0 ? IPPROTO_TCP : IPPROTO_UDP, NET_V4);
    struct portres_options options = {.size = sizeof options,
                                      .range = {start, row->count}};
    assert_int_equal(contract_acquire(s, start, row->count, &granted),
                     row->want);
    if (row->want == 0) {
      assert_int_equal(contract_release(s, granted.token), 0);
    }
    assert_int_equal(contract_acquire_with(s, &options, &granted), row->want);
    net_close(s);
  }
}

/* The order of errors */

struct order_row {
  const char* name;
  bool has_socket;
  bool has_out;
  bool has_options;
  uint16_t count;
  int want;
};

static const struct order_row order_rows[] = {
    {"given no out and everything else right, then EFAULT", true, false, true,
     1, PORTRES_EFAULT},
    {"given no out and no socket, then EFAULT wins", false, false, true, 1,
     PORTRES_EFAULT},
    {"given no out and a count of 0, then EFAULT wins", true, false, true, 0,
     PORTRES_EFAULT},
    {"given no options and no socket, then EFAULT wins", false, true, false, 0,
     PORTRES_EFAULT},
    {"given no socket and a count of 0, then ENOTSOCK wins", false, true, true,
     0, PORTRES_ENOTSOCK},
};

static void check_order(const void* data) {
  const struct order_row* row = data;
  struct portres_reservation granted;
  struct portres_reservation* out = row->has_out ? &granted : NULL;
  struct portres_options options = {.size = sizeof options,
                                    .range = {0, row->count}};
  int s = row->has_socket ? net_socket(IPPROTO_TCP, NET_V4) : -1;
  if (row->has_options) {
    assert_int_equal(contract_acquire(s, 0, row->count, out), row->want);
  }
  assert_int_equal(
      contract_acquire_with(s, row->has_options ? &options : NULL, out),
      row->want);
  if (s >= 0) {
    net_close(s);
  }
}

static void check_unix_before_count(void) {
  struct portres_reservation granted;
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(contract_acquire(s, 0, 0, &granted), PORTRES_EOPNOTSUPP);
  assert_int_equal(contract_associate(s, 0), PORTRES_EOPNOTSUPP);
  assert_int_equal(contract_release(s, 0), PORTRES_EOPNOTSUPP);
  assert_int_equal(contract_associate(-1, 0), PORTRES_ENOTSOCK);
  assert_int_equal(contract_release(-1, 0), PORTRES_ENOTSOCK);
  net_close(s);
}

/* Options */

struct option_row {
  const char* name;
  int size; /* added to the right one */
  int scope;
  int order;
  uint16_t alignment;
  uint16_t offset; /* of the start, from a multiple of 16 */
  int want;
};

static const struct option_row option_rows[] = {
    {"given the right size, then it is granted", 0, 0, 0, 0, 1, 0},
    {"given a size one short, then EINVAL", -1, 0, 0, 0, 1, PORTRES_EINVAL},
    {"given a size one too large, then EINVAL", 1, 0, 0, 0, 1, PORTRES_EINVAL},
    {"given a size of 0, then EINVAL", -(int)sizeof(struct portres_options), 0,
     0, 0, 1, PORTRES_EINVAL},
    {"given a huge size, then EINVAL", 1 << 30, 0, 0, 0, 1, PORTRES_EINVAL},
    {"given scope process, then it is granted", 0, PORTRES_SCOPE_PROCESS, 0, 0,
     1, 0},
    {"given an unknown scope, then EINVAL", 0, 99, 0, 0, 1, PORTRES_EINVAL},
    {"given scope -1, then EINVAL", 0, -1, 0, 0, 1, PORTRES_EINVAL},
    {"given rotating order, then it is granted", 0, 0, PORTRES_ORDER_ROTATING,
     0, 1, 0},
    {"given seeded order, then it is granted", 0, 0, PORTRES_ORDER_SEEDED, 0, 1,
     0},
    {"given an unknown order, then EINVAL", 0, 0, 3, 0, 1, PORTRES_EINVAL},
    {"given order -1, then EINVAL", 0, 0, -1, 0, 1, PORTRES_EINVAL},
    {"given a start off the alignment, then EINVAL", 0, 0, 0, 16, 1,
     PORTRES_EINVAL},
    {"given a start one below the alignment, then EINVAL", 0, 0, 0, 16, 15,
     PORTRES_EINVAL},
    {"given a start on the alignment, then it is granted", 0, 0, 0, 16, 0, 0},
    {"given an alignment of 1, then any start is granted", 0, 0, 0, 1, 3, 0},
};

static void check_option(const void* data) {
  const struct option_row* row = data;
  uint16_t start = (uint16_t)((net_free_block(48) + 15) / 16 * 16);
  start = (uint16_t)(start + row->offset);
  struct portres_reservation granted;
  struct portres_options options = {
      .size = sizeof options + (size_t)row->size,
      .range = {start, 2},
      .scope = (enum portres_scope)row->scope,
      .order = (enum portres_order)row->order,
      .alignment = row->alignment,
  };
  int s = net_socket(IPPROTO_UDP, NET_DUAL);
  assert_int_equal(contract_acquire_with(s, &options, &granted), row->want);
  net_close(s);
  struct contract_block block = contract_block_at(IPPROTO_UDP, start, 2);
  contract_end(&block);
}

/* Describe and list */

struct describe_row {
  const char* name;
  int size; /* added to the right one */
  int want;
};

static const struct describe_row describe_rows[] = {
    {"given the right size, then describe answers", 0, 0},
    {"given a size one short, then describe is EINVAL", -1, PORTRES_EINVAL},
    {"given a size one too large, then describe is EINVAL", 1, PORTRES_EINVAL},
    {"given a size of 0, then describe is EINVAL",
     -(int)sizeof(struct portres_info), PORTRES_EINVAL},
};

static void check_describe(const void* data) {
  const struct describe_row* row = data;
  struct contract_block block = contract_block(IPPROTO_TCP, 1);
  struct portres_info info;
  memset(&info, 0x5a, sizeof info);
  info.size = sizeof info + (size_t)row->size;
  assert_int_equal(contract_describe(block.token, &info), row->want);
  assert_int_equal(contract_describe(block.token, NULL), PORTRES_EFAULT);
  assert_int_equal(contract_describe(0, NULL), PORTRES_EFAULT);
  contract_end(&block);
}

static void check_list_without_callback(void) {
  assert_int_equal(portres_list(NULL, NULL), PORTRES_EFAULT);
}

/* Persistent reservations: here are none, and no directory to put one in. */

struct persistent_row {
  const char* name;
  int protocol;
  struct portres_range range;
  bool has_out;
  int create;
  int delete;
  int lookup;
};

static const struct persistent_row persistent_rows[] = {
    {"given no out, then a persistent create and lookup are EFAULT",
     PORTRES_UDP,
     {60000, 20},
     false,
     PORTRES_EFAULT,
     PORTRES_ENOTFOUND,
     PORTRES_EFAULT},
    {"given no out and a count of 0, then EFAULT comes first",
     PORTRES_UDP,
     {60000, 0},
     false,
     PORTRES_EFAULT,
     PORTRES_EINVAL,
     PORTRES_EFAULT},
    {"given a count of 0, then every persistent call is EINVAL",
     PORTRES_TCP,
     {60000, 0},
     true,
     PORTRES_EINVAL,
     PORTRES_EINVAL,
     PORTRES_EINVAL},
    {"given a last port of 65536, then every persistent call is EINVAL",
     PORTRES_TCP,
     {65535, 2},
     true,
     PORTRES_EINVAL,
     PORTRES_EINVAL,
     PORTRES_EINVAL},
    {"given a start of 0, then every persistent call is EINVAL",
     PORTRES_UDP,
     {0, 2},
     true,
     PORTRES_EINVAL,
     PORTRES_EINVAL,
     PORTRES_EINVAL},
    {"given an unknown protocol, then every persistent call is EINVAL",
     1,
     {60000, 2},
     true,
     PORTRES_EINVAL,
     PORTRES_EINVAL,
     PORTRES_EINVAL},
};

static void check_persistent(const void* data) {
  const struct persistent_row* row = data;
  enum portres_protocol protocol = (enum portres_protocol)row->protocol;
  portres_token token = 77;
  portres_token* out = row->has_out ? &token : NULL;
  assert_int_equal(portres_persistent_create(protocol, row->range, out),
                   row->create);
  assert_int_equal(portres_persistent_delete(protocol, row->range),
                   row->delete);
  assert_int_equal(portres_persistent_lookup(protocol, row->range, out),
                   row->lookup);
  assert_int_equal(token, 77);
}

int main(void) {
  TABLE_ADD(range_rows, check_range);
  TABLE_ADD(order_rows, check_order);
  table_add_one("given a unix socket and other errors, then EOPNOTSUPP wins",
                check_unix_before_count);
  TABLE_ADD(option_rows, check_option);
  TABLE_ADD(describe_rows, check_describe);
  table_add_one("given no callback, then list is EFAULT",
                check_list_without_callback);
  TABLE_ADD(persistent_rows, check_persistent);
  return contract_run("arguments");
}
