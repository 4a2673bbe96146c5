/* Scope machine and the ledger, which only tells others of what the guards
 * keep: it may be removed, or another version's, and the guards stay. The
 * adversary's path is the first argument. */
#include <fcntl.h>
#include <unistd.h>

#include "guard_support.h"
#include "shared_support.h"

enum { VERSION_AT = 16 };

/* A socket takes a port of the block, and gives it back. */
static void come_and_go(const struct contract_block* block) {
  const int s = contract_bound_member(block, NET_DUAL);
  net_close(s);
  guard_expect_kept(block->protocol, block->start);
}

static int peer_acquire(const struct shared_peer* peer,
                        int protocol,
                        uint16_t port,
                        enum portres_scope scope) {
  struct shared_request request = {
      SHARED_ACQUIRE, protocol, {port, 1}, (int)scope};
  return shared_ask(peer, request).status;
}

static void expect_kept_from_all(const struct shared_peer* peer,
                                 const struct contract_block* block) {
  guard_expect_kept(block->protocol, block->start);
  assert_int_equal(
      peer_acquire(peer, block->protocol, block->start, PORTRES_SCOPE_MACHINE),
      PORTRES_EADDRINUSE);
  assert_int_equal(
      peer_acquire(peer, block->protocol, block->start, PORTRES_SCOPE_SHARED),
      PORTRES_EADDRINUSE);
}

/* --- Removed --- */

static void check_removed(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  shared_clear();
  struct contract_block block = guard_block(protocol, 2);
  shared_clear();
  come_and_go(&block);
  expect_kept_from_all(&peer, &block);
  struct contract_block more = guard_block(protocol, 2);
  assert_int_not_equal(more.start, block.start);
  expect_kept_from_all(&peer, &block);
  shared_clear();
  contract_end(&more);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  assert_int_equal(
      peer_acquire(&peer, protocol, block.start, PORTRES_SCOPE_MACHINE), 0);
  net_close(block.holder);
  shared_quit(&peer);
}

/* The owner is killed, who had it when it was removed. */
static void check_removed_and_killed(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request request = {
      SHARED_ACQUIRE, protocol, {0, 4}, PORTRES_SCOPE_MACHINE};
  shared_clear();
  struct shared_answer answer = shared_ask(&peer, request);
  assert_int_equal(answer.status, 0);
  shared_clear();
  guard_expect_kept(protocol, answer.range.start);
  shared_kill(&peer);
  struct contract_block block = guard_block_at(protocol, answer.range.start, 4);
  contract_end(&block);
}

/* --- Of another version --- */

/* Whose owner lives, and shares with nobody of our version. */
static int make_another_version(void) {
  const uint32_t next = 2;
  struct flock lock = {.l_type = F_WRLCK, .l_start = 60000, .l_len = 1};
  shared_clear();
  struct contract_block block = shared_block(IPPROTO_TCP, 1);
  contract_end(&block);
  const int owner = open(shared_ledger(), O_RDWR | O_CLOEXEC);
  assert_true(owner >= 0);
  assert_int_equal(pwrite(owner, &next, sizeof next, VERSION_AT), sizeof next);
  assert_int_equal(fcntl(owner, F_OFD_SETLK, &lock), 0);
  return owner;
}

static void check_version(int protocol) {
  const int owner = make_another_version();
  struct contract_block block = guard_block(protocol, 2);
  come_and_go(&block);
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  assert_int_equal(
      peer_acquire(&peer, protocol, block.start, PORTRES_SCOPE_MACHINE),
      PORTRES_EADDRINUSE);
  assert_int_equal(
      peer_acquire(&peer, protocol, block.start, PORTRES_SCOPE_SHARED),
      PORTRES_EOPNOTSUPP);
  shared_quit(&peer);
  contract_end(&block);
  net_close(owner);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a block whose runtime directory was removed, then it "
                  "is kept from strangers and from other processes, until it "
                  "is released",
                  check_removed),
    CONTRACT_BOTH("given a block whose runtime directory was removed, when its "
                  "owner is killed, then its ports can be acquired at once",
                  check_removed_and_killed),
    CONTRACT_BOTH("given a ledger of another version in use, then there is "
                  "scope machine all the same, and scope shared is refused",
                  check_version),
};

static int run(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  guard_adversary = argv[1];
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_ledger");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
