/* bind() on a socket with the token: port 0 and explicit ports, inside the
 * block and outside, and what a failed bind leaves behind.
 *
 * Windows: an explicit port outside the block is undocumented; EACCES is our
 * choice (COMPAT), after the status strangers get. What the kernel refuses it
 * refuses in its own words: those errors are compared with a plain socket's.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"

static void check_outside(int protocol) {
  uint16_t start = net_free_block(6);
  struct contract_block block =
      contract_block_at(protocol, (uint16_t)(start + 1), 4);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(s, start), EACCES);
  assert_int_equal(net_bind_any(s, (uint16_t)(start + 5)), EACCES);
  assert_int_equal(net_port(s), 0);
  contract_expect_figures(block.token, 0, 4, 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

static void check_inside(int protocol) {
  struct contract_block block = contract_block(protocol, 4);
  int explicit = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(explicit, (uint16_t)(block.start + 1)), 0);
  assert_int_equal(net_port(explicit), block.start + 1);
  contract_expect_figures(block.token, 1, 3, 0);
  int first = contract_bound_member(&block, NET_V4);
  int second = contract_bound_member(&block, NET_V6);
  assert_int_equal(net_port(first), block.start);
  assert_int_equal(net_port(second), block.start + 2);
  net_close(explicit);
  int third = contract_bound_member(&block, NET_DUAL);
  assert_int_equal(net_port(third), block.start + 1);
  net_close(first);
  net_close(second);
  net_close(third);
  contract_end(&block);
}

/* A server's usual pair: one port, counted until both are closed. */
static void check_both_families(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int v4 = contract_bound_member(&block, NET_V4);
  int v6 = contract_member(&block, NET_V6);
  assert_int_equal(net_bind_any(v6, block.start), 0);
  contract_expect_figures(block.token, 1, 0, 0);
  net_close(v4);
  contract_expect_figures(block.token, 1, 0, 0);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(s, 0), ENOBUFS);
  net_close(v6);
  contract_expect_figures(block.token, 0, 1, 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  net_close(s);
  contract_end(&block);
}

static void check_two_addresses(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int a = contract_member(&block, NET_V4);
  int b = contract_member(&block, NET_V4);
  assert_int_equal(net_bind(a, "127.0.0.1", 0), 0);
  assert_int_equal(net_bind(b, "127.0.0.2", net_port(a)), 0);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(a);
  net_close(b);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

/* Kernel rules: who conflicts with a member on its port. */

struct conflict_row {
  const char* name;
  const char* first;
  enum net_family first_family;
  const char* second;
  enum net_family second_family;
  int want;
};

static const struct conflict_row conflict_rows[] = {
    {"given 0.0.0.0, when a member binds 0.0.0.0 there, then EADDRINUSE",
     "0.0.0.0", NET_V4, "0.0.0.0", NET_V4, EADDRINUSE},
    {"given 0.0.0.0, when a member binds 127.0.0.1 there, then EADDRINUSE",
     "0.0.0.0", NET_V4, "127.0.0.1", NET_V4, EADDRINUSE},
    {"given 0.0.0.0, when a member binds [::] dual there, then EADDRINUSE",
     "0.0.0.0", NET_V4, "::", NET_DUAL, EADDRINUSE},
    {"given [::] dual, when a member binds 0.0.0.0 there, then EADDRINUSE",
     "::", NET_DUAL, "0.0.0.0", NET_V4, EADDRINUSE},
    {"given [::] dual, when a member binds [::1] there, then EADDRINUSE",
     "::", NET_DUAL, "::1", NET_V6, EADDRINUSE},
    {"given [::] v6-only, when a member binds 0.0.0.0 there, then it may",
     "::", NET_V6, "0.0.0.0", NET_V4, 0},
    {"given [::1], when a member binds 127.0.0.1 there, then it may", "::1",
     NET_V6, "127.0.0.1", NET_V4, 0},
};

static void check_conflict_of(const struct conflict_row* row, int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int a = contract_member(&block, row->first_family);
  int b = contract_member(&block, row->second_family);
  assert_int_equal(net_bind(a, row->first, block.start), 0);
  assert_int_equal(net_bind(b, row->second, block.start), row->want);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(a);
  contract_expect_figures(block.token, row->want == 0, row->want != 0 ? 2 : 1,
                          0);
  net_close(b);
  contract_end(&block);
}

static void check_conflict(const void* data) {
  check_conflict_of(data, IPPROTO_TCP);
  check_conflict_of(data, IPPROTO_UDP);
}

/* Arguments of bind the kernel refuses */

struct bad_row {
  const char* name;
  const char* host; /* NULL: no address at all */
  enum net_family family;
  int address_family; /* 0: as the host */
  socklen_t len;      /* 0: as the host */
};

static const struct bad_row bad_rows[] = {
    {"given an address that is not local, then the port comes back",
     "192.0.2.1", NET_V4, 0, 0},
    {"given an IPv6 address that is not local, then the port comes back",
     "2001:db8::1", NET_V6, 0, 0},
    {"given a multicast IPv6 address without a scope, then as the kernel says",
     "ff02::1", NET_V6, 0, 0},
    {"given an address length of 1, then as the kernel says", "0.0.0.0", NET_V4,
     0, 1},
    {"given an address length one short, then as the kernel says", "0.0.0.0",
     NET_V4, 0, sizeof(struct sockaddr_in) - 1},
    {"given an IPv6 length one short, then as the kernel says", "::", NET_V6, 0,
     23},
    {"given an address length past all sense, then as the kernel says",
     "0.0.0.0", NET_V4, 0, sizeof(struct sockaddr_storage) + 1},
    {"given no address, then as the kernel says", NULL, NET_V4, 0, 0},
    {"given no address and a length, then as the kernel says", NULL, NET_V4, 0,
     sizeof(struct sockaddr_in)},
    {"given AF_UNIX, then as the kernel says", "0.0.0.0", NET_V4, AF_UNIX, 0},
    {"given AF_INET6 on an IPv4 socket, then as the kernel says", "::", NET_V4,
     0, 0},
    {"given AF_INET on an IPv6 socket, then as the kernel says", "0.0.0.0",
     NET_V6, 0, 0},
};

static int bind_badly(const struct bad_row* row, int s, uint16_t port) {
  struct net_address address = {.len = row->len};
  if (row->host) {
    address = net_address(row->host, port);
    address.len = row->len != 0 ? row->len : address.len;
  }
  if (row->address_family != 0) {
    address.as.any.sa_family = (sa_family_t)row->address_family;
  }
  int result = bind(s, row->host ? &address.as.any : NULL, address.len);
  return result == 0 ? 0 : errno;
}

static void check_bad_of(const struct bad_row* row, int protocol) {
  int plain = net_socket(protocol, row->family);
  int want = bind_badly(row, plain, 0);
  net_close(plain);
  assert_true(want != 0);

  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, row->family);
  assert_int_equal(bind_badly(row, s, 0), want);
  assert_int_equal(bind_badly(row, s, block.start), want);
  assert_int_equal(net_port(s), 0);
  contract_expect_figures(block.token, 0, 2, 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

static void check_bad(const void* data) {
  check_bad_of(data, IPPROTO_TCP);
  check_bad_of(data, IPPROTO_UDP);
}

/* Linux takes AF_UNSPEC with INADDR_ANY for AF_INET; so must the block. */
static void check_unspecified_family(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_V4);
  struct net_address address = net_any(NET_V4, 0);
  address.as.any.sa_family = AF_UNSPEC;
  assert_int_equal(bind(s, &address.as.any, address.len), 0);
  assert_int_equal(net_port(s), block.start);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(s);
  contract_end(&block);
}

/* Lengths Linux accepts though they are not sizeof: a whole sockaddr_storage,
 * and an IPv6 address without its scope, as RFC 2133 had it. */
static void check_odd_lengths(int protocol) {
  static const socklen_t lengths[2][2] = {
      {sizeof(struct sockaddr_storage), sizeof(struct sockaddr_in) + 1},
      {sizeof(struct sockaddr_storage), 24}};
  struct contract_block block = contract_block(protocol, 2);
  for (int i = 0; i < 4; i++) {
    enum net_family family = i < 2 ? NET_V4 : NET_V6;
    struct net_address any = net_any(family, 0);
    int s = contract_member(&block, family);
    assert_int_equal(bind(s, &any.as.any, lengths[i / 2][i % 2]), 0);
    assert_int_equal(net_port(s), block.start);
    contract_expect_figures(block.token, 1, 1, 0);
    net_close(s);
  }
  contract_end(&block);
}

static void check_second_bind(int protocol) {
  struct contract_block block = contract_block(protocol, 3);
  int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_bind_any(s, 0), EINVAL);
  assert_int_equal(net_bind_any(s, (uint16_t)(block.start + 2)), EINVAL);
  assert_int_equal(net_bind_any(s, net_free_block(1)), EINVAL);
  assert_int_equal(net_port(s), block.start);
  contract_expect_figures(block.token, 1, 2, 0);
  int others[2] = {contract_bound_member(&block, NET_V4),
                   contract_bound_member(&block, NET_V4)};
  assert_int_equal(net_bind_any(s, 0), EINVAL);
  net_close(others[0]);
  net_close(others[1]);
  net_close(s);
  contract_expect_figures(block.token, 0, 3, 0);
  contract_end(&block);
}

/* POSIX lets a successful call change errno; ours does not, so that no caller
 * sees a refusal that was none of its business. */
static void check_errno(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int s = contract_member(&block, NET_V4);
  struct net_address any = net_any(NET_V4, 0);
  errno = ENOTNAM;
  assert_int_equal(bind(s, &any.as.any, any.len), 0);
  assert_int_equal(errno, ENOTNAM);
  assert_int_equal(close(s), 0);
  assert_int_equal(errno, ENOTNAM);
  contract_end(&block);
}

/* Which token counts */

static void check_same_token_twice(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(contract_associate(s, block.token), 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), block.start);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(s);
  contract_end(&block);
}

static void check_last_token_wins(int protocol) {
  struct contract_block first = contract_block(protocol, 2);
  struct contract_block second = contract_block(protocol, 2);
  int s = contract_member(&first, NET_V4);
  assert_int_equal(contract_associate(s, second.token), 0);
  assert_int_equal(net_bind_any(s, first.start), EACCES);
  assert_int_equal(contract_associate(s, 0), PORTRES_EINVAL);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), second.start);
  contract_expect_figures(first.token, 0, 2, 0);
  contract_expect_figures(second.token, 1, 1, 0);
  net_close(s);
  contract_end(&first);
  contract_end(&second);
}

static void check_associate_after_bind(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct contract_block other = contract_block(protocol, 2);
  int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(contract_associate(s, block.token), PORTRES_EINVAL);
  assert_int_equal(contract_associate(s, other.token), PORTRES_EINVAL);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(s);
  contract_end(&block);
  contract_end(&other);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given the token, when a port outside the block is bound, "
                  "then EACCES and port 0 still works",
                  check_outside),
    CONTRACT_BOTH("given the token, when a port inside the block is bound, "
                  "then it is counted and skipped",
                  check_inside),
    CONTRACT_BOTH("given 0.0.0.0:p and [::]:p of one token, then one port is "
                  "used until both close",
                  check_both_families),
    CONTRACT_BOTH("given 127.0.0.1:p, when a member binds 127.0.0.2:p, then "
                  "both share the port",
                  check_two_addresses),
    CONTRACT_BOTH("given AF_UNSPEC and INADDR_ANY, when port 0 is bound, then "
                  "the port is of the block",
                  check_unspecified_family),
    CONTRACT_BOTH("given an odd length that Linux accepts, then the port is of "
                  "the block",
                  check_odd_lengths),
    CONTRACT_BOTH("given a bound member, when it binds again, then EINVAL and "
                  "nothing is counted",
                  check_second_bind),
    CONTRACT_BOTH("given a bind and a close that succeed, then errno is as "
                  "before",
                  check_errno),
    CONTRACT_BOTH("given an association, when the same token comes again, "
                  "then nothing changes",
                  check_same_token_twice),
    CONTRACT_BOTH("given an association, when another token comes, then that "
                  "one counts",
                  check_last_token_wins),
    CONTRACT_BOTH("given a bound member, when it is associated again, then "
                  "EINVAL",
                  check_associate_after_bind),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  TABLE_ADD(conflict_rows, check_conflict);
  TABLE_ADD(bad_rows, check_bad);
  return contract_run("bind");
}
