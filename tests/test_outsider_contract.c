/* bind() on sockets without the token: a reserved port is EACCES, whatever
 * the address and flags and before the kernel can say EADDRINUSE; every other
 * port is the kernel's business.
 *
 * Windows: WSAEACCES, which outranks in-use checks and SO_REUSEADDR alike.
 */
#include <errno.h>

#include "contract.h"

struct outsider_row {
  const char* name;
  const char* host;
  enum net_family family;
  bool reuse_address;
  bool reuse_port;
};

static const struct outsider_row outsider_rows[] = {
    {"given no token, when 0.0.0.0 is bound, then EACCES", "0.0.0.0", NET_V4,
     false, false},
    {"given no token, when 127.0.0.1 is bound, then EACCES", "127.0.0.1",
     NET_V4, false, false},
    {"given no token, when 127.0.0.2 is bound, then EACCES", "127.0.0.2",
     NET_V4, false, false},
    {"given no token, when [::] v6-only is bound, then EACCES", "::", NET_V6,
     false, false},
    {"given no token, when [::] dual-stack is bound, then EACCES",
     "::", NET_DUAL, false, false},
    {"given no token, when [::1] is bound, then EACCES", "::1", NET_V6, false,
     false},
    {"given no token, when ::ffff:127.0.0.1 is bound, then EACCES",
     "::ffff:127.0.0.1", NET_DUAL, false, false},
    {"given no token but SO_REUSEADDR, then EACCES", "0.0.0.0", NET_V4, true,
     false},
    {"given no token but SO_REUSEPORT, then EACCES", "0.0.0.0", NET_V4, false,
     true},
    {"given no token but both flags on [::], then EACCES", "::", NET_DUAL, true,
     true},
};

static int bind_outsider(const struct outsider_row* row,
                         int protocol,
                         uint16_t port) {
  int s = net_socket(protocol, row->family);
  net_set(s, SOL_SOCKET, SO_REUSEADDR, row->reuse_address);
  net_set(s, SOL_SOCKET, SO_REUSEPORT, row->reuse_port);
  int error = net_bind(s, row->host, port);
  assert_int_equal(net_port(s), error == 0 ? port : 0);
  net_close(s);
  return error;
}

static void check_outsider_of(const struct outsider_row* row, int protocol) {
  uint16_t start = net_free_block(6);
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block block =
      contract_block_at(protocol, (uint16_t)(start + 1), 4);
  for (uint16_t i = 1; i <= 4; i++) {
    uint16_t port = (uint16_t)(start + i);
    assert_int_equal(bind_outsider(row, protocol, port), EACCES);
    assert_int_equal(bind_outsider(row, other, port), 0);
  }
  assert_int_equal(bind_outsider(row, protocol, start), 0);
  assert_int_equal(bind_outsider(row, protocol, (uint16_t)(start + 5)), 0);

  int member = contract_bound_member(&block, NET_DUAL);
  assert_int_equal(bind_outsider(row, protocol, net_port(member)), EACCES);
  net_close(member);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  assert_int_equal(bind_outsider(row, protocol, block.start), 0);
  contract_end(&block);
}

static void check_outsider(const void* data) {
  check_outsider_of(data, IPPROTO_TCP);
  check_outsider_of(data, IPPROTO_UDP);
}

/* Holding the reservation is not the same as being associated with it. */
static void check_holder(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  assert_int_equal(net_bind_any(block.holder, block.start), EACCES);
  assert_int_equal(contract_associate(block.holder, block.token), 0);
  assert_int_equal(net_bind_any(block.holder, block.start), 0);
  contract_end(&block);
}

static void check_other_token(int protocol) {
  struct contract_block mine = contract_block(protocol, 2);
  struct contract_block theirs = contract_block(protocol, 2);
  int s = contract_member(&mine, NET_V4);
  assert_int_equal(net_bind_any(s, theirs.start), EACCES);
  contract_expect_figures(theirs.token, 0, 2, 0);
  net_close(s);
  contract_end(&mine);
  contract_end(&theirs);
}

static void check_port_0(int protocol) {
  struct contract_block block = contract_block(protocol, 4);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_true(net_port(s) != 0);
  contract_expect_figures(block.token, 0, 4, 0);
  net_close(s);
  contract_end(&block);
}

/* Afterwards the kernel's word stands again. */
static void check_free_again(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int member = contract_bound_member(&block, NET_V4);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(s, block.start), EACCES);
  contract_end(&block);
  assert_int_equal(net_bind_any(s, block.start), EADDRINUSE);
  net_close(member);
  assert_int_equal(net_bind_any(s, block.start), 0);
  net_close(s);
}

/* What Linux takes for an address must not be a way around: AF_UNSPEC with
 * INADDR_ANY, a whole sockaddr_storage, IPv6 without its scope. */
static void check_odd_addresses(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct net_address unspecified = net_any(NET_V4, block.start);
  struct net_address v4 = net_any(NET_V4, block.start);
  struct net_address v6 = net_any(NET_V6, block.start);
  int s4 = net_socket(protocol, NET_V4);
  int s6 = net_socket(protocol, NET_V6);
  unspecified.as.any.sa_family = AF_UNSPEC;
  assert_int_equal(bind(s4, &unspecified.as.any, unspecified.len), -1);
  assert_int_equal(errno, EACCES);
  assert_int_equal(bind(s4, &v4.as.any, sizeof v4.as), -1);
  assert_int_equal(errno, EACCES);
  assert_int_equal(bind(s6, &v6.as.any, sizeof v6.as), -1);
  assert_int_equal(errno, EACCES);
  assert_int_equal(bind(s6, &v6.as.any, 24), -1);
  assert_int_equal(errno, EACCES);
  net_close(s4);
  net_close(s6);
  contract_end(&block);
}

/* A kernel that refuses the arguments need not be asked about the port. */
static void check_bad_arguments(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = net_socket(protocol, NET_V4);
  struct net_address address = net_any(NET_V4, block.start);
  assert_int_equal(bind(s, &address.as.any, 1), -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(bind(s, NULL, 0), -1);
  assert_int_equal(bind(-1, &address.as.any, address.len), -1);
  assert_int_equal(errno, EBADF);
  net_close(s);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given the acquiring socket without association, when it "
                  "binds into the block, then EACCES",
                  check_holder),
    CONTRACT_BOTH("given another block's token, when a reserved port is "
                  "bound, then EACCES",
                  check_other_token),
    CONTRACT_BOTH("given no token, when port 0 is bound, then the kernel picks",
                  check_port_0),
    CONTRACT_BOTH("given the reservation is gone, then EADDRINUSE while a "
                  "member holds the port, and free after it",
                  check_free_again),
    CONTRACT_BOTH("given no token and an odd address that Linux accepts, then "
                  "EACCES",
                  check_odd_addresses),
    CONTRACT_BOTH("given no token and bad arguments, then the kernel's error",
                  check_bad_arguments),
};

int main(void) {
  TABLE_ADD(outsider_rows, check_outsider);
  TABLE_ADD(rows, contract_check);
  return contract_run("outsider");
}
