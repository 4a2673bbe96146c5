/* Clocks that jump. Whose a port is no clock says: a lock does. What the ledger
 * has of time is when it was swept, by a clock that nobody sets, but that each
 * time namespace has shifted; and when a process started, which is only told.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_support.h"

enum { BITS_AT = 4096, BITS_SIZE = 4 * 8192, SWEPT_AT = 32 };

static int open_ledger(void) {
  const int fd = open(shared_ledger(), O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

/* As dead owners of all ports leave it. */
static void soil(uint64_t swept_ms) {
  static char ones[BITS_SIZE];
  const int fd = open_ledger();
  memset(ones, 0xff, sizeof ones);
  assert_int_equal(pwrite(fd, ones, sizeof ones, BITS_AT), sizeof ones);
  assert_int_equal(pwrite(fd, &swept_ms, sizeof swept_ms, SWEPT_AT),
                   sizeof swept_ms);
  net_close(fd);
}

static void expect_swept(void) {
  static const char zeros[BITS_SIZE];
  static char bits[BITS_SIZE];
  const int fd = open_ledger();
  assert_int_equal(pread(fd, bits, sizeof bits, BITS_AT), sizeof bits);
  assert_memory_equal(bits, zeros, sizeof bits);
  net_close(fd);
}

struct row {
  const char* name;
  uint64_t swept_ms;
};

static const struct row rows[] = {
    {"given a ledger that was swept long ago, then the next process sweeps it",
     0},
    {"given one that was swept in the future, then the next process sweeps it",
     UINT64_MAX},
    {"given one that was swept a day from now, then the next process sweeps it",
     UINT64_C(1) << 50},
};

static void check_row(const void* data) {
  const struct row* row = data;
  struct contract_block block;
  shared_clear();
  block = shared_block(IPPROTO_TCP, 1);
  contract_end(&block);
  soil(row->swept_ms);
  block = shared_block(IPPROTO_UDP, 1);
  contract_end(&block);
  expect_swept();
}

/* --- A time namespace --- */

static bool put(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool is_put = fd >= 0 && write(fd, text, strlen(text)) > 0;
  close(fd);
  return is_put;
}

/* Its children's clocks are ahead by ten days. */
static bool shift_clocks(void) {
  return unshare(CLONE_NEWTIME) == 0 &&
         put("/proc/self/timens_offsets",
             "monotonic 864000 0\nboottime 864000 0\n");
}

/* In another process, or this one would stay where its clocks are. */
static int start_ahead(void* arg) {
  const struct portres_range* range = arg;
  int status = 0;
  if (!shift_clocks()) {
    return 77;
  }
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  if (shared_peer_acquire(&peer, IPPROTO_TCP, *range) != PORTRES_EADDRINUSE) {
    status = 1;
  } else if (shared_peer_acquire(&peer, IPPROTO_UDP, *range) != 0) {
    status = 2;
  }
  shared_kill(&peer);
  return status;
}

static void check_ahead(void) {
  struct contract_block block;
  struct portres_reservation granted;
  shared_clear();
  block = shared_block(IPPROTO_TCP, 4);
  struct portres_range range = {block.start, 4};
  const int status = contract_in_child(start_ahead, &range);
  const int s = net_socket(IPPROTO_UDP, NET_V4);
  const int after = shared_acquire(s, range, &granted);
  net_close(s);
  contract_end(&block);
  soil(UINT64_MAX);
  block = shared_block(IPPROTO_UDP, 1);
  contract_end(&block);
  expect_swept();
  if (status == 77) {
    table_skip("no time namespace of its own");
  }
  assert_int_equal(status, 0);
  assert_int_equal(after, 0);
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, check_row);
  table_add_one(
      "given a process whose clocks are ahead, when it meets a block, has one "
      "and is killed, then all is as if there were no clocks",
      check_ahead);
  return contract_run("shared_time");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
