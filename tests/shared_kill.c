/* shared_kill [KILLS] - owners of blocks are killed at random instants, amid
 * acquires, releases and binds of others: no two ever have the same port, and
 * when they are dead all of their ports can be acquired, at once. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared_support.h"

enum { OWNERS = 4, BLOCKS = 12, COUNT_MAX = 8, AREA = 512, LIFE_US = 3000 };

struct shared {
  _Atomic int owners[2][65536];  /* by protocol and port: number + 1, or 0 */
  _Atomic bool is_dying[OWNERS]; /* by number: it is being killed */
  _Atomic unsigned acquires;
  _Atomic unsigned overlaps;
  _Atomic int trouble; /* a status that should not be */
};

static struct shared* shared;
static unsigned kills_wanted = 500;

static unsigned next_random(unsigned* seed) {
  *seed = *seed * 1103515245 + 12345;
  return *seed >> 16;
}

/* --- An owner --- */

struct block {
  int s;
  int member;
  portres_token token;
  int index; /* of the protocol */
  struct portres_range range;
};

/* What one had who was killed, others may have. */
static void enter(const struct block* block, int number) {
  for (int i = 0; i < block->range.count; i++) {
    int before = atomic_exchange(
        &shared->owners[block->index][block->range.start + i], number + 1);
    if (before != 0 && !shared->is_dying[before - 1]) {
      shared->overlaps++;
    }
  }
}

static void leave(const struct block* block, int number) {
  for (int i = 0; i < block->range.count; i++) {
    int before = atomic_exchange(
        &shared->owners[block->index][block->range.start + i], 0);
    if (before != number + 1) {
      shared->overlaps++;
    }
  }
}

static void take_port(struct block* block, int type) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  block->member = socket(AF_INET, type, 0);
  int status = portres_associate(block->member, block->token);
  if (status != 0 ||
      bind(block->member, (struct sockaddr*)&address, sizeof address) != 0) {
    shared->trouble = status != 0 ? status : -1;
  }
}

static void begin(struct block* block, int number, unsigned* seed) {
  struct portres_options options = {
      .size = sizeof options,
      .range = {0, (uint16_t)(1 + next_random(seed) % COUNT_MAX)},
      .scope = PORTRES_SCOPE_SHARED};
  struct portres_reservation granted;
  block->index = (int)(next_random(seed) % 2);
  int type = block->index == 0 ? SOCK_STREAM : SOCK_DGRAM;
  block->s = socket(AF_INET, type, 0);
  int status = portres_acquire_with(block->s, &options, &granted);
  if (status != 0) {
    shared->trouble = status;
    return;
  }
  block->range = granted.range;
  block->token = granted.token;
  enter(block, number);
  shared->acquires++;
  take_port(block, type);
}

static void end(struct block* block, int number, unsigned* seed) {
  leave(block, number);
  close(block->member);
  if (next_random(seed) % 2 == 0) {
    portres_release(block->s, block->token);
  }
  close(block->s);
  block->s = -1;
}

_Noreturn static void own(int number, unsigned seed) {
  struct block blocks[BLOCKS];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i].s = -1;
  }
  for (;;) {
    struct block* block = &blocks[next_random(&seed) % BLOCKS];
    if (block->s < 0) {
      begin(block, number, &seed);
    } else {
      end(block, number, &seed);
    }
  }
}

/* --- Rounds --- */

static void wait_us(unsigned us) {
  const struct timespec time = {0, (long)us * 1000};
  nanosleep(&time, NULL);
}

static void run_round(unsigned* seed) {
  pid_t pids[OWNERS];
  fflush(stdout);
  for (int i = 0; i < OWNERS; i++) {
    pids[i] = fork();
    assert_true(pids[i] >= 0);
    if (pids[i] == 0) {
      own(i, next_random(seed) * 31 + (unsigned)getpid());
    }
  }
  for (int i = 0; i < OWNERS; i++) {
    wait_us(next_random(seed) % LIFE_US);
    shared->is_dying[i] = true;
    assert_int_equal(kill(pids[i], SIGKILL), 0);
    assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* All that any of them can have had; the first attempt must do. */
static double expect_free(int protocol, uint16_t start) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  double begun = now();
  assert_int_equal(
      shared_acquire(s, (struct portres_range){start, AREA}, &granted), 0);
  double took = now() - begun;
  net_close(s);
  return took;
}

static uint16_t first_start(void) {
  struct contract_block block = shared_block(IPPROTO_TCP, 1);
  uint16_t start = block.start;
  contract_end(&block);
  return start;
}

static void check_kills(void) {
  unsigned seed = (unsigned)getpid();
  unsigned kills = 0;
  double longest = 0;
  uint16_t start = first_start();
  print_message("# seed %u\n", seed);
  while (kills < kills_wanted) {
    memset(shared->owners, 0, sizeof shared->owners);
    memset(shared->is_dying, 0, sizeof shared->is_dying);
    /* Half of the time the ledger stays open here. */
    struct contract_block ours = {.holder = -1};
    if (next_random(&seed) % 2 == 0) {
      ours.holder = net_socket(IPPROTO_TCP, NET_V4);
      struct portres_reservation granted;
      assert_int_equal(
          shared_acquire(ours.holder,
                         (struct portres_range){(uint16_t)(start + AREA), 1},
                         &granted),
          0);
    }
    run_round(&seed);
    kills += OWNERS;
    for (int i = 0; i < 2; i++) {
      double took = expect_free(i == 0 ? IPPROTO_TCP : IPPROTO_UDP, start);
      longest = took > longest ? took : longest;
    }
    if (ours.holder >= 0) {
      net_close(ours.holder);
    }
    assert_int_equal(shared->overlaps, 0);
    assert_int_equal(shared->trouble, 0);
  }
  print_message(
      "# %u kills, %u acquires, 0 overlaps; the first acquire of %d "
      "ports afterwards: 0 failures, %.1f ms at most\n",
      kills, shared->acquires, AREA, longest * 1000);
  assert_true(shared->acquires > kills);
}

static int run(int argc, char** argv) {
  if (argc > 1) {
    kills_wanted = (unsigned)strtoul(argv[1], NULL, 10);
  }
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    return 1;
  }
  table_add_one(
      "given owners that are killed at random instants, then no port "
      "has two owners, and none is lost",
      check_kills);
  return contract_run("shared_kill");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
