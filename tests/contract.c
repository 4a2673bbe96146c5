#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* No call below fails with this one, so a stray write to errno shows. */
#define UNTOUCHED ENOTNAM

static int hold_errno(int status) {
  assert_int_equal(errno, UNTOUCHED);
  return status;
}

static void fill(void* memory, size_t size) {
  memset(memory, 0xa5, size);
}

static void expect_filled(const void* memory, size_t size) {
  const unsigned char* bytes = memory;
  for (size_t i = 0; i < size; i++) {
    assert_int_equal(bytes[i], 0xa5);
  }
}

int contract_acquire(int s,
                     uint16_t start,
                     uint16_t count,
                     struct portres_reservation* out) {
  if (out) {
    fill(out, sizeof *out);
  }
  errno = UNTOUCHED;
  int status =
      hold_errno(portres_acquire(s, (struct portres_range){start, count}, out));
  if (status != 0 && out) {
    expect_filled(out, sizeof *out);
  }
  return status;
}

int contract_acquire_with(int s,
                          const struct portres_options* options,
                          struct portres_reservation* out) {
  if (out) {
    fill(out, sizeof *out);
  }
  errno = UNTOUCHED;
  int status = hold_errno(portres_acquire_with(s, options, out));
  if (status != 0 && out) {
    expect_filled(out, sizeof *out);
  }
  return status;
}

int contract_associate(int s, portres_token token) {
  errno = UNTOUCHED;
  return hold_errno(portres_associate(s, token));
}

int contract_release(int s, portres_token token) {
  errno = UNTOUCHED;
  return hold_errno(portres_release(s, token));
}

int contract_describe(portres_token token, struct portres_info* info) {
  struct portres_info before;
  if (info) {
    before = *info;
  }
  errno = UNTOUCHED;
  int status = hold_errno(portres_describe(token, info));
  if (status != 0 && info) {
    assert_memory_equal(info, &before, sizeof before);
  }
  return status;
}

struct contract_block contract_block(int protocol, uint16_t count) {
  return contract_block_at(protocol, 0, count);
}

struct contract_block contract_block_at(int protocol,
                                        uint16_t start,
                                        uint16_t count) {
  struct portres_reservation granted;
  int holder = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(holder, start, count, &granted), 0);
  assert_int_equal(granted.range.count, count);
  assert_true(start == 0 || granted.range.start == start);
  return (struct contract_block){.holder = holder,
                                 .protocol = protocol,
                                 .start = granted.range.start,
                                 .count = count,
                                 .token = granted.token};
}

void contract_end(const struct contract_block* block) {
  net_close(block->holder);
}

int contract_member(const struct contract_block* block,
                    enum net_family family) {
  int s = net_socket(block->protocol, family);
  assert_int_equal(contract_associate(s, block->token), 0);
  return s;
}

int contract_bound_member(const struct contract_block* block,
                          enum net_family family) {
  int s = contract_member(block, family);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_true(contract_contains(block, net_port(s)));
  return s;
}

bool contract_contains(const struct contract_block* block, uint16_t port) {
  return port >= block->start && port - block->start < block->count;
}

void contract_expect_figures(portres_token token,
                             unsigned used,
                             unsigned free,
                             unsigned cooling) {
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(token, &info), 0);
  assert_int_equal(info.used, used);
  assert_int_equal(info.free, free);
  assert_int_equal(info.cooling, cooling);
  assert_int_equal(used + free + cooling, info.range.count);
}

void contract_check(const void* row) {
  const struct contract_row* scenario = row;
  scenario->check(scenario->protocol);
}

enum portres_scope contract_default_scope(void) {
  const char* scope = getenv("PORTRES_SCOPE");
  return scope != NULL && strcmp(scope, "process") == 0 ? PORTRES_SCOPE_PROCESS
                                                        : PORTRES_SCOPE_MACHINE;
}

int contract_in_child(int (*check)(void* arg), void* arg) {
  int wait_status;
  fflush(stdout);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    _exit(check(arg));
  }
  assert_int_equal(waitpid(pid, &wait_status, 0), pid);
  assert_true(WIFEXITED(wait_status));
  return WEXITSTATUS(wait_status);
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

int contract_count_reservations(void) {
  int count = 0;
  portres_list(count_one, &count);
  return count;
}

int contract_run(const char* group) {
  table_watch("reservations", contract_count_reservations);
  return table_run(group);
}
