/* store_soak [SECONDS] - two processes create and delete at random, and a third
 * looks all the time: they never disagree.
 *
 * Each counts, for each slot, the creates and deletes that said they were made.
 * One that was lost, or made twice, leaves a difference that is not what the
 * store says in the end. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_support.h"

enum { WRITERS = 2 };

struct shared {
  _Atomic int difference[STORE_SLOTS]; /* creates less deletes */
  _Atomic unsigned creates;
  _Atomic unsigned deletes;
  _Atomic unsigned refusals; /* rightly: it was there, or was not */
  _Atomic unsigned looks;
  _Atomic bool is_over;
  _Atomic int trouble; /* a status that should not be */
};

static double seconds = 2;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void create_one(struct shared* shared, int slot) {
  portres_token token = 0;
  int status = store_create(slot, &token);
  if (status == PORTRES_OK && token != 0) {
    shared->difference[slot]++;
    shared->creates++;
  } else if (status == PORTRES_EADDRINUSE) {
    shared->refusals++;
  } else {
    shared->trouble = status;
  }
}

static void delete_one(struct shared* shared, int slot) {
  int status = store_delete(slot);
  if (status == PORTRES_OK) {
    shared->difference[slot]--;
    shared->deletes++;
  } else if (status == PORTRES_ENOTFOUND) {
    shared->refusals++;
  } else {
    shared->trouble = status;
  }
}

static void change(struct shared* shared, unsigned seed) {
  while (!shared->is_over) {
    seed = seed * 1103515245 + 12345;
    int slot = (int)(seed >> 16) % STORE_SLOTS;
    if (seed >> 24 & 1) {
      create_one(shared, slot);
    } else {
      delete_one(shared, slot);
    }
  }
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

/* Every look finds a whole store, and none more than there can be. */
static void look(struct shared* shared) {
  while (!shared->is_over) {
    int count = 0;
    int status = portres_list(count_one, &count);
    if (status != PORTRES_OK || count > STORE_SLOTS) {
      shared->trouble = status != PORTRES_OK ? status : count;
    }
    shared->looks++;
  }
}

static pid_t start(struct shared* shared, int number) {
  fflush(stdout);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    if (number < WRITERS) {
      change(shared, (unsigned)getpid());
    } else {
      look(shared);
    }
    _exit(0);
  }
  return pid;
}

static void expect_agreement(struct shared* shared) {
  portres_token tokens[STORE_SLOTS] = {0};
  uint32_t seen = store_seen(tokens);
  assert_int_equal(shared->trouble, 0);
  for (int i = 0; i < STORE_SLOTS; i++) {
    assert_int_equal(shared->difference[i], seen >> i & 1);
  }
  assert_int_equal(store_refused(), seen);
}

static void check_soak(void) {
  pid_t pids[WRITERS + 1];
  struct shared* shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(shared != MAP_FAILED);
  store_clear();
  store_slot(0); /* the ranges, before anybody takes one */
  for (int i = 0; i <= WRITERS; i++) {
    pids[i] = start(shared, i);
  }
  const double end = now() + seconds;
  while (now() < end && shared->trouble == 0) {
    const struct timespec moment = {0, 50000000};
    nanosleep(&moment, NULL);
  }
  shared->is_over = true;
  for (int i = 0; i <= WRITERS; i++) {
    int status;
    assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
    assert_int_equal(status, 0);
  }
  expect_agreement(shared);
  print_message("# %u creates, %u deletes, %u refusals, %u looks\n",
                shared->creates, shared->deletes, shared->refusals,
                shared->looks);
  assert_true(shared->creates > 10 && shared->deletes > 10);
  munmap(shared, sizeof *shared);
  store_clear();
}

static int run(int argc, char** argv) {
  if (argc > 1) {
    seconds = strtod(argv[1], NULL);
  }
  table_add_one(
      "given two processes that create and delete at random, then they and "
      "one who looks never disagree",
      check_soak);
  return table_run("store_soak");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
