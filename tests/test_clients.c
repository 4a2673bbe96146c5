/* What the known programs on Windows rely on, by the numbers B1 to B16 their
 * behaviours were given when they were read. The programs:
 *
 *   msquic    microsoft/msquic, src/platform/datapath_winuser.c
 *   nfs41     kofemann/ms-nfs41-client, libtirpc/src/bindresvport.c
 *   SDN       microsoft/SDN, Kubernetes/windows/debug/portReservationTest.ps1
 *   WFP       microsoft/Windows-driver-samples, WFPSampler
 *   samples   the sample programs on the pages of the two control codes
 *
 * Through the portable API; the missing numbers are of other faces: B7, B10
 * and B14 of Winsock's, B13 of persistent reservations.
 *
 * meson runs this program with the right to bind privileged ports, for B15.
 */
#include <errno.h>

#include "contract.h"

static struct portres_reservation acquire_on(int s,
                                             uint16_t start,
                                             uint16_t count) {
  struct portres_reservation granted;
  assert_int_equal(contract_acquire(s, start, count, &granted), 0);
  return granted;
}

/* B1. The samples acquire, associate and bind one and the same socket; so do
 * msquic's first socket and nfs41's only one. */
static void check_b1(int protocol) {
  int s = net_socket(protocol, NET_V4);
  struct portres_reservation granted = acquire_on(s, 0, 2);
  assert_int_equal(contract_associate(s, granted.token), 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), granted.range.start);
  contract_expect_figures(granted.token, 1, 1, 0);
  net_close(s);
}

/* B2. msquic reserves the one port it was told and binds that number. */
static void check_b2(int protocol) {
  uint16_t told = net_free_block(1);
  int s = net_socket(protocol, NET_DUAL);
  struct portres_reservation granted = acquire_on(s, told, 1);
  assert_int_equal(contract_associate(s, granted.token), 0);
  assert_int_equal(net_bind_any(s, told), 0);
  assert_int_equal(net_port(s), told);
  net_close(s);
}

/* B3. msquic opens a socket per processor, associates all of them with one
 * token and binds all of them to one port; on Linux it asks for sharing by
 * SO_REUSEPORT, where Windows has SIO_CPU_AFFINITY. */
static void check_b3(int protocol) {
  enum { PROCESSORS = 4 };
  int sockets[PROCESSORS];
  for (int i = 0; i < PROCESSORS; i++) {
    sockets[i] = net_socket(protocol, NET_DUAL);
    net_set(sockets[i], SOL_SOCKET, SO_REUSEPORT, 1);
  }
  struct portres_reservation granted = acquire_on(sockets[0], 0, 1);
  for (int i = 0; i < PROCESSORS; i++) {
    assert_int_equal(contract_associate(sockets[i], granted.token), 0);
    assert_int_equal(net_bind_any(sockets[i], granted.range.start), 0);
    assert_int_equal(net_port(sockets[i]), granted.range.start);
  }
  contract_expect_figures(granted.token, 1, 0, 0);
  for (int i = PROCESSORS - 1; i >= 0; i--) {
    net_close(sockets[i]);
  }
}

/* B4. nfs41 never binds: it associates and goes straight to connect(). */
static void check_b4(int protocol) {
  int server = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(server, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(server), 0);
  }
  int s = net_socket(protocol, NET_V4);
  struct portres_reservation granted = acquire_on(s, 0, 1);
  assert_int_equal(contract_associate(s, granted.token), 0);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(server)), 0);
  assert_int_equal(net_port(s), granted.range.start);
  net_close(s);
  net_close(server);
}

/* B5. msquic and nfs41 take "address in use" at acquire for the word to try
 * the next port. */
static void check_b5(int protocol) {
  uint16_t start = net_free_block(3);
  int bound = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(bound, start), 0);
  struct contract_block reserved =
      contract_block_at(protocol, (uint16_t)(start + 1), 1);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  uint16_t port = start;
  while (contract_acquire(s, port, 1, &granted) == PORTRES_EADDRINUSE) {
    port++;
  }
  assert_int_equal(granted.range.start, port);
  assert_int_equal(port, start + 2);
  net_close(s);
  contract_end(&reserved);
  net_close(bound);
}

/* B6. SDN acquires ten blocks of 64 on one socket, and its close ends all. */
static void check_b6(int protocol) {
  enum { BLOCKS = 10, PORTS = 64 };
  struct portres_reservation granted[BLOCKS];
  int s = net_socket(protocol, NET_V4);
  for (int i = 0; i < BLOCKS; i++) {
    granted[i] = acquire_on(s, 0, PORTS);
    for (int j = 0; j < i; j++) {
      assert_true(granted[i].range.start >= granted[j].range.start + PORTS ||
                  granted[j].range.start >= granted[i].range.start + PORTS);
    }
  }
  assert_int_equal(contract_count_reservations(), BLOCKS);
  net_close(s);
  assert_int_equal(contract_count_reservations(), 0);
  for (int i = 0; i < BLOCKS; i++) {
    struct contract_block again =
        contract_block_at(protocol, granted[i].range.start, PORTS);
    contract_end(&again);
  }
}

/* B8. The acquire page's sample releases on the socket while that very socket
 * is bound from the block. */
static void check_b8(int protocol) {
  int s = net_socket(protocol, NET_V4);
  struct portres_reservation granted = acquire_on(s, 0, 1);
  assert_int_equal(contract_associate(s, granted.token), 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(contract_release(s, granted.token), 0);
  assert_int_equal(net_port(s), granted.range.start);
  net_close(s);
}

/* B9. The release page's sample acquires and releases and does no more. */
static void check_b9(int protocol) {
  int s = net_socket(protocol, NET_V4);
  struct portres_reservation granted = acquire_on(s, 0, 10);
  assert_int_equal(contract_release(s, granted.token), 0);
  assert_int_equal(contract_count_reservations(), 0);
  (void)acquire_on(s, granted.range.start, 10);
  net_close(s);
}

/* B11. msquic acquires once, on a dual-stack socket, for both families. */
static void check_b11(int protocol) {
  int s = net_socket(protocol, NET_DUAL);
  struct portres_reservation granted = acquire_on(s, 0, 1);
  static const enum net_family families[] = {NET_V4, NET_V6, NET_DUAL};
  for (int i = 0; i < 3; i++) {
    int stranger = net_socket(protocol, families[i]);
    assert_int_equal(net_bind_any(stranger, granted.range.start), EACCES);
    net_close(stranger);
    int member = net_socket(protocol, families[i]);
    assert_int_equal(contract_associate(member, granted.token), 0);
    assert_int_equal(net_bind_any(member, 0), 0);
    assert_int_equal(net_port(member), granted.range.start);
    net_close(member);
  }
  net_close(s);
}

/* B12. msquic's MultiBindListener test: a second listener for the same port,
 * in the same process, hears "address in use" from acquire. */
static void check_b12(int protocol) {
  int first = net_socket(protocol, NET_DUAL);
  struct portres_reservation granted = acquire_on(first, 0, 1);
  assert_int_equal(contract_associate(first, granted.token), 0);
  assert_int_equal(net_bind_any(first, granted.range.start), 0);
  struct portres_reservation refused;
  int second = net_socket(protocol, NET_DUAL);
  assert_int_equal(contract_acquire(second, granted.range.start, 1, &refused),
                   PORTRES_EADDRINUSE);
  net_close(second);
  net_close(first);
}

/* B15. nfs41 wants a port of 600 to 1023: one it scans for by acquire, and
 * connects from. Without the right, EACCES: test_limits_contract.c. */
static void check_b15(int protocol) {
  net_need_netns("a privileged port needs a right that the launcher keeps");
  int server = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(server, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(server), 0);
  }
  int s = net_socket(protocol, NET_V4);
  for (uint16_t port = 600; port <= 1023; port += 141) {
    struct portres_reservation granted = acquire_on(s, port, 1);
    assert_int_equal(granted.range.start, port);
    assert_int_equal(contract_release(s, granted.token), 0);
  }
  struct portres_reservation granted = acquire_on(s, 600, 424);
  assert_int_equal(contract_associate(s, granted.token), 0);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(server)), 0);
  assert_int_equal(net_port(s), 600);
  net_close(s);
  net_close(server);
}

/* B16. SDN and WFP choose the protocol; a port of one says nothing about the
 * other. */
static void check_b16(int protocol) {
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block block =
      contract_block_at(protocol, net_free_block(2), 2);
  int plain = net_socket(other, NET_V4);
  assert_int_equal(net_bind_any(plain, block.start), 0);
  net_close(plain);
  struct contract_block twin = contract_block_at(other, block.start, 2);
  int member = contract_bound_member(&twin, NET_V4);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_expect_figures(twin.token, 1, 1, 0);
  contract_end(&block);
  contract_expect_figures(twin.token, 1, 1, 0);
  net_close(member);
  contract_end(&twin);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("B1, given a socket that acquires, when it is associated "
                  "and bound itself, then it gets a port of the block",
                  check_b1),
    CONTRACT_BOTH("B2, given the token, when a port of the block is bound "
                  "explicitly, then it succeeds",
                  check_b2),
    CONTRACT_BOTH("B3, given one token, when a socket per processor binds "
                  "the same port, then all succeed",
                  check_b3),
    CONTRACT_BOTH("B4, given an associated socket, when it connects without "
                  "bind, then its port is of the block",
                  check_b4),
    CONTRACT_BOTH("B5, given busy and reserved ports, when a client scans by "
                  "acquire, then it finds the free one",
                  check_b5),
    CONTRACT_BOTH("B6, given ten wildcard blocks on one socket, when it "
                  "closes, then all are gone",
                  check_b6),
    CONTRACT_BOTH("B8, given a socket bound from its own block, when it "
                  "releases, then it succeeds",
                  check_b8),
    CONTRACT_BOTH("B9, given nothing bound, when the acquiring socket "
                  "releases, then it succeeds",
                  check_b9),
    CONTRACT_BOTH("B11, given one acquire on a dual-stack socket, then it "
                  "covers IPv4 and IPv6",
                  check_b11),
    CONTRACT_BOTH("B12, given a bound reservation, when its port is acquired "
                  "again, then EADDRINUSE",
                  check_b12),
    CONTRACT_BOTH("B15, given the right, when ports below 1024 are reserved, "
                  "then a connect comes from there",
                  check_b15),
    CONTRACT_BOTH("B16, given a block of one protocol, then the other's same "
                  "ports are free",
                  check_b16),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("clients");
}
