/* The token argument of associate, release and describe: 0, never given out,
 * released, gone with its socket, of the other protocol, of the parent
 * process. All are EINVAL: Windows' STATUS_INVALID_PARAMETER becomes
 * WSAEINVAL, and nothing in its documents distinguishes them.
 */
#include "contract.h"

struct token_row {
  const char* name;
  portres_token (*make)(const struct contract_block* block);
};

static portres_token make_zero(const struct contract_block* block) {
  (void)block;
  return 0;
}

static portres_token make_next(const struct contract_block* block) {
  return block->token + 1;
}

static portres_token make_previous(const struct contract_block* block) {
  return block->token - 1;
}

static portres_token make_inverse(const struct contract_block* block) {
  return ~block->token;
}

static portres_token make_truncated(const struct contract_block* block) {
  portres_token low = block->token & 0xffffffff;
  return low != block->token ? low : 1;
}

static portres_token make_released(const struct contract_block* block) {
  struct contract_block other = contract_block(block->protocol, 2);
  assert_int_equal(contract_release(other.holder, other.token), 0);
  contract_end(&other);
  return other.token;
}

static portres_token make_closed(const struct contract_block* block) {
  struct contract_block other = contract_block(block->protocol, 2);
  contract_end(&other);
  return other.token;
}

static const struct token_row token_rows[] = {
    {"given token 0, then EINVAL", make_zero},
    {"given the token after a valid one, then EINVAL", make_next},
    {"given the token before a valid one, then EINVAL", make_previous},
    {"given the inverse of a valid token, then EINVAL", make_inverse},
    {"given the low half of a valid token, then EINVAL", make_truncated},
    {"given a released token, then EINVAL", make_released},
    {"given the token of a closed socket, then EINVAL", make_closed},
};

/* The reservation beside it must come through unharmed. */
static void check_token(const void* data) {
  const struct token_row* row = data;
  static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  for (int i = 0; i < 2; i++) {
    struct contract_block block = contract_block(protocols[i], 2);
    struct portres_info info = {.size = sizeof info};
    portres_token token = row->make(&block);
    int s = net_socket(protocols[i], NET_V4);
    assert_int_equal(contract_associate(s, token), PORTRES_EINVAL);
    assert_int_equal(contract_release(s, token), PORTRES_EINVAL);
    assert_int_equal(contract_describe(token, &info), PORTRES_EINVAL);
    contract_expect_figures(block.token, 0, 2, 0);
    assert_int_equal(net_bind_any(s, 0), 0);
    assert_false(contract_contains(&block, net_port(s)));
    net_close(s);
    contract_end(&block);
  }
}

static void check_other_protocol(int protocol) {
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block block = contract_block(protocol, 2);
  int s = net_socket(other, NET_V4);
  assert_int_equal(contract_associate(s, block.token), PORTRES_EINVAL);
  assert_int_equal(contract_release(s, block.token), PORTRES_EINVAL);
  contract_expect_figures(block.token, 0, 2, 0);
  net_close(s);
  contract_end(&block);
}

static void check_second_release(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  assert_int_equal(contract_release(block.holder, block.token), PORTRES_EINVAL);
  contract_end(&block);
}

static void check_uniqueness(int protocol) {
  enum { COUNT = 200 };
  portres_token seen[COUNT];
  for (int i = 0; i < COUNT; i++) {
    struct contract_block block = contract_block(protocol, 1);
    seen[i] = block.token;
    assert_true(seen[i] != 0);
    for (int j = 0; j < i; j++) {
      assert_true(seen[j] != seen[i]);
    }
    contract_end(&block);
  }
}

/* In a child: a number for what went wrong first, or 0. */
static int use_foreign_token(void* arg) {
  const struct contract_block* block = arg;
  struct portres_info info = {.size = sizeof info};
  int type = block->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int s = socket(AF_INET, type, 0);
  if (portres_associate(s, block->token) != PORTRES_EINVAL) {
    return 1;
  }
  if (portres_release(s, block->token) != PORTRES_EINVAL ||
      portres_release(block->holder, block->token) != PORTRES_EINVAL) {
    return 2;
  }
  if (portres_describe(block->token, &info) != PORTRES_EINVAL) {
    return 3;
  }
  return contract_count_reservations() == 0 ? 0 : 4;
}

static void check_foreign_token(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  assert_int_equal(contract_in_child(use_foreign_token, &block), 0);
  contract_expect_figures(block.token, 0, 2, 0);
  int s = contract_bound_member(&block, NET_V4);
  net_close(s);
  contract_end(&block);
}

/* A child is a process like any other: it may reserve for itself, and what it
 * reserves does not outlive it. */
static int reserve_in_child(void* arg) {
  const struct contract_block* block = arg;
  struct portres_reservation own;
  int type = block->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int s = socket(AF_INET, type, 0);
  struct portres_range anywhere = {0, 2};
  if (portres_acquire(s, anywhere, &own) != 0 || own.token == block->token) {
    return 1;
  }
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (portres_associate(s, own.token) != 0 ||
      bind(s, (struct sockaddr*)&address, sizeof address) != 0) {
    return 2;
  }
  return net_port(s) == own.range.start ? 0 : 3;
}

static void check_child_reserves(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  assert_int_equal(contract_in_child(reserve_in_child, &block), 0);
  assert_int_equal(contract_count_reservations(), 1);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a token of this protocol, when a socket of the other "
                  "uses it, then EINVAL",
                  check_other_protocol),
    CONTRACT_BOTH("given a released token, when it is released again, then "
                  "EINVAL",
                  check_second_release),
    CONTRACT_BOTH("given 200 reservations, then no token is 0 or comes twice",
                  check_uniqueness),
    CONTRACT_BOTH("given a fork, when the child uses the parent's token, then "
                  "EINVAL and the parent keeps it",
                  check_foreign_token),
    CONTRACT_BOTH("given a fork, when the child reserves a block, then it is "
                  "the child's alone",
                  check_child_reserves),
};

int main(void) {
  TABLE_ADD(token_rows, check_token);
  TABLE_ADD(rows, contract_check);
  return contract_run("tokens");
}
