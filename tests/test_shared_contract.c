/* Scope shared: what one process has reserved, no other process of the same
 * user that shares gets, nor binds; and it ends with its owner, however that
 * one ends. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_support.h"

static struct portres_range range_of(const struct contract_block* block) {
  return (struct portres_range){block->start, block->count};
}

static const struct portres_range anywhere = {0, 4};

/* What the peer acquires, and its answer. */
static struct portres_range peer_block(const struct shared_peer* peer,
                                       int protocol) {
  struct shared_answer answer =
      shared_ask(peer, (struct shared_request){SHARED_ACQUIRE, protocol,
                                               anywhere, PORTRES_SCOPE_SHARED});
  assert_int_equal(answer.status, 0);
  return answer.range;
}

static int acquire_here(int protocol, struct portres_range range) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  int status = shared_acquire(s, range, &granted);
  net_close(s);
  return status;
}

static int bind_here(int protocol, uint16_t port) {
  int s = net_socket(protocol, NET_V4);
  int error = net_bind_any(s, port);
  net_close(s);
  return error;
}

/* --- Two processes want the same --- */

static void check_same(int protocol, enum shared_way way) {
  struct shared_peer peer = shared_peer(way);
  struct contract_block block = shared_block(protocol, 4);
  struct portres_range last = {(uint16_t)(block.start + 3), 2};
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)),
                   PORTRES_EADDRINUSE);
  assert_int_equal(shared_peer_acquire(&peer, protocol, last),
                   PORTRES_EADDRINUSE);
  contract_end(&block);
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)), 0);
  shared_quit(&peer);
}

static void check_forked(int protocol) {
  check_same(protocol, SHARED_FORKED);
}

static void check_started(int protocol) {
  check_same(protocol, SHARED_STARTED);
}

static void check_cloned(int protocol) {
  check_same(protocol, SHARED_VFORKED);
}

static bool meets(struct portres_range a, struct portres_range b) {
  return a.start < b.start + b.count && b.start < a.start + a.count;
}

static void check_anywhere(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block block = shared_block(protocol, 4);
  struct portres_range theirs = peer_block(&peer, protocol);
  assert_false(meets(range_of(&block), theirs));
  contract_end(&block);
  shared_quit(&peer);
}

/* First fit, lowest first, as within a process. */
static void check_lowest(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block block = shared_block(protocol, 4);
  struct portres_range theirs = peer_block(&peer, protocol);
  assert_int_equal(theirs.start, block.start + block.count);
  contract_end(&block);
  theirs = peer_block(&peer, protocol);
  assert_int_equal(theirs.start, block.start);
  shared_quit(&peer);
}

static void check_transports(int protocol) {
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block block = shared_block(protocol, 4);
  assert_int_equal(shared_peer_acquire(&peer, other, range_of(&block)), 0);
  contract_end(&block);
  shared_quit(&peer);
}

/* A released port that a socket has yet is in use, for everybody. */
static void check_still_bound(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block block = shared_block(protocol, 4);
  int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)),
                   PORTRES_EADDRINUSE);
  net_close(s);
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)), 0);
  net_close(block.holder);
  shared_quit(&peer);
}

/* --- Binds --- */

static void set_scope(const struct shared_peer* peer, int scope) {
  struct shared_request request = {SHARED_SCOPE, 0, {0, 0}, scope};
  assert_int_equal(shared_ask(peer, request).status, 0);
}

static void check_stranger(int protocol, enum shared_way way) {
  struct shared_peer peer = shared_peer(way);
  struct contract_block block = shared_block(protocol, 4);
  int s = contract_bound_member(&block, NET_V4);
  set_scope(&peer, PORTRES_SCOPE_SHARED);
  assert_int_equal(shared_peer_bind(&peer, protocol, net_port(s)), EACCES);
  assert_int_equal(
      shared_peer_bind(&peer, protocol, (uint16_t)(block.start + 3)), EACCES);
  assert_int_equal(
      shared_peer_bind(&peer, protocol, (uint16_t)(block.start + 4)), 0);
  net_close(s);
  contract_end(&block);
  assert_int_equal(shared_peer_bind(&peer, protocol, block.start), 0);
  shared_quit(&peer);
}

static void check_forked_stranger(int protocol) {
  check_stranger(protocol, SHARED_FORKED);
}

static void check_started_stranger(int protocol) {
  check_stranger(protocol, SHARED_STARTED);
}

/* It does not share, so it is not asked. */
static void check_outsider(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct contract_block block = shared_block(protocol, 4);
  int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(shared_peer_bind(&peer, protocol, net_port(s)), EADDRINUSE);
  assert_int_equal(shared_peer_bind(&peer, protocol, block.start + 1), 0);
  net_close(s);
  contract_end(&block);
  shared_quit(&peer);
}

/* --- Ends --- */

static void check_release(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct shared_request release = {SHARED_RELEASE, 0, {0, 0}, 0};
  assert_int_equal(acquire_here(protocol, theirs), PORTRES_EADDRINUSE);
  assert_int_equal(shared_ask(&peer, release).status, 0);
  assert_int_equal(acquire_here(protocol, theirs), 0);
  shared_quit(&peer);
}

static void check_close(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct shared_request close_it = {SHARED_CLOSE, 0, {0, 0}, 0};
  assert_int_equal(shared_ask(&peer, close_it).status, 0);
  assert_int_equal(acquire_here(protocol, theirs), 0);
  shared_quit(&peer);
}

static void check_exit(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct portres_range theirs = peer_block(&peer, protocol);
  shared_quit(&peer);
  assert_int_equal(acquire_here(protocol, theirs), 0);
}

static void check_kill(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct portres_range theirs = peer_block(&peer, protocol);
  assert_int_equal(acquire_here(protocol, theirs), PORTRES_EADDRINUSE);
  shared_kill(&peer);
  assert_int_equal(acquire_here(protocol, theirs), 0);
}

/* Bits that a dead owner left refuse nobody. */
static void check_kill_and_bind(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct contract_block ours = shared_block(protocol, 1);
  struct portres_range theirs = peer_block(&peer, protocol);
  assert_int_equal(bind_here(protocol, theirs.start), EACCES);
  shared_kill(&peer);
  assert_int_equal(bind_here(protocol, theirs.start), 0);
  contract_end(&ours);
}

/* A child that the owner forked has nothing of its blocks. */
static void check_child_lives(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct shared_request fork_it = {SHARED_FORK, 0, {0, 0}, 0};
  struct shared_request close_it = {SHARED_CLOSE, 0, {0, 0}, 0};
  assert_int_equal(shared_ask(&peer, fork_it).status, 0);
  assert_int_equal(shared_ask(&peer, close_it).status, 0);
  assert_int_equal(acquire_here(protocol, theirs), 0);
  shared_quit(&peer);
}

static void check_child_ends(int protocol) {
  struct contract_block block = shared_block(protocol, 4);
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct shared_peer child = shared_peer(SHARED_FORKED);
  shared_quit(&child);
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)),
                   PORTRES_EADDRINUSE);
  contract_end(&block);
  shared_quit(&peer);
}

static void check_exec(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct shared_request exec = {SHARED_EXEC, 0, {0, 0}, 0};
  assert_int_equal(shared_ask(&peer, exec).status, 0);
  char byte;
  assert_int_equal(read(peer.from, &byte, 1), 0); /* closed by exec */
  assert_int_equal(acquire_here(protocol, theirs), 0);
  shared_kill(&peer);
}

/* --- Scopes --- */

static void check_describe(int protocol) {
  struct portres_info info = {.size = sizeof info};
  struct contract_block block = shared_block(protocol, 1);
  assert_int_equal(contract_describe(block.token, &info), 0);
  assert_int_equal(info.scope, PORTRES_SCOPE_SHARED);
  contract_end(&block);
}

static void check_set_scope(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request acquire = {SHARED_ACQUIRE, protocol, {0, 1}, 0};
  struct shared_request describe = {SHARED_DESCRIBE, 0, {0, 0}, 0};
  assert_int_equal(shared_ask(&peer, acquire).status, 0);
  assert_int_equal(shared_ask(&peer, describe).scope, PORTRES_SCOPE_PROCESS);
  set_scope(&peer, PORTRES_SCOPE_SHARED);
  assert_int_equal(shared_ask(&peer, acquire).status, 0);
  assert_int_equal(shared_ask(&peer, describe).scope, PORTRES_SCOPE_SHARED);
  set_scope(&peer, PORTRES_SCOPE_DEFAULT);
  assert_int_equal(shared_ask(&peer, acquire).status, 0);
  assert_int_equal(shared_ask(&peer, describe).scope, PORTRES_SCOPE_PROCESS);
  shared_quit(&peer);
}

static void check_unknown_scope(void) {
  assert_int_equal(portres_set_scope((enum portres_scope)99), PORTRES_EINVAL);
  assert_int_equal(portres_set_scope((enum portres_scope) - 1), PORTRES_EINVAL);
}

/* The same ports, in two namespaces: other ports. */
static void check_netns(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct contract_block block = shared_block(protocol, 4);
  struct shared_request unshare_it = {SHARED_UNSHARE, 0, {0, 0}, 0};
  int error = shared_ask(&peer, unshare_it).status;
  if (error != 0) {
    contract_end(&block);
    shared_quit(&peer);
    table_skip("no network namespace of its own");
  }
  assert_int_equal(shared_peer_acquire(&peer, protocol, range_of(&block)), 0);
  contract_end(&block);
  shared_quit(&peer);
}

/* --- Persistent reservations --- */

static enum portres_protocol named(int protocol) {
  return protocol == IPPROTO_TCP ? PORTRES_TCP : PORTRES_UDP;
}

/* ERROR_SHARING_VIOLATION, as Windows has it. */
static void check_create(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct shared_request release = {SHARED_RELEASE, 0, {0, 0}, 0};
  portres_token token = 0;
  int first = portres_persistent_create(named(protocol), theirs, &token);
  assert_int_equal(shared_ask(&peer, release).status, 0);
  int second = portres_persistent_create(named(protocol), theirs, &token);
  int deleted = portres_persistent_delete(named(protocol), theirs);
  assert_int_equal(first, PORTRES_EADDRINUSE);
  assert_int_equal(second, 0);
  assert_int_equal(deleted, 0);
  shared_quit(&peer);
}

static void check_created(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct contract_block block = shared_block(protocol, 2);
  portres_token token = 0;
  contract_end(&block);
  assert_int_equal(
      portres_persistent_create(named(protocol), range_of(&block), &token), 0);
  int status = shared_peer_acquire(&peer, protocol, range_of(&block));
  assert_int_equal(portres_persistent_delete(named(protocol), range_of(&block)),
                   0);
  assert_int_equal(status, PORTRES_EADDRINUSE);
  shared_quit(&peer);
}

/* --- Descriptors --- */

static void check_descriptors(int protocol) {
  int before = table_open_descriptors();
  struct contract_block first = shared_block(protocol, 2);
  struct contract_block second = shared_block(protocol, 2);
  assert_int_equal(table_open_descriptors(), before + 2 + 1);
  contract_end(&first);
  assert_int_equal(table_open_descriptors(), before + 1 + 1);
  contract_end(&second);
  assert_int_equal(table_open_descriptors(), before);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("B12, given a shared block, when another process acquires a "
                  "port of it, then EADDRINUSE until the block ends",
                  check_started),
    CONTRACT_BOTH("given a shared block, when a forked child acquires a port "
                  "of it, then EADDRINUSE until it ends",
                  check_forked),
    CONTRACT_BOTH("given a shared block, when a child of a raw clone acquires "
                  "a port of it, then EADDRINUSE until it ends",
                  check_cloned),
    CONTRACT_BOTH("given a shared block, when another process acquires "
                  "anywhere, then it gets other ports",
                  check_anywhere),
    CONTRACT_BOTH("given a shared block, when another process acquires "
                  "anywhere, then the lowest ports that are free",
                  check_lowest),
    CONTRACT_BOTH("given a shared block, when another process acquires its "
                  "ports of the other transport, then it gets them",
                  check_transports),
    CONTRACT_BOTH("given a released block with a bound port, when another "
                  "process acquires it, then EADDRINUSE until that closes",
                  check_still_bound),
    CONTRACT_BOTH("given a shared block, when a stranger of another process "
                  "that shares binds to its ports, then EACCES",
                  check_started_stranger),
    CONTRACT_BOTH("given a shared block, when a stranger of a forked child "
                  "binds to its ports, then EACCES",
                  check_forked_stranger),
    CONTRACT_BOTH("given a shared block, when a process that does not share "
                  "binds to its ports, then the kernel decides",
                  check_outsider),
    CONTRACT_BOTH("given a block of another process, when that releases it, "
                  "then it can be acquired",
                  check_release),
    CONTRACT_BOTH("given a block of another process, when that closes the "
                  "socket, then it can be acquired",
                  check_close),
    CONTRACT_BOTH("given a block of another process, when that exits, then it "
                  "can be acquired",
                  check_exit),
    CONTRACT_BOTH("given a block of another process, when that is killed, then "
                  "it can be acquired at once",
                  check_kill),
    CONTRACT_BOTH("given a block of a process that was killed, when a stranger "
                  "binds to its ports, then it gets them",
                  check_kill_and_bind),
    CONTRACT_BOTH("given an owner with a forked child, when the owner ends the "
                  "block, then it can be acquired though the child lives",
                  check_child_lives),
    CONTRACT_BOTH("given an owner with a forked child, when the child exits, "
                  "then the block is still the owner's",
                  check_child_ends),
    CONTRACT_BOTH("given a block of another process, when that becomes another "
                  "program by exec, then it can be acquired",
                  check_exec),
    CONTRACT_BOTH("given a shared block, then describe says so",
                  check_describe),
    CONTRACT_BOTH("given portres_set_scope, then acquires that name no scope "
                  "obey it",
                  check_set_scope),
    CONTRACT_BOTH("given a shared block, when a process of another network "
                  "namespace acquires its ports, then it gets them",
                  check_netns),
    CONTRACT_BOTH("given a block of another process, when it is created "
                  "persistently, then a sharing violation",
                  check_create),
    CONTRACT_BOTH("given a persistent reservation, when another process "
                  "acquires it to share, then EADDRINUSE",
                  check_created),
    CONTRACT_BOTH("given shared blocks, then they have one descriptor while "
                  "there are any",
                  check_descriptors),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, contract_check);
  table_add_one("given a scope that there is not, when it is set, then EINVAL",
                check_unknown_scope);
  return contract_run("shared");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
