/* Where nobody chooses a scope, a block has the widest that can be had, and
 * says so; nothing is left of a wider one that was tried. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_support.h"

enum { LIMIT = 256, GUARDS_MAX = LIMIT / 4, SMALL = 8 };

/* The scope that a block of so many ports has. */
static enum portres_scope scope_of(int protocol, uint16_t count) {
  struct contract_block block = contract_block(protocol, count);
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(block.token, &info), 0);
  contract_end(&block);
  return info.scope;
}

static struct rlimit set_limit(rlim_t count) {
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  struct rlimit limit = {count, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  return old;
}

static void check_small(int protocol) {
  assert_int_equal(scope_of(protocol, SMALL), PORTRES_SCOPE_MACHINE);
}

static void check_large(int protocol) {
  struct rlimit old = set_limit(LIMIT);
  enum portres_scope most = scope_of(protocol, GUARDS_MAX);
  enum portres_scope more = scope_of(protocol, GUARDS_MAX + 1);
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(most, PORTRES_SCOPE_MACHINE);
  assert_int_equal(more, PORTRES_SCOPE_SHARED);
}

/* All together, not each block by itself. */
static void check_second(int protocol) {
  struct rlimit old = set_limit(LIMIT);
  struct contract_block first = contract_block(protocol, GUARDS_MAX);
  enum portres_scope second = scope_of(protocol, 1);
  contract_end(&first);
  enum portres_scope again = scope_of(protocol, 1);
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(second, PORTRES_SCOPE_SHARED);
  assert_int_equal(again, PORTRES_SCOPE_MACHINE);
}

/* The guards are few enough, and the descriptors are gone all the same. */
static void check_no_descriptors(int protocol) {
  struct rlimit old = set_limit(LIMIT);
  int copies[LIMIT];
  int count = 0;
  while ((copies[count] = dup(0)) >= 0) {
    count++;
  }
  for (int i = 0; i < SMALL; i++) {
    close(copies[--count]);
  }
  enum portres_scope scope = scope_of(protocol, 2 * SMALL);
  while (count > 0) {
    close(copies[--count]);
  }
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(scope, PORTRES_SCOPE_SHARED);
}

static void check_no_directory(int protocol) {
  shared_clear();
  int fd = open(shared_dir(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  close(fd);
  struct rlimit old = set_limit(LIMIT);
  enum portres_scope small = scope_of(protocol, SMALL);
  enum portres_scope large = scope_of(protocol, GUARDS_MAX + 1);
  setrlimit(RLIMIT_NOFILE, &old);
  unlink(shared_dir());
  assert_int_equal(small, PORTRES_SCOPE_MACHINE);
  assert_int_equal(large, PORTRES_SCOPE_PROCESS);
}

/* Replaced when there are blocks already: by something that is none. */
static void check_directory_goes(int protocol) {
  shared_clear();
  struct contract_block first = contract_block(protocol, SMALL);
  shared_clear();
  close(open(shared_dir(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  struct rlimit old = set_limit(LIMIT);
  enum portres_scope small = scope_of(protocol, SMALL);
  enum portres_scope large = scope_of(protocol, GUARDS_MAX + 1);
  setrlimit(RLIMIT_NOFILE, &old);
  contract_end(&first);
  unlink(shared_dir());
  assert_int_equal(small, PORTRES_SCOPE_MACHINE);
  assert_int_equal(large, PORTRES_SCOPE_PROCESS);
}

/* The scope of a block in a process that can write no record. */
static enum portres_scope scope_after(enum shared_act act,
                                      uint16_t room,
                                      int protocol,
                                      uint16_t count) {
  shared_clear();
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request limit = {act, 0, {0, room}, 0};
  struct shared_request acquire = {SHARED_ACQUIRE, protocol, {0, count}, 0};
  struct shared_request describe = {SHARED_DESCRIBE, 0, {0, 0}, 0};
  int error = shared_ask(&peer, limit).status;
  int status = shared_ask(&peer, acquire).status;
  struct shared_answer answer = shared_ask(&peer, describe);
  shared_quit(&peer);
  if (error != 0) {
    table_skip("no mount namespace of its own");
  }
  assert_int_equal(status, 0);
  return (enum portres_scope)answer.scope;
}

static void check_full(int protocol) {
  struct rlimit old = set_limit(LIMIT);
  enum portres_scope small = scope_after(SHARED_MOUNT, 9, protocol, SMALL);
  enum portres_scope large =
      scope_after(SHARED_MOUNT, 9, protocol, GUARDS_MAX + 1);
  enum portres_scope limited =
      scope_after(SHARED_FILE_LIMIT, 8192, protocol, GUARDS_MAX + 1);
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(small, PORTRES_SCOPE_MACHINE);
  assert_int_equal(large, PORTRES_SCOPE_PROCESS);
  assert_int_equal(limited, PORTRES_SCOPE_PROCESS);
}

/* The guards would leave the program none. */
static void check_headroom(int protocol) {
  struct rlimit old = set_limit(LIMIT);
  int copies[LIMIT];
  int count = 0;
  while ((copies[count] = dup(0)) >= 0) {
    count++;
  }
  for (int i = 0; i < 2 * SMALL; i++) {
    close(copies[--count]);
  }
  enum portres_scope scope = scope_of(protocol, SMALL);
  while (count > 0) {
    close(copies[--count]);
  }
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(scope, PORTRES_SCOPE_SHARED);
}

/* What is asked for is had, or refused. */
static void check_chosen(int protocol) {
  struct portres_options options = {.size = sizeof options,
                                    .range = {0, GUARDS_MAX + 1},
                                    .scope = PORTRES_SCOPE_MACHINE};
  struct portres_reservation granted;
  struct rlimit old = set_limit(LIMIT);
  int s = net_socket(protocol, NET_V4);
  int status = contract_acquire_with(s, &options, &granted);
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_PROCESS), 0);
  enum portres_scope chosen = scope_of(protocol, SMALL);
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_DEFAULT), 0);
  setrlimit(RLIMIT_NOFILE, &old);
  net_close(s);
  assert_int_equal(status, PORTRES_ENOBUFS);
  assert_int_equal(chosen, PORTRES_SCOPE_PROCESS);
}

/* A peer with another scope meets it, whichever it is. */
static void check_peer(int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct contract_block block = contract_block(protocol, SMALL);
  struct portres_range range = {block.start, block.count};
  assert_int_equal(shared_peer_acquire(&peer, protocol, range),
                   PORTRES_EADDRINUSE);
  assert_true(shared_peer_bind(&peer, protocol, block.start) != 0);
  contract_end(&block);
  assert_int_equal(shared_peer_acquire(&peer, protocol, range), 0);
  shared_quit(&peer);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a small block, then its scope is machine",
                  check_small),
    CONTRACT_BOTH("given a block of more ports than a fourth of the "
                  "descriptors, then its scope is shared",
                  check_large),
    CONTRACT_BOTH("given a block with all the guards there may be, then the "
                  "next one's scope is shared",
                  check_second),
    CONTRACT_BOTH("given too few descriptors for guards, then the scope is "
                  "shared",
                  check_no_descriptors),
    CONTRACT_BOTH("given no use can be made of the runtime directory, then a "
                  "small block's scope is machine, and a large one's process",
                  check_no_directory),
    CONTRACT_BOTH("given the runtime directory is replaced later, then the "
                  "same",
                  check_directory_goes),
    CONTRACT_BOTH("given no room for a record, then the same", check_full),
    CONTRACT_BOTH("given as many descriptors as guards, and few more, then the "
                  "scope is shared",
                  check_headroom),
    CONTRACT_BOTH("given a scope that is asked for, then it is that one or an "
                  "error",
                  check_chosen),
    CONTRACT_BOTH("given a block, when another process wants it, then it is "
                  "refused until the end of the block",
                  check_peer),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, contract_check);
  return contract_run("shared_widest");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
