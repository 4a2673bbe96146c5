/* Scope machine when descriptors end: amid an acquire, amid a swap, and where
 * not one is left for a guard. The adversary's path is the first argument. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "guard_support.h"

enum { LIMIT = 256, BLOCK = 8 };

static struct rlimit old;
static int taken[LIMIT];
static int taken_count;

static void limit_to(rlim_t count) {
  const struct rlimit limit = {count, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Descriptors up to the limit, but for so many. */
static void take_all_but(int left, int s) {
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  limit_to(LIMIT);
  taken_count = 0;
  while ((taken[taken_count] = dup(s)) >= 0) {
    taken_count++;
  }
  while (left-- > 0) {
    close(taken[--taken_count]);
  }
}

static int give_back(void) {
  const int count = taken_count;
  while (taken_count > 0) {
    close(taken[--taken_count]);
  }
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  return count;
}

static int acquire(int s, struct portres_reservation* out) {
  struct portres_options options = {.size = sizeof options,
                                    .range = {0, BLOCK},
                                    .scope = PORTRES_SCOPE_MACHINE};
  return contract_acquire_with(s, &options, out);
}

/* --- Amid an acquire --- */

/* True: so many are enough. */
static bool try_with(int protocol, int left) {
  struct portres_reservation granted;
  const int s = net_socket(protocol, NET_V4);
  const int file = dup(0);
  const int before = table_open_descriptors();
  take_all_but(left, file);
  const int status = acquire(s, &granted);
  give_back();
  if (status != 0) {
    assert_int_equal(status, PORTRES_ENOBUFS);
    assert_int_equal(table_open_descriptors(), before);
    assert_int_equal(acquire(s, &granted), 0);
  }
  guard_expect_kept(protocol, granted.range.start);
  guard_expect_kept(protocol, (uint16_t)(granted.range.start + BLOCK - 1));
  net_close(s);
  net_close(file);
  return status == 0;
}

static void check_acquire(int protocol) {
  int left = 0;
  while (!try_with(protocol, left)) {
    left++;
    assert_true(left < 4 * BLOCK);
  }
  assert_true(left >= BLOCK);
}

/* --- Amid a swap --- */

static int bind_one(const struct contract_block* block, int s) {
  const int status = portres_associate(s, block->token);
  return status != 0 ? status : net_bind_any(s, 0);
}

static void check_swap(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  for (int left = 0; left < 4; left++) {
    const int s = net_socket(protocol, NET_DUAL);
    const int file = dup(0);
    take_all_but(left, file);
    const int status = bind_one(&block, s);
    close(s);
    give_back();
    assert_int_equal(status, 0);
    guard_expect_kept(protocol, block.start);
    net_close(file);
  }
  contract_end(&block);
}

/* Even the number that is free after the close lies above the limit. */
static void check_none_left(int protocol) {
  const time_t end = time(NULL) + 10;
  struct contract_block block = guard_block(protocol, 2);
  const int s = contract_bound_member(&block, NET_DUAL);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  limit_to(1);
  close(s);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  do {
    const int other = contract_member(&block, NET_DUAL);
    assert_int_equal(net_bind_any(other, (uint16_t)(block.start + 1)), 0);
    net_close(other);
  } while (strcmp(guard_sweep(protocol, block.start, GUARD_OWN_UID), "none") !=
               0 &&
           time(NULL) < end);
  guard_expect_kept(protocol, block.start);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given any number of descriptors left, when a block is "
                  "acquired, then it is whole, or ENOBUFS and nothing is left "
                  "behind",
                  check_acquire),
    CONTRACT_BOTH("given few descriptors or none left, when a socket takes a "
                  "port and is closed, then it gets it, and strangers do not "
                  "afterwards",
                  check_swap),
    CONTRACT_BOTH("given a limit that leaves none for a guard, when a socket "
                  "is closed, then its port is guarded when the block is used "
                  "with some to spare",
                  check_none_left),
};

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  guard_adversary = argv[1];
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_limits");
}
