/* How long a reservation lives, and what its end leaves behind: it ends with
 * release or with the last descriptor of the acquiring socket in this process;
 * bound sockets keep their ports; an associated socket that is not bound yet
 * can bind no more - ENOBUFS for port 0, EACCES for an explicit port.
 *
 * Windows: release while bound is undocumented beyond its success in
 * Microsoft's own sample; the rest follows "the lifetime of the socket".
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "contract.h"

static void end_by_release(const struct contract_block* block) {
  assert_int_equal(contract_release(block->holder, block->token), 0);
}

static void end_by_close(const struct contract_block* block) {
  contract_end(block);
}

struct end {
  void (*end)(const struct contract_block* block);
  bool leaves_holder;
};

static const struct end ends[] = {{end_by_release, true},
                                  {end_by_close, false}};

static void expect_dead(portres_token token) {
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(token, &info), PORTRES_EINVAL);
}

static void finish(const struct end* end, const struct contract_block* block) {
  if (end->leaves_holder) {
    contract_end(block);
  }
}

static void check_bound_members_of(const struct end* end, int protocol) {
  struct contract_block block = contract_block(protocol, 3);
  int member = contract_bound_member(&block, NET_V4);
  end->end(&block);
  expect_dead(block.token);
  assert_int_equal(net_port(member), block.start);
  int stranger = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(stranger, block.start), EADDRINUSE);
  assert_int_equal(net_bind_any(stranger, (uint16_t)(block.start + 1)), 0);
  net_close(stranger);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(member), 0);
    net_close(net_connect_to(member));
  }
  net_close(member);
  finish(end, &block);
}

static void check_bound_members(int protocol) {
  check_bound_members_of(&ends[0], protocol);
  check_bound_members_of(&ends[1], protocol);
}

static void check_unbound_members_of(const struct end* end, int protocol) {
  struct contract_block block = contract_block(protocol, 3);
  int member = contract_member(&block, NET_V4);
  end->end(&block);
  assert_int_equal(net_bind_any(member, 0), ENOBUFS);
  assert_int_equal(net_bind_any(member, block.start), EACCES);
  assert_int_equal(net_connect(member, "127.0.0.1", block.start), ENOBUFS);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(member), ENOBUFS);
  } else {
    struct net_address to = net_loopback(NET_V4, block.start);
    assert_int_equal(sendto(member, "x", 1, 0, &to.as.any, to.len), -1);
    assert_int_equal(errno, ENOBUFS);
  }
  assert_int_equal(net_port(member), 0);
  net_close(member);
  finish(end, &block);
}

static void check_unbound_members(int protocol) {
  check_unbound_members_of(&ends[0], protocol);
  check_unbound_members_of(&ends[1], protocol);
}

/* A new token heals what a dead one broke. */
static void check_new_token(int protocol) {
  struct contract_block dead = contract_block(protocol, 2);
  int member = contract_member(&dead, NET_V4);
  contract_end(&dead);
  assert_int_equal(net_bind_any(member, 0), ENOBUFS);
  struct contract_block alive = contract_block(protocol, 2);
  assert_int_equal(net_bind_any(member, alive.start), EACCES);
  assert_int_equal(contract_associate(member, alive.token), 0);
  assert_int_equal(net_bind_any(member, 0), 0);
  assert_int_equal(net_port(member), alive.start);
  net_close(member);
  contract_end(&alive);
}

/* The same range, reserved anew, is not the old token's. */
static void check_same_range(int protocol) {
  struct contract_block old = contract_block(protocol, 2);
  int member = contract_member(&old, NET_V4);
  contract_end(&old);
  struct contract_block young =
      contract_block_at(protocol, old.start, old.count);
  assert_true(young.token != old.token);
  assert_int_equal(net_bind_any(member, 0), ENOBUFS);
  assert_int_equal(net_bind_any(member, young.start), EACCES);
  contract_expect_figures(young.token, 0, 2, 0);
  net_close(member);
  contract_end(&young);
}

static void check_dup_of_holder(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int copy = dup(block.holder);
  int other = fcntl(block.holder, F_DUPFD_CLOEXEC, 0);
  contract_end(&block);
  contract_expect_figures(block.token, 0, 2, 0);
  net_close(other);
  contract_expect_figures(block.token, 0, 2, 0);
  net_close(copy);
  expect_dead(block.token);
}

static void check_dup2_over_holder(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int other = net_socket(protocol, NET_V4);
  assert_int_equal(dup2(other, block.holder), block.holder);
  expect_dead(block.token);
  net_close(other);
  net_close(block.holder);
}

static void check_dup2_onto_itself(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  assert_int_equal(dup2(block.holder, block.holder), block.holder);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

static void check_dup_of_member(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int member = contract_bound_member(&block, NET_V4);
  int copy = dup(member);
  net_close(member);
  contract_expect_figures(block.token, 1, 0, 0);
  assert_int_equal(net_port(copy), block.start);
  net_close(copy);
  contract_expect_figures(block.token, 0, 1, 0);
  contract_end(&block);
}

/* An association made through one descriptor is the socket's. */
static void check_dup_of_unbound(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int member = contract_member(&block, NET_V4);
  int copy = dup(member);
  assert_int_equal(net_bind_any(copy, 0), 0);
  assert_int_equal(net_port(member), block.start);
  assert_int_equal(contract_associate(member, block.token), PORTRES_EINVAL);
  net_close(copy);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(member);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

/* A descriptor number used again is not the socket it was. */
static void check_recycled_number(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int member = contract_member(&block, NET_V4);
  net_close(member);
  int other = net_socket(protocol, NET_V4);
  assert_int_equal(other, member);
  assert_int_equal(net_bind_any(other, block.start), EACCES);
  assert_int_equal(net_bind_any(other, 0), 0);
  assert_false(contract_contains(&block, net_port(other)));
  net_close(other);
  contract_end(&block);
}

static void check_shutdown(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  shutdown(block.holder, SHUT_RDWR);
  contract_expect_figures(block.token, 0, 1, 0);
  contract_end(&block);
}

/* Forks */

struct heirs {
  struct contract_block block;
  int bound;
  int unbound;
};

static int bind_number(int s, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  return bind(s, (struct sockaddr*)&address, sizeof address) == 0 ? 0 : errno;
}

static int use_inheritance(void* arg) {
  const struct heirs* heirs = arg;
  if (bind_number(heirs->unbound, 0) != ENOBUFS) {
    return 1;
  }
  if (bind_number(heirs->unbound, (uint16_t)(heirs->block.start + 1)) !=
      EACCES) {
    return 2;
  }
  return net_port(heirs->bound) == heirs->block.start ? 0 : 3;
}

static int close_inheritance(void* arg) {
  const struct heirs* heirs = arg;
  close(heirs->block.holder);
  close(heirs->bound);
  close(heirs->unbound);
  return 0;
}

static void check_fork(int protocol, int (*child)(void* arg)) {
  struct heirs heirs = {.block = contract_block(protocol, 2)};
  heirs.bound = contract_bound_member(&heirs.block, NET_V4);
  heirs.unbound = contract_member(&heirs.block, NET_V4);
  assert_int_equal(contract_in_child(child, &heirs), 0);
  contract_expect_figures(heirs.block.token, 1, 1, 0);
  assert_int_equal(net_bind_any(heirs.unbound, 0), 0);
  assert_int_equal(net_port(heirs.unbound), heirs.block.start + 1);
  net_close(heirs.unbound);
  net_close(heirs.bound);
  contract_end(&heirs.block);
}

static void check_fork_use(int protocol) {
  check_fork(protocol, use_inheritance);
}

static void check_fork_close(int protocol) {
  check_fork(protocol, close_inheritance);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given bound members, when the reservation ends, then they "
                  "keep their ports and the rest is free",
                  check_bound_members),
    CONTRACT_BOTH("given an unbound member, when the reservation ends, then "
                  "it can bind no more",
                  check_unbound_members),
    CONTRACT_BOTH("given a member of a dead token, when it gets a live one, "
                  "then it binds",
                  check_new_token),
    CONTRACT_BOTH("given a member of a dead token, when its range is reserved "
                  "anew, then it stays out",
                  check_same_range),
    CONTRACT_BOTH("given copies of the acquiring socket, then the last one's "
                  "close ends the reservation",
                  check_dup_of_holder),
    CONTRACT_BOTH("given dup2 over the acquiring socket, then the reservation "
                  "ends",
                  check_dup2_over_holder),
    CONTRACT_BOTH("given dup2 of the acquiring socket onto itself, then it "
                  "lives",
                  check_dup2_onto_itself),
    CONTRACT_BOTH("given a copy of a bound member, then the port is used "
                  "until both close",
                  check_dup_of_member),
    CONTRACT_BOTH("given a copy of an unbound member, when it binds, then "
                  "both are bound",
                  check_dup_of_unbound),
    CONTRACT_BOTH("given a member's number used again, then the new socket "
                  "holds no token",
                  check_recycled_number),
    CONTRACT_BOTH("given shutdown of the acquiring socket, then the "
                  "reservation lives",
                  check_shutdown),
    CONTRACT_BOTH("given a fork, when the child uses what it inherited, then "
                  "the token is dead there only",
                  check_fork_use),
    CONTRACT_BOTH("given a fork, when the child closes everything, then the "
                  "parent loses nothing",
                  check_fork_close),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("lifetime");
}
