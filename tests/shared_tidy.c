/* Ledgers of namespaces that have ended do not pile up: whoever is the first in
 * a namespace removes those that nobody has a block in, of all others. Nobody
 * loses a block by it, and whoever looks at such a ledger looks at the next. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_support.h"

enum { ROUNDS = 300 };

static const struct portres_range two = {0, 2};

static int count_ledgers(void) {
  DIR* dir = opendir(shared_dir());
  int count = 0;
  for (struct dirent* entry; dir && (entry = readdir(dir));) {
    count += strncmp(entry->d_name, "ledger-", 7) == 0;
  }
  if (dir) {
    closedir(dir);
  }
  return count;
}

/* One with a block in a network namespace of its own. */
static struct shared_peer elsewhere(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request unshare_it = {SHARED_UNSHARE, 0, {0, 0}, 0};
  if (shared_ask(&peer, unshare_it).status != 0) {
    shared_quit(&peer);
    table_skip("no network namespace of its own");
  }
  assert_int_equal(shared_peer_acquire(&peer, protocol, two), 0);
  return peer;
}

static enum portres_scope scope_of(const struct shared_peer* peer) {
  struct shared_request describe = {SHARED_DESCRIBE, 0, {0, 0}, 0};
  struct shared_answer answer = shared_ask(peer, describe);
  assert_int_equal(answer.status, 0);
  return (enum portres_scope)answer.scope;
}

static void check_ended(int protocol) {
  shared_clear();
  struct shared_peer stays = elsewhere(protocol);
  struct shared_peer goes = elsewhere(protocol);
  shared_quit(&goes);
  assert_int_equal(count_ledgers(), 2);
  struct contract_block block = shared_block(protocol, 2);
  assert_int_equal(count_ledgers(), 2);
  assert_int_equal(scope_of(&stays), PORTRES_SCOPE_SHARED);
  shared_kill(&stays);
  struct shared_peer next = elsewhere(protocol);
  assert_int_equal(count_ledgers(), 2);
  contract_end(&block);
  shared_quit(&next);
  next = elsewhere(protocol);
  assert_int_equal(count_ledgers(), 1);
  shared_quit(&next);
}

/* A release before the end leaves a ledger that its process knows by its map.
 */
static void check_again(int protocol) {
  shared_clear();
  struct contract_block block = shared_block(protocol, 2);
  contract_end(&block);
  struct shared_peer other = elsewhere(protocol);
  assert_int_equal(count_ledgers(), 1);
  block = shared_block(protocol, 2);
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct portres_range range = {block.start, block.count};
  assert_int_equal(shared_peer_acquire(&peer, protocol, range),
                   PORTRES_EADDRINUSE);
  assert_int_equal(count_ledgers(), 2);
  contract_end(&block);
  shared_quit(&peer);
  shared_quit(&other);
}

static void check_watcher(int protocol) {
  shared_clear();
  struct shared_peer watcher = shared_peer(SHARED_STARTED);
  struct shared_request share = {SHARED_SCOPE, 0, {0, 0}, PORTRES_SCOPE_SHARED};
  uint16_t port = net_free_block(1);
  assert_int_equal(shared_ask(&watcher, share).status, 0);
  assert_int_equal(shared_peer_bind(&watcher, protocol, port), 0);
  assert_int_equal(count_ledgers(), 1);
  struct shared_peer other = elsewhere(protocol);
  assert_int_equal(count_ledgers(), 1);
  struct contract_block block = shared_block(protocol, 2);
  assert_int_equal(shared_peer_bind(&watcher, protocol, block.start), EACCES);
  contract_end(&block);
  assert_int_equal(shared_peer_bind(&watcher, protocol, block.start), 0);
  shared_quit(&other);
  shared_quit(&watcher);
}

/* --- Amid others --- */

static int acquire_here(int protocol, struct portres_range range) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  int status = shared_acquire(s, range, &granted);
  net_close(s);
  return status;
}

static void tidy_all_the_time(void) {
  struct portres_reservation granted;
  int status = unshare(CLONE_NEWNET);
  while (status == 0) {
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    status = portres_acquire(s, two, &granted);
    close(s);
    status = status != 0 ? status : unshare(CLONE_NEWNET);
  }
}

static int end_of(pid_t pid) {
  int status = 0;
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 0 : WEXITSTATUS(status);
}

/* Two want the same, and the ledger in which they meet is removed between. */
static void check_amid(int protocol) {
  shared_clear();
  shared_quit(&(struct shared_peer[]){elsewhere(protocol)}[0]);
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request close_it = {SHARED_CLOSE, 0, {0, 0}, 0};
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_SHARED), 0);
  pid_t pid = fork();
  if (pid == 0) {
    tidy_all_the_time();
    _exit(1);
  }
  for (int i = 0; i < ROUNDS; i++) {
    struct contract_block block = contract_block(protocol, 2);
    struct portres_range range = {block.start, block.count};
    assert_int_equal(shared_peer_acquire(&peer, protocol, range),
                     PORTRES_EADDRINUSE);
    contract_end(&block);
    assert_int_equal(shared_peer_acquire(&peer, protocol, range), 0);
    assert_int_equal(acquire_here(protocol, range), PORTRES_EADDRINUSE);
    assert_int_equal(shared_ask(&peer, close_it).status, 0);
  }
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_DEFAULT), 0);
  assert_int_equal(end_of(pid), 0);
  shared_quit(&peer);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given ledgers of namespaces, when another one gets its "
                  "own, then those without a block are gone, and no other",
                  check_ended),
    CONTRACT_BOTH("given a ledger that was removed so, when its process "
                  "acquires again, then others are told of it",
                  check_again),
    CONTRACT_BOTH("given a process that looks at a ledger that is removed so, "
                  "when there is a new one, then it looks at that",
                  check_watcher),
    CONTRACT_BOTH("given a process that removes ledgers all the time, when two "
                  "others want one block, then one of them has it",
                  check_amid),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, contract_check);
  return contract_run("shared_tidy");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
