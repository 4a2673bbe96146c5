/* What is told of the blocks that all processes have. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ledgerreader_posix.h"
#include "shared_support.h"

enum { ENTRIES = 8 };

struct list {
  int count;
  struct portres__ledger_entry entries[ENTRIES];
};

static int add(const struct portres__ledger_entry* entry, void* arg) {
  struct list* list = arg;
  if (list->count < ENTRIES) {
    list->entries[list->count] = *entry;
  }
  list->count++;
  return 0;
}

static struct list list_all(void) {
  struct list list = {.count = 0};
  assert_int_equal(portres__ledger_each_of_all(add, &list), 0);
  return list;
}

static const struct portres__ledger_entry* find(const struct list* list,
                                                int protocol,
                                                uint16_t start) {
  for (int i = 0; i < list->count; i++) {
    const struct portres__ledger_record* record = &list->entries[i].record;
    if (record->protocol == protocol && record->start == start) {
      return &list->entries[i];
    }
  }
  return NULL;
}

static struct portres_range peer_block(const struct shared_peer* peer,
                                       int protocol) {
  struct shared_request request = {
      SHARED_ACQUIRE, protocol, {0, 3}, PORTRES_SCOPE_SHARED};
  struct shared_answer answer = shared_ask(peer, request);
  assert_int_equal(answer.status, 0);
  return answer.range;
}

static void check_none(void) {
  shared_clear();
  assert_int_equal(list_all().count, 0);
}

static void check_two(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block block = shared_block(protocol, 2);
  struct portres_range theirs = peer_block(&peer, protocol);
  struct list list = list_all();
  assert_int_equal(list.count, 2);
  const struct portres__ledger_entry* mine = find(&list, protocol, block.start);
  const struct portres__ledger_entry* other =
      find(&list, protocol, theirs.start);
  assert_non_null(mine);
  assert_non_null(other);
  assert_true(mine->has_record && other->has_record);
  assert_int_equal(mine->record.pid, getpid());
  assert_int_equal(other->record.pid, peer.pid);
  assert_int_equal(mine->user, geteuid());
  assert_int_equal(mine->record.count, 2);
  assert_int_equal(other->record.count, 3);
  assert_int_equal(mine->record.scope, PORTRES_SCOPE_SHARED);
  assert_int_equal(mine->record.kind, PORTRES_RUNTIME);
  assert_string_equal(mine->record.label, "shared");
  assert_string_equal(other->record.label, "peer");
  assert_true(strncmp(mine->record.program, "test-", 5) == 0);
  assert_true(portres__ledger_is_pid_ours(&mine->record));
  assert_true(other->record.started >= mine->record.started);
  assert_true(other->record.since_boot > mine->record.since_boot);
  shared_quit(&peer);
  assert_int_equal(list_all().count, 1);
  contract_end(&block);
  assert_int_equal(list_all().count, 0);
}

static void check_killed(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  peer_block(&peer, protocol);
  assert_int_equal(list_all().count, 1);
  shared_kill(&peer);
  assert_int_equal(list_all().count, 0);
}

/* A block is known without its record, too. */
static void check_torn(int protocol) {
  struct contract_block block = shared_block(protocol, 4);
  int fd = open(shared_ledger(), O_WRONLY | O_CLOEXEC);
  assert_int_equal(
      pwrite(fd, "?", 1, portres__ledger_place(protocol, block.start) + 60), 1);
  close(fd);
  struct list list = list_all();
  assert_int_equal(list.count, 1);
  assert_false(list.entries[0].has_record);
  assert_int_equal(list.entries[0].record.start, block.start);
  assert_int_equal(list.entries[0].record.count, 4);
  assert_int_equal(list.entries[0].record.pid, 0);
  contract_end(&block);
}

/* Records of the past are not cleared, and are not told. */
static void check_past(int protocol) {
  struct portres_reservation granted;
  struct contract_block block = shared_block(protocol, 4);
  struct portres_range whole = {block.start, 4};
  struct portres_range inside = {(uint16_t)(block.start + 1), 1};
  contract_end(&block);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(shared_acquire(s, inside, &granted), 0);
  assert_int_equal(contract_release(s, granted.token), 0);
  assert_int_equal(shared_acquire(s, whole, &granted), 0);
  assert_int_equal(list_all().count, 1);
  net_close(s);
  s = net_socket(protocol, NET_V4);
  assert_int_equal(shared_acquire(s, inside, &granted), 0);
  struct list list = list_all();
  assert_int_equal(list.count, 1);
  assert_int_equal(list.entries[0].record.start, inside.start);
  net_close(s);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given blocks of two processes, then both are told, until "
                  "they end",
                  check_two),
    CONTRACT_BOTH("given a block whose owner was killed, then it is not told",
                  check_killed),
    CONTRACT_BOTH("given a damaged record, then the range is told, and no "
                  "owner",
                  check_torn),
    CONTRACT_BOTH("given records of blocks that ended, then they are not told",
                  check_past),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one("given no ledger, then nothing is told", check_none);
  TABLE_ADD(rows, contract_check);
  return contract_run("shared_reader");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
