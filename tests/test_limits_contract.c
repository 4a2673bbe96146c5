/* What the process lacks: the right to a privileged port, and descriptors.
 *
 * meson runs this program without any capability. Windows has no privileged
 * ports; EACCES already at acquire is our choice (COMPAT): the bind would fail
 * anyway, later and at a worse place.
 */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "contract.h"

struct right_row {
  const char* name;
  int offset; /* from the first unprivileged port */
  uint16_t count;
  int want;
};

static const struct right_row right_rows[] = {
    {"given the last privileged port, then EACCES", -1, 1, PORTRES_EACCES},
    {"given a range that begins privileged, then EACCES", -2, 4,
     PORTRES_EACCES},
    {"given the range of the NFS client, then EACCES", -424, 1, PORTRES_EACCES},
    {"given a privileged range with a count of 0, then EINVAL wins", -1, 0,
     PORTRES_EINVAL},
    {"given the first unprivileged port, then it is granted", 0, 1, 0},
};

static void check_right(const void* data) {
  const struct right_row* row = data;
  static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  net_need_netns("capabilities are dropped together with the namespace");
  for (int i = 0; i < 2; i++) {
    struct portres_reservation granted;
    int s = net_socket(protocols[i], NET_V4);
    uint16_t start = (uint16_t)(net_unprivileged_start() + row->offset);
    assert_int_equal(contract_acquire(s, start, row->count, &granted),
                     row->want);
    net_close(s);
  }
}

/* A socket of ours on the port makes no difference to whose right it is. */
static void check_port_1(int protocol) {
  net_need_netns("capabilities are dropped together with the namespace");
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(s, 1, 65535, &granted), PORTRES_EACCES);
  assert_int_equal(contract_acquire(s, 1, 1, &granted), PORTRES_EACCES);
  net_close(s);
}

/* The header's order: the right comes before the use. */
static void check_right_before_use(int protocol) {
  net_need_netns("capabilities are dropped together with the namespace");
  struct portres_reservation granted;
  uint16_t first = net_unprivileged_start();
  struct contract_block block = contract_block_at(protocol, first, 1);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(s, (uint16_t)(first - 1), 2, &granted),
                   PORTRES_EACCES);
  net_close(s);
  contract_end(&block);
}

/* Leave room for `more` descriptors; returns the old limit. */
static rlim_t limit_descriptors(int more) {
  struct rlimit limit;
  int next = dup(STDIN_FILENO);
  assert_true(next >= 0);
  net_close(next);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlim_t old = limit.rlim_cur;
  limit.rlim_cur = (rlim_t)next + (rlim_t)more;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  return old;
}

static void restore_limit(rlim_t old) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = old;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void check_no_descriptor(int protocol) {
  struct portres_reservation granted;
  uint16_t start = net_free_block(4);
  int s = net_socket(protocol, NET_V4);
  rlim_t old = limit_descriptors(0);
  int specific = contract_acquire(s, start, 4, &granted);
  int anywhere = contract_acquire(s, 0, 4, &granted);
  restore_limit(old);
  assert_int_equal(specific, PORTRES_ENOBUFS);
  assert_int_equal(anywhere, PORTRES_ENOBUFS);
  assert_int_equal(contract_acquire(s, start, 4, &granted), 0);
  net_close(s);
}

/* Once acquired, a block costs no descriptor: associate, bind and release
 * work with the last one taken. */
static void check_members_need_none(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int s = net_socket(protocol, NET_V4);
  rlim_t old = limit_descriptors(0);
  int associated = contract_associate(s, block.token);
  int bound = net_bind_any(s, 0);
  int released = contract_release(block.holder, block.token);
  restore_limit(old);
  assert_int_equal(associated, 0);
  assert_int_equal(bound, 0);
  assert_int_equal(released, 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

/* However large the block, acquire needs few descriptors at a time. */
static void check_few_descriptors(int protocol) {
  net_need_room(4096);
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  rlim_t old = limit_descriptors(4);
  int status = contract_acquire(s, 0, 4096, &granted);
  restore_limit(old);
  assert_int_equal(status, 0);
  net_close(s);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given port 1, alone or with all others, then EACCES",
                  check_port_1),
    CONTRACT_BOTH("given a privileged range with a reserved port, then EACCES "
                  "wins",
                  check_right_before_use),
    CONTRACT_BOTH("given no descriptor left, when a block is acquired, then "
                  "ENOBUFS and nothing is reserved",
                  check_no_descriptor),
    CONTRACT_BOTH("given no descriptor left, then a member still binds",
                  check_members_need_none),
    CONTRACT_BOTH("given four descriptors left, then 4096 ports are acquired",
                  check_few_descriptors),
};

int main(void) {
  TABLE_ADD(right_rows, check_right);
  TABLE_ADD(rows, contract_check);
  return contract_run("limits");
}
