/* "Every function may be called from any thread." Here threads meet in one
 * block, in one range and around one reservation's end; what must hold is that
 * no port has two owners and nothing is lost. The random model (model.c) goes
 * further; these rows say in one line each what broke.
 *
 * A thread asserts nothing itself, since the harness leaves a row by longjmp:
 * it counts what went wrong.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"

enum { THREADS = 8, ROUNDS = 400 };

struct arena {
  struct contract_block block;
  _Atomic int owners[65536]; /* by port; 0 or 1 in a right world */
  _Atomic int served;
  _Atomic int failures;
};

static struct arena arena;

static void run_threads(void* (*work)(void* arg)) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, work, &arena), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  assert_int_equal(arena.failures, 0);
}

static void set_up(int protocol, uint16_t count) {
  memset(&arena, 0, sizeof arena);
  arena.block = contract_block(protocol, count);
}

static int open_socket(int protocol) {
  return socket(AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
}

static int bind_0(int s) {
  struct sockaddr_in any = {.sin_family = AF_INET};
  return bind(s, (struct sockaddr*)&any, sizeof any) == 0 ? 0 : errno;
}

static uint16_t bound_port(int s) {
  struct sockaddr_in name;
  socklen_t len = sizeof name;
  return getsockname(s, (struct sockaddr*)&name, &len) == 0
             ? ntohs(name.sin_port)
             : 0;
}

static void own(uint16_t port) {
  arena.failures += atomic_fetch_add(&arena.owners[port], 1) != 0;
}

static void disown(uint16_t port) {
  arena.failures += atomic_fetch_sub(&arena.owners[port], 1) != 1;
}

static void* bind_and_close(void* arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    int s = open_socket(arena.block.protocol);
    arena.failures += portres_associate(s, arena.block.token) != 0;
    int error = bind_0(s);
    uint16_t port = bound_port(s);
    if (error == 0) {
      arena.failures += !contract_contains(&arena.block, port);
      own(port);
      arena.served++;
      disown(port);
    } else {
      arena.failures += error != ENOBUFS || port != 0;
    }
    close(s);
  }
  return NULL;
}

static void check_few_ports(int protocol) {
  set_up(protocol, 3);
  run_threads(bind_and_close);
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(arena.block.token, &info), 0);
  assert_int_equal(info.used, 0);
  assert_true(arena.served >= ROUNDS);
  contract_end(&arena.block);
}

/* With ports to spare nobody may hear that the block is used up; and nothing
 * cools, for a port comes back when the kernel's close is over, not before. */
static void check_enough_ports(int protocol) {
  set_up(protocol, 2 * THREADS);
  run_threads(bind_and_close);
  assert_int_equal(arena.served, THREADS * ROUNDS);
  contract_expect_figures(arena.block.token, 0, 2 * THREADS, 0);
  contract_end(&arena.block);
}

static void* acquire_and_release(void* arg) {
  (void)arg;
  int s = open_socket(arena.block.protocol);
  for (int i = 0; i < ROUNDS / 4; i++) {
    struct portres_range anywhere = {0, (uint16_t)(1 + i % 5)};
    struct portres_reservation granted;
    if (portres_acquire(s, anywhere, &granted) != 0) {
      arena.failures++;
      continue;
    }
    for (uint16_t p = 0; p < anywhere.count; p++) {
      own((uint16_t)(granted.range.start + p));
    }
    for (uint16_t p = 0; p < anywhere.count; p++) {
      disown((uint16_t)(granted.range.start + p));
    }
    arena.failures += portres_release(s, granted.token) != 0;
  }
  close(s);
  return NULL;
}

static void check_acquire(int protocol) {
  set_up(protocol, 1);
  run_threads(acquire_and_release);
  contract_end(&arena.block);
}

/* Only one of many may have a specific range. */
static void* acquire_same(void* arg) {
  struct portres_reservation granted;
  struct portres_range same = {arena.block.start, arena.block.count};
  (void)arg;
  for (int i = 0; i < ROUNDS / 4; i++) {
    int s = open_socket(arena.block.protocol);
    int status = portres_acquire(s, same, &granted);
    if (status == 0) {
      own(same.start);
      arena.served++;
      disown(same.start);
    } else {
      arena.failures += status != PORTRES_EADDRINUSE;
    }
    close(s);
  }
  return NULL;
}

static void check_same_range(int protocol) {
  set_up(protocol, 4);
  contract_end(&arena.block);
  run_threads(acquire_same);
  assert_true(arena.served > 0);
  assert_int_equal(contract_count_reservations(), 0);
}

/* A reservation ends while others use its token: they hear so, and no more. */
static _Atomic portres_token current;

static void* use_current(void* arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    struct portres_info info = {.size = sizeof info};
    int s = open_socket(arena.block.protocol);
    int status = portres_associate(s, current);
    arena.failures += status != 0 && status != PORTRES_EINVAL;
    if (status == 0) {
      int error = bind_0(s);
      arena.failures += error != 0 && error != ENOBUFS;
    }
    portres_describe(current, &info);
    close(s);
  }
  return NULL;
}

static void* replace_current(void* arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    struct portres_range anywhere = {0, 8};
    struct portres_reservation granted;
    int s = open_socket(arena.block.protocol);
    arena.failures += portres_acquire(s, anywhere, &granted) != 0;
    current = granted.token;
    if (i % 2 == 0) {
      arena.failures += portres_release(s, granted.token) != 0;
    }
    close(s);
  }
  return NULL;
}

static void check_ends(int protocol) {
  pthread_t other;
  set_up(protocol, 1);
  current = arena.block.token;
  assert_int_equal(pthread_create(&other, NULL, replace_current, NULL), 0);
  run_threads(use_current);
  assert_int_equal(pthread_join(other, NULL), 0);
  assert_int_equal(arena.failures, 0);
  assert_int_equal(contract_count_reservations(), 1);
  contract_end(&arena.block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given 3 ports and 8 threads, then no port has two owners",
                  check_few_ports),
    CONTRACT_BOTH("given 16 ports and 8 threads, then each bind is served",
                  check_enough_ports),
    CONTRACT_BOTH("given 8 threads that reserve anywhere, then no port has "
                  "two owners",
                  check_acquire),
    CONTRACT_BOTH("given 8 threads that reserve one range, then one at a time "
                  "has it",
                  check_same_range),
    CONTRACT_BOTH("given a reservation that ends while others use it, then "
                  "they hear EINVAL or ENOBUFS",
                  check_ends),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("threads");
}
