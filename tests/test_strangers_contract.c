/* Strangers: sockets in this process that are nobody's, and keep a port busy.
 * What must hold: the port is really taken, for every process; and the program,
 * whatever it does with its descriptors, is not disturbed.
 */
#include <errno.h>
#include <fcntl.h>
#include <portres/testing.h>
#include <sys/resource.h>
#include <unistd.h>

#include "contract.h"

static struct portres_range range_of(uint16_t start, uint16_t count) {
  return (struct portres_range){start, count};
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

struct place {
  int protocol;
  uint16_t port;
};

/* In a child: 0 when nobody can bind the port there. */
static int bind_in_child(void* arg) {
  const struct place* place = arg;
  int type = place->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(place->port)};
  int s = socket(AF_INET, type, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(s, (struct sockaddr*)&address, sizeof address) == 0) {
    return 1;
  }
  return errno == EADDRINUSE ? 0 : 2;
}

static int add_stranger(int protocol, uint16_t port) {
  return portres_testing_add_stranger((enum portres_protocol)protocol, port);
}

static void expect_taken(int protocol, uint16_t port) {
  struct place place = {protocol, port};
  static const enum net_family families[] = {NET_V4, NET_V6, NET_DUAL};
  for (int i = 0; i < 3; i++) {
    int s = net_socket(protocol, families[i]);
    net_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
    net_set(s, SOL_SOCKET, SO_REUSEPORT, 1);
    assert_int_equal(net_bind_any(s, port), EADDRINUSE);
    net_close(s);
  }
  assert_int_equal(contract_in_child(bind_in_child, &place), 0);
  assert_int_equal(try_acquire(protocol, port, 1), PORTRES_EADDRINUSE);
}

static void expect_free(int protocol, uint16_t port) {
  int s = net_socket(protocol, NET_DUAL);
  assert_int_equal(net_bind_any(s, port), 0);
  net_close(s);
}

static void check_stranger(int protocol) {
  uint16_t start = net_free_block(8);
  portres_testing_reset();
  assert_int_equal(add_stranger(protocol, start), 0);
  assert_int_equal(add_stranger(protocol, start), 0);
  expect_taken(protocol, start);
  expect_free(protocol, (uint16_t)(start + 1));
  expect_free(other(protocol), start);
  assert_int_equal(portres_testing_set_dynamic_range(range_of(start, 8)), 0);
  struct contract_block block = contract_block(protocol, 4);
  assert_int_equal(block.start, start + 1);
  contract_end(&block);
  portres_testing_reset();
  expect_free(protocol, start);
}

static void check_stranger_on_busy_port(int protocol) {
  portres_testing_reset();
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", 0), 0);
  assert_int_equal(add_stranger(protocol, net_port(s)), PORTRES_EADDRINUSE);
  uint16_t port = net_port(s);
  net_close(s);
  expect_free(protocol, port);
  assert_int_equal(add_stranger(protocol, port), 0);
  portres_testing_reset();
}

/* COMPAT 18, 28: a pick steps over a stranger in its block, which cools. */
static void check_stranger_in_block(int protocol) {
  portres_testing_reset();
  struct contract_block block = contract_block(protocol, 3);
  assert_int_equal(add_stranger(protocol, block.start), 0);
  int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_port(s), block.start + 1);
  contract_expect_figures(block.token, 1, 1, 1);
  int explicit = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(explicit, block.start), EADDRINUSE);
  portres_testing_reset();
  assert_int_equal(net_bind_any(explicit, block.start), 0);
  net_close(explicit);
  net_close(s);
  contract_end(&block);
}

static int highest_descriptor(void) {
  int highest = -1;
  for (int fd = 0; fd < 4096; fd++) {
    highest = fcntl(fd, F_GETFD) >= 0 ? fd : highest;
  }
  return highest;
}

static void need_high_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 1024) {
    table_skip("the limit on descriptors is below 1024");
  }
}

static void check_descriptor(int protocol) {
  need_high_descriptors();
  portres_testing_reset();
  int before = table_open_descriptors();
  int lowest = net_socket(protocol, NET_V4);
  net_close(lowest);
  assert_int_equal(add_stranger(protocol, net_free_block(1)), 0);
  assert_int_equal(table_open_descriptors(), before + 1);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(s, lowest);
  net_close(s);
  int fd = highest_descriptor();
  assert_true(fd >= 512);
  assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  portres_testing_reset();
  assert_int_equal(table_open_descriptors(), before);
}

/* A program may close all it did not open, and use the number for itself. */
static void check_closed_stranger(int protocol) {
  need_high_descriptors();
  portres_testing_reset();
  uint16_t start = net_free_block(2);
  assert_int_equal(add_stranger(protocol, start), 0);
  int fd = highest_descriptor();
  net_close(fd);
  expect_free(protocol, start);
  int own = net_socket(protocol, NET_V4);
  assert_int_equal(dup2(own, fd), fd);
  assert_int_equal(try_acquire(protocol, start, 1), PORTRES_EADDRINUSE);
  expect_taken(protocol, start);
  portres_testing_reset();
  assert_true(fcntl(fd, F_GETFD) >= 0);
  expect_free(protocol, start);
  net_close(fd);
  net_close(own);
}

static void check_closed_for_good(int protocol) {
  need_high_descriptors();
  portres_testing_reset();
  assert_int_equal(add_stranger(protocol, net_free_block(1)), 0);
  int fd = highest_descriptor();
  net_close(fd);
  int own = net_socket(protocol, NET_V4);
  assert_int_equal(dup2(own, fd), fd);
  portres_testing_reset();
  assert_true(fcntl(fd, F_GETFD) >= 0);
  net_close(fd);
  net_close(own);
}

static int count_in_child(void* arg) {
  const struct place* place = arg;
  struct portres_range range = {place->port, 1};
  struct portres_reservation none;
  if (highest_descriptor() >= 512) {
    return 1;
  }
  int s = socket(AF_INET,
                 place->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
  if (portres_acquire(s, range, &none) != PORTRES_EADDRINUSE) {
    return 2;
  }
  portres_testing_reset();
  return bind_in_child(arg) == 0 ? 0 : 3;
}

static void check_stranger_and_fork(int protocol) {
  need_high_descriptors();
  portres_testing_reset();
  struct place place = {protocol, net_free_block(1)};
  assert_int_equal(add_stranger(protocol, place.port), 0);
  assert_int_equal(contract_in_child(count_in_child, &place), 0);
  expect_taken(protocol, place.port);
  portres_testing_reset();
}

static void check_many_strangers(int protocol) {
  net_need_descriptors(300);
  uint16_t start = net_free_block(257);
  portres_testing_reset();
  for (uint16_t i = 0; i < 256; i++) {
    assert_int_equal(add_stranger(protocol, (uint16_t)(start + i)), 0);
  }
  assert_int_equal(add_stranger(protocol, (uint16_t)(start + 256)),
                   PORTRES_ENOBUFS);
  assert_int_equal(add_stranger(protocol, start), 0);
  expect_taken(protocol, (uint16_t)(start + 255));
  portres_testing_reset();
  assert_int_equal(try_acquire(protocol, start, 257), 0);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a stranger, when anybody wants its port, then it is "
                  "taken, until a reset",
                  check_stranger),
    CONTRACT_BOTH("given a port that is bound, when a stranger wants it, then "
                  "EADDRINUSE and nothing stays",
                  check_stranger_on_busy_port),
    CONTRACT_BOTH("given a stranger in a block, when port 0 is bound, then "
                  "its port is stepped over",
                  check_stranger_in_block),
    CONTRACT_BOTH("given a stranger, then its descriptor is high, and closed "
                  "at exec and at reset",
                  check_descriptor),
    CONTRACT_BOTH("given a stranger that the program closed, when it "
                  "acquires, then the stranger is back",
                  check_closed_stranger),
    CONTRACT_BOTH("given a stranger that the program closed, when it resets, "
                  "then what has the number now stays open",
                  check_closed_for_good),
    CONTRACT_BOTH("given a fork, then the stranger stays with the parent, and "
                  "the child cannot reset it",
                  check_stranger_and_fork),
    CONTRACT_BOTH("given 256 strangers, then one more is ENOBUFS",
                  check_many_strangers),
};

static void check_refusals(void) {
  portres_testing_reset();
  assert_int_equal(add_stranger(IPPROTO_TCP, 0), PORTRES_EINVAL);
  assert_int_equal(add_stranger(IPPROTO_SCTP, net_free_block(1)),
                   PORTRES_EINVAL);
  portres_testing_reset();
}

static void check_privileged_port(void) {
  if (net_unprivileged_start() <= 1) {
    table_skip("no port is privileged");
  }
  portres_testing_reset();
  assert_int_equal(add_stranger(IPPROTO_TCP, 1), PORTRES_EACCES);
  portres_testing_reset();
}

int main(void) {
  TABLE_ADD(rows, contract_check);
  table_add_one("given port 0 or another protocol, then EINVAL",
                check_refusals);
  table_add_one("given a privileged port, then EACCES", check_privileged_port);
  return contract_run("strangers");
}
