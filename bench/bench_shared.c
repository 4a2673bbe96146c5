/* bench_shared.c - what does it cost to tell all processes of a block?
 *
 * The naked likeness is one lock of one range of a file, in the same directory
 * and with as many others held: the least that a truth which ends with its
 * owner can cost. The claim and the record are the library's own functions.
 */
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "ofd_posix.h"
#include "platform.h"

enum { LOCK, SHARED, SIDES, COUNT = 16, GAP = 32, START = 49152 };

struct share {
  enum portres_protocol protocol;
  int file; /* of the naked locks */
  portres__stake stake;
};

static struct portres_range range_of(int i) {
  return (struct portres_range){(uint16_t)(START + i * GAP), COUNT};
}

static bool lock_naked(int fd, int i, short type) {
  struct flock lock = {.l_type = type,
                       .l_whence = SEEK_SET,
                       .l_start = range_of(i).start,
                       .l_len = COUNT};
  return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

static bool claim_and_settle(const struct share* share, int i) {
  struct portres_info info = {.protocol = share->protocol,
                              .range = range_of(i),
                              .kind = PORTRES_RUNTIME,
                              .scope = PORTRES_SCOPE_SHARED,
                              .label = "bench"};
  uint16_t busy;
  return portres__platform_ledger_claim(share->stake, share->protocol,
                                        info.range, false,
                                        &busy) == PORTRES_OK &&
         portres__platform_ledger_settle(share->stake, &info) == PORTRES_OK;
}

static void give_back(const struct share* share, int side, int i) {
  if (side == LOCK) {
    lock_naked(share->file, i, F_UNLCK);
  } else {
    portres__platform_ledger_end(share->stake, share->protocol, range_of(i));
  }
}

static void prepare(void* state, int side) {
  (void)state, (void)side;
}

static bool call_acquire(void* state, int side, int i) {
  const struct share* share = state;
  return side == LOCK ? lock_naked(share->file, i, F_WRLCK)
                      : claim_and_settle(share, i);
}

static void undo_acquire(void* state, int side) {
  for (int i = 0; i < BENCH_BATCH; i++) {
    give_back(state, side, i);
  }
}

static void prepare_release(void* state, int side) {
  for (int i = 0; i < BENCH_BATCH; i++) {
    bench_check(call_acquire(state, side, i), "claim");
  }
}

static bool call_release(void* state, int side, int i) {
  give_back(state, side, i);
  return true;
}

static void undo_nothing(void* state, int side) {
  (void)state, (void)side;
}

static void ask(struct share* share) {
  struct bench_trial trial = {
      .about = {"shared", protocol_name((int)share->protocol), 0, COUNT, -1, -1,
                "acquire"},
      .sides = SIDES,
      .side_names = {"one lock", "registry"},
      .batch = BENCH_BATCH,
      .batches = bench_batches(20000, BENCH_BATCH),
      .rounds = 5,
      .prepare = prepare,
      .call = call_acquire,
      .undo = undo_acquire,
  };
  bench_run(&trial, share);
  trial.about.note = "release";
  trial.side_names[LOCK] = "one unlock";
  trial.side_names[SHARED] = "registry's end";
  trial.prepare = prepare_release;
  trial.call = call_release;
  trial.undo = undo_nothing;
  bench_run(&trial, share);
}

static int remove_one(const char* path,
                      const struct stat* facts,
                      int kind,
                      struct FTW* walk) {
  (void)facts, (void)kind, (void)walk;
  return remove(path);
}

/* The library has read its environment by now: once more, from the start. */
_Noreturn static void start_in_folder(char** argv) {
  char folder[] = "/dev/shm/portres-bench-XXXXXX";
  bench_check(mkdtemp(folder) != NULL, "a folder in /dev/shm");
  setenv("PORTRES_RUNTIME_DIR", folder, 1);
  setenv("PORTRES_BENCH_FOLDER", folder, 1);
  execv("/proc/self/exe", argv);
  bench_check(false, "exec");
  abort();
}

int main(int argc, char** argv) {
  const char* folder = getenv("PORTRES_BENCH_FOLDER");
  char path[64];
  struct share share = {.protocol = PORTRES_TCP};
  if (folder == NULL) {
    start_in_folder(argv);
  }
  bench_begin(argc, argv,
              "telling all processes of a block, and taking it back.");
  snprintf(path, sizeof path, "%s/naked", folder);
  share.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  bench_check(share.file >= 0, path);
  bench_check(portres__platform_ledger_enter(-1, PORTRES__STAKE_OWN,
                                             &share.stake) == PORTRES_OK,
              "a ledger");
  ask(&share);
  share.protocol = PORTRES_UDP;
  ask(&share);
  portres__platform_ledger_leave(share.stake);
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return 0;
}
