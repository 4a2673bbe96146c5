/* shared_kill [KILLS] - owners of blocks are killed at random instants, amid
 * acquires, releases and binds of others, and at every system call of a first
 * acquire and of a repair: no two ever have the same port, and when they are
 * dead all of their ports can be acquired, at once. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kill_owner.h"
#include "kill_support.h"
#include "shared_support.h"

enum {
  AREA = 512,       /* all that any of them can have had */
  HEAD_SIZE = 4096, /* of a ledger */
  SWEPT_AT = 32,
  PORTS_SIZE = 8192 /* of the bits of one transport */
};

static unsigned kills_wanted = 500;

static void hold_ledger(struct contract_block* out, uint16_t port) {
  struct portres_reservation granted;
  out->holder = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(
      shared_acquire(out->holder, (struct portres_range){port, 1}, &granted),
      0);
}

static void check_kills(void) {
  unsigned seed = (unsigned)getpid();
  unsigned kills = 0;
  uint16_t start = kill_first_start();
  print_message("# seed %u\n", seed);
  for (; kills < kills_wanted; kills += KILLGROUND_OWNERS) {
    /* Half of the time the ledger stays open here. */
    struct contract_block ours = {.holder = -1};
    if (kill_random(&seed) % 2 == 0) {
      hold_ledger(&ours, (uint16_t)(start + AREA));
    }
    kill_wipe();
    kill_run_round(PORTRES_SCOPE_SHARED, &seed);
    for (int i = 0; i < 2; i++) {
      kill_expect_free(PORTRES_SCOPE_SHARED, i == 0 ? IPPROTO_TCP : IPPROTO_UDP,
                       (struct portres_range){start, AREA});
    }
    if (ours.holder >= 0) {
      net_close(ours.holder);
    }
    kill_expect_no_trace();
    assert_int_equal(kill_ground->overlaps, 0);
    assert_int_equal(kill_ground->trouble, 0);
  }
  print_message(
      "# shared: %u kills at random instants, %u acquires, %u binds, %u forks: "
      "0 overlaps, %u lost; the first acquire of %d ports afterwards: 0 "
      "failures, %.1f ms at most\n",
      kills, kill_ground->acquires, kill_ground->acquires + kill_ground->swaps,
      kill_ground->forks, kill_ground->lost, AREA, kill_longest_ms());
  assert_true(kill_ground->acquires > kills);
  assert_int_equal(kill_ground->lost, 0);
}

/* --- The first acquire of all --- */

static int acquire_first(void* arg) {
  struct portres_options options = {
      .size = sizeof options, .range = {0, 4}, .scope = PORTRES_SCOPE_SHARED};
  struct portres_reservation granted;
  (void)arg;
  kill_follow_from_here();
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  return portres_acquire_with(s, &options, &granted);
}

static uint16_t start_of_all;

static void expect_all_free(pid_t dead) {
  kill_await_children(dead);
  kill_expect_free(PORTRES_SCOPE_SHARED, IPPROTO_TCP,
                   (struct portres_range){start_of_all, 8});
  kill_expect_no_trace();
}

static void check_first(void) {
  start_of_all = kill_first_start();
  kill_everywhere(&(struct kill_scene){.name = "shared, the first acquire",
                                       .prepare = shared_clear,
                                       .work = acquire_first,
                                       .check = expect_all_free},
                  kills_wanted / 10);
}

/* --- Repair --- */

static struct shared_peer peer;
static struct portres_range peers;

static void write_at(long at, const void* data, size_t len) {
  const int fd = open(shared_ledger(), O_WRONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, data, len, at), len);
  net_close(fd);
}

static void make_sweep_due(void) {
  const uint64_t never = 0;
  write_at(SWEPT_AT, &never, sizeof never);
}

/* As if owners of all ports had died. */
static void soil(void) {
  static char ones[PORTS_SIZE];
  memset(ones, 0xff, sizeof ones);
  for (int i = 0; i < 4; i++) {
    write_at(HEAD_SIZE + i * PORTS_SIZE, ones, sizeof ones);
  }
  make_sweep_due();
}

static void expect_bits_of_peer(void) {
  unsigned char bits[PORTS_SIZE];
  const int fd = open(shared_ledger(), O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pread(fd, bits, sizeof bits, HEAD_SIZE), sizeof bits);
  for (int port = 1; port < 65536; port++) {
    const bool is_peers = port >= peers.start && port < peers.start + 4;
    assert_int_equal(bits[port / 8] >> port % 8 & 1, is_peers);
  }
  net_close(fd);
}

/* Anywhere, for which the bits may leave no place; the next sweep clears them,
 * and the living one is left alone. */
static void expect_repaired(pid_t dead) {
  const struct portres_range anywhere = {0, 4};
  kill_await_children(dead);
  kill_expect_free(PORTRES_SCOPE_SHARED, IPPROTO_TCP, anywhere);
  make_sweep_due();
  kill_expect_free(PORTRES_SCOPE_SHARED, IPPROTO_TCP, anywhere);
  expect_bits_of_peer();
  assert_int_equal(shared_peer_acquire(&peer, IPPROTO_TCP, peers),
                   PORTRES_EADDRINUSE);
}

static void check_repair(void) {
  struct shared_request request = {
      SHARED_ACQUIRE, IPPROTO_TCP, {0, 4}, PORTRES_SCOPE_SHARED};
  shared_clear();
  peer = shared_peer(SHARED_STARTED);
  request.range.start = (uint16_t)(kill_first_start() + 8);
  struct shared_answer answer = shared_ask(&peer, request);
  assert_int_equal(answer.status, 0);
  peers = answer.range;
  kill_everywhere(&(struct kill_scene){.name = "shared, a repair",
                                       .prepare = soil,
                                       .work = acquire_first,
                                       .check = expect_repaired},
                  kills_wanted / 10);
  shared_kill(&peer);
}

static int run(int argc, char** argv) {
  if (argc > 1) {
    kills_wanted = (unsigned)strtoul(argv[1], NULL, 10);
  }
  if (!kill_begin()) {
    return 1;
  }
  table_add_one(
      "given owners that are killed at random instants, then no port "
      "has two owners, and none is lost",
      check_kills);
  table_add_one(
      "given no ledger, when the first acquire is killed at any call, then the "
      "next one succeeds and nothing is left",
      check_first);
  table_add_one(
      "given what dead owners left, when its repair is killed at any call, "
      "then the next acquire succeeds, and the living keep theirs",
      check_repair);
  return contract_run("shared_kill");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
