/* Several sockets of one token on one port, where the application asked for
 * it: SO_REUSEPORT, and SO_REUSEADDR where the kernel lets it share (UDP, and
 * TCP while nobody listens). The port is used until the last of them closes.
 * Windows: SIO_CPU_AFFINITY and SO_REUSEADDR sets (B3).
 */
#include <errno.h>

#include "contract.h"

static int member_with(const struct contract_block* block,
                       enum net_family family,
                       int option) {
  int s = contract_member(block, family);
  if (option != 0) {
    net_set(s, SOL_SOCKET, option, 1);
  }
  return s;
}

static void check_sharing(int protocol, int option, enum net_family family) {
  enum { COUNT = 4 };
  int sockets[COUNT];
  struct contract_block block = contract_block(protocol, 2);
  for (int i = 0; i < COUNT; i++) {
    sockets[i] = member_with(&block, family, option);
    assert_int_equal(net_bind_any(sockets[i], block.start), 0);
    contract_expect_figures(block.token, 1, 1, 0);
  }
  int plain = member_with(&block, family, 0);
  assert_int_equal(net_bind_any(plain, block.start), EADDRINUSE);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(plain);
  for (int i = 0; i < COUNT; i++) {
    contract_expect_figures(block.token, 1, 1, 0);
    net_close(sockets[i]);
  }
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

static void check_reuse_port(int protocol) {
  check_sharing(protocol, SO_REUSEPORT, NET_V4);
  check_sharing(protocol, SO_REUSEPORT, NET_V6);
  check_sharing(protocol, SO_REUSEPORT, NET_DUAL);
}

static void check_reuse_address(int protocol) {
  check_sharing(protocol, SO_REUSEADDR, NET_V4);
  check_sharing(protocol, SO_REUSEADDR, NET_DUAL);
}

/* A pick by port 0 is for oneself, flags or not. */
static void check_port_0(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int a = member_with(&block, NET_V4, SO_REUSEPORT);
  int b = member_with(&block, NET_V4, SO_REUSEPORT);
  int c = member_with(&block, NET_V4, SO_REUSEPORT);
  assert_int_equal(net_bind_any(a, 0), 0);
  assert_int_equal(net_bind_any(b, 0), 0);
  assert_int_equal(net_bind_any(c, 0), ENOBUFS);
  assert_int_equal(net_port(b), net_port(a) + 1);
  assert_int_equal(net_bind_any(c, net_port(a)), 0);
  net_close(a);
  net_close(b);
  net_close(c);
  contract_end(&block);
}

static void check_stranger(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int member = member_with(&block, NET_V4, SO_REUSEPORT);
  assert_int_equal(net_bind_any(member, 0), 0);
  int stranger = net_socket(protocol, NET_V4);
  net_set(stranger, SOL_SOCKET, SO_REUSEPORT, 1);
  net_set(stranger, SOL_SOCKET, SO_REUSEADDR, 1);
  assert_int_equal(net_bind_any(stranger, block.start), EACCES);
  net_close(stranger);
  net_close(member);
  contract_end(&block);
}

static void check_listeners(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int sharing[2];
  for (int i = 0; i < 2; i++) {
    sharing[i] = member_with(&block, NET_V4, SO_REUSEPORT);
    assert_int_equal(net_bind_any(sharing[i], block.start), 0);
    assert_int_equal(net_listen(sharing[i]), 0);
  }
  net_close(net_connect_to(sharing[0]));
  net_close(sharing[0]);
  int client = net_connect_to(sharing[1]);
  net_close(client);
  net_close(sharing[1]);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given SO_REUSEPORT, when four members bind one port, then "
                  "it is used until the last closes",
                  check_reuse_port),
    CONTRACT_BOTH("given SO_REUSEADDR, when four members bind one port, then "
                  "it is used until the last closes",
                  check_reuse_address),
    CONTRACT_BOTH("given SO_REUSEPORT, when members bind port 0, then each "
                  "gets a port of its own",
                  check_port_0),
    CONTRACT_BOTH("given a shared port, when a stranger with both flags comes, "
                  "then EACCES",
                  check_stranger),
    CONTRACT_TCP("given SO_REUSEPORT, when two members listen on one port, "
                 "then either is reached",
                 check_listeners),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("share");
}
