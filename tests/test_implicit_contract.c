/* The binds nobody wrote: connect, listen, sendto, sendmsg on an unbound
 * member bind it, and its port must be of the block - never, however the call
 * ends, one the kernel picked elsewhere. test_exhaustion_contract.c has the
 * counts; here are the corners of each call.
 *
 * Windows: "an explicit or implicit bind" is the documents' phrase.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "contract.h"

/* Used if and only if the kernel says it is bound, and then in the block. */
static void expect_consistent(const struct contract_block* block, int s) {
  uint16_t port = net_port(s);
  assert_true(port == 0 || contract_contains(block, port));
  contract_expect_figures(block->token, port != 0, block->count - (port != 0),
                          0);
}

static int open_receiver(int protocol, enum net_family family) {
  int s = net_socket(protocol, family);
  assert_int_equal(net_bind_any(s, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0);
  }
  return s;
}

/* A port nobody listens on, for refusals. */
static uint16_t closed_port(int protocol) {
  int s = open_receiver(protocol, NET_DUAL);
  uint16_t port = net_port(s);
  net_close(s);
  return port;
}

/* Connect */

static void check_peer_sees_port(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int listener = open_receiver(protocol, NET_V4);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(listener)), 0);
  int accepted = net_accept(listener);
  struct net_address peer = {.len = sizeof peer.as};
  assert_int_equal(getpeername(accepted, &peer.as.any, &peer.len), 0);
  assert_int_equal(ntohs(peer.as.v4.sin_port), block.start);
  expect_consistent(&block, s);
  net_close(accepted);
  net_close(s);
  net_close(listener);
  contract_end(&block);
}

static void check_connect_after_bind(int protocol) {
  struct contract_block block = contract_block(protocol, 3);
  int receiver = open_receiver(protocol, NET_V4);
  int s = contract_member(&block, NET_V4);
  uint16_t last = (uint16_t)(block.start + 2);
  assert_int_equal(net_bind(s, "127.0.0.1", last), 0);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(receiver)), 0);
  assert_int_equal(net_port(s), last);
  expect_consistent(&block, s);
  net_close(receiver);
  net_close(s);
  contract_end(&block);
}

static void check_refused_connect(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  uint16_t nobody = closed_port(protocol);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_connect(s, "127.0.0.1", nobody), ECONNREFUSED);
  assert_int_equal(net_port(s), block.start);
  expect_consistent(&block, s);
  assert_int_equal(net_connect(s, "127.0.0.1", nobody), ECONNREFUSED);
  assert_int_equal(net_port(s), block.start);
  expect_consistent(&block, s);
  net_close(s);
  contract_end(&block);
}

static void check_unreachable(int protocol) {
  net_need_netns("outside the namespace there may be a route to anywhere");
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_connect(s, "192.0.2.1", closed_port(protocol)),
                   ENETUNREACH);
  expect_consistent(&block, s);
  net_close(s);
  contract_end(&block);
}

/* AF_UNSPEC dissolves an association of the other kind, and binds nothing. */
static void check_unspecified_connect(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  int s = contract_member(&block, NET_V4);
  assert_int_equal(connect(s, &none, sizeof none), 0);
  assert_int_equal(net_port(s), 0);
  expect_consistent(&block, s);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

static void check_disconnect(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  int receiver = open_receiver(protocol, NET_V4);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(receiver)), 0);
  assert_int_equal(connect(s, &none, sizeof none), 0);
  expect_consistent(&block, s);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(receiver)), 0);
  assert_int_equal(net_port(s), block.start);
  expect_consistent(&block, s);
  net_close(receiver);
  net_close(s);
  contract_end(&block);
}

/* The kernel's own way to leave the port to connect must not leave ours. */
static void check_no_port(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int receiver = open_receiver(protocol, NET_V4);
  int s = contract_member(&block, NET_V4);
  net_set(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  assert_int_equal(net_bind(s, "127.0.0.2", 0), 0);
  expect_consistent(&block, s);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(receiver)), 0);
  assert_int_equal(net_port(s), block.start);
  assert_int_equal(net_name(s).as.v4.sin_addr.s_addr, htonl(0x7f000002));
  expect_consistent(&block, s);
  net_close(receiver);
  net_close(s);
  contract_end(&block);
}

static void check_bad_connect(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct net_address to = net_loopback(NET_V4, closed_port(protocol));
  int s = contract_member(&block, NET_V4);
  int plain = net_socket(protocol, NET_V4);
  static const socklen_t lengths[] = {0, 1, 15, 200};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(connect(plain, &to.as.any, lengths[i]), -1);
    int want = errno;
    assert_int_equal(connect(s, &to.as.any, lengths[i]), -1);
    assert_int_equal(errno, want);
    expect_consistent(&block, s);
  }
  net_close(plain);
  net_close(s);
  contract_end(&block);
}

/* Listen */

static void check_listen_on_udp(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_listen(s), EOPNOTSUPP);
  assert_int_equal(net_port(s), 0);
  expect_consistent(&block, s);
  net_close(s);
  contract_end(&block);
}

static void check_listen_twice(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_DUAL);
  assert_int_equal(net_listen(s), 0);
  assert_int_equal(net_listen(s), 0);
  assert_int_equal(net_port(s), block.start);
  expect_consistent(&block, s);
  int v4 = net_socket(protocol, NET_V4);
  assert_int_equal(net_connect(v4, "127.0.0.1", block.start), 0);
  net_close(v4);
  net_close(s);
  contract_end(&block);
}

/* Send */

static void check_to_mapped(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int receiver = open_receiver(protocol, NET_V4);
  struct net_address to = net_address("::ffff:127.0.0.1", net_port(receiver));
  struct net_address from = {.len = sizeof from.as};
  char byte;
  int s = contract_member(&block, NET_DUAL);
  assert_int_equal(sendto(s, "x", 1, 0, &to.as.any, to.len), 1);
  assert_int_equal(recvfrom(receiver, &byte, 1, 0, &from.as.any, &from.len), 1);
  assert_int_equal(ntohs(from.as.v4.sin_port), block.start);
  expect_consistent(&block, s);
  net_close(s);
  net_close(receiver);
  contract_end(&block);
}

static void check_second_send(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int receiver = open_receiver(protocol, NET_V4);
  struct net_address to = net_loopback(NET_V4, net_port(receiver));
  int s = contract_member(&block, NET_V4);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(sendto(s, "x", 1, 0, &to.as.any, to.len), 1);
    assert_int_equal(net_port(s), block.start);
    expect_consistent(&block, s);
  }
  net_close(s);
  net_close(receiver);
  contract_end(&block);
}

/* Linux binds an unbound UDP socket before it looks for a destination, so
 * that even a send without one would leave a port from elsewhere. */
static ssize_t send_plain(int s) {
  return send(s, "x", 1, 0);
}

static ssize_t send_to_nowhere(int s) {
  return sendto(s, "x", 1, 0, NULL, 0);
}

static ssize_t send_message_to_nowhere(int s) {
  struct iovec data = {(void*)"x", 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  return sendmsg(s, &message, 0);
}

static void check_nowhere(int protocol, ssize_t (*send_it)(int s)) {
  struct contract_block block = contract_block(protocol, 2);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(send_it(s), -1);
  assert_int_equal(errno, EDESTADDRREQ);
  expect_consistent(&block, s);
  net_close(s);
  contract_end(&block);
}

static void check_send(int protocol) {
  check_nowhere(protocol, send_plain);
}

static void check_sendto_nowhere(int protocol) {
  check_nowhere(protocol, send_to_nowhere);
}

static void check_sendmsg_nowhere(int protocol) {
  check_nowhere(protocol, send_message_to_nowhere);
}

/* TCP: a sendto with MSG_FASTOPEN is a connect; without it there is nothing
 * to send on. */
static void check_fast_open(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int listener = open_receiver(protocol, NET_V4);
  struct net_address to = net_loopback(NET_V4, net_port(listener));
  int s = contract_member(&block, NET_V4);
  ssize_t sent = sendto(s, "x", 1, MSG_FASTOPEN, &to.as.any, to.len);
  if (sent < 0 && errno == EOPNOTSUPP) {
    table_skip("TCP fast open is switched off for clients here");
  }
  assert_int_equal(sent, 1);
  assert_int_equal(net_port(s), block.start);
  expect_consistent(&block, s);
  net_close(net_accept(listener));
  net_close(s);
  net_close(listener);
  contract_end(&block);
}

static void check_tcp_sendto(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct net_address to = net_loopback(NET_V4, closed_port(protocol));
  int s = contract_member(&block, NET_V4);
  assert_int_equal(sendto(s, "x", 1, MSG_NOSIGNAL, &to.as.any, to.len), -1);
  assert_int_equal(errno, EPIPE);
  expect_consistent(&block, s);
  net_close(s);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_TCP("given an unbound member, when it connects, then its peer "
                 "sees a port of the block",
                 check_peer_sees_port),
    CONTRACT_BOTH("given an explicitly bound member, when it connects, then "
                  "it keeps its port",
                  check_connect_after_bind),
    CONTRACT_TCP("given a refused connect, then the port stays with the socket",
                 check_refused_connect),
    CONTRACT_BOTH("given an unreachable peer, then no port is from elsewhere",
                  check_unreachable),
    CONTRACT_BOTH("given connect to AF_UNSPEC, then no port is taken",
                  check_unspecified_connect),
    CONTRACT_BOTH("given a disconnect, then the port stays with the socket",
                  check_disconnect),
    CONTRACT_BOTH("given IP_BIND_ADDRESS_NO_PORT, then the port is of the "
                  "block and the address is kept",
                  check_no_port),
    CONTRACT_BOTH("given a wrong address length, when a member connects, then "
                  "the kernel's error and no port from elsewhere",
                  check_bad_connect),
    CONTRACT_UDP("given listen, then EOPNOTSUPP and no port is taken",
                 check_listen_on_udp),
    CONTRACT_TCP("given listen twice, then one port, reached by IPv4, too",
                 check_listen_twice),
    CONTRACT_UDP("given a dual-stack member, when it sends to an IPv4-mapped "
                 "address, then the receiver sees a port of the block",
                 check_to_mapped),
    CONTRACT_UDP("given a member that has sent, when it sends again, then it "
                 "keeps its port",
                 check_second_send),
    CONTRACT_UDP("given send without a destination, then no port is from "
                 "elsewhere",
                 check_send),
    CONTRACT_UDP("given sendto without a destination, then no port is from "
                 "elsewhere",
                 check_sendto_nowhere),
    CONTRACT_UDP("given sendmsg without a destination, then no port is from "
                 "elsewhere",
                 check_sendmsg_nowhere),
    CONTRACT_TCP("given sendto with MSG_FASTOPEN, then the port is of the "
                 "block",
                 check_fast_open),
    CONTRACT_TCP("given sendto without a connection, then no port is from "
                 "elsewhere",
                 check_tcp_sendto),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("implicit");
}
