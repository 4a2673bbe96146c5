/* Each allocation of a scenario fails in turn. The call that needed it answers
 * ENOBUFS, nothing is leaked or half-reserved, and the same call then works.
 *
 * malloc() and mmap() of this program stand before libc's for the library too.
 * Every turn runs in a child of a process that never used the library, for
 * tables that have grown once do not ask again.
 *
 * With an argument N only every N-th allocation gets a turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hook_support.h"

enum { NEVER = -1, BLOCKS = 150, MEMBERS = 100, TURNS = 4000 };

static int stride = 1;
static int remaining = NEVER; /* allocations before the one that fails */
static int allocations;       /* since the last look */

static bool must_fail(void) {
  ++allocations;
  if (remaining == NEVER || remaining-- > 0) {
    return false;
  }
  errno = ENOMEM;
  return true;
}

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* memory, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

/* Meson asks for 64-bit file offsets: below, and in the library, mmap is
 * another word for mmap64. */
extern void* mmap_of_libc(void*, size_t, int, int, int, long) __asm__("mmap");

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's
 * headers use names that are reserved to it. */
void* malloc(size_t size) {
  return must_fail() ? NULL : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  return must_fail() ? NULL : __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  return must_fail() ? NULL : __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  return must_fail() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  void* memory = must_fail() ? NULL : __libc_memalign(alignment, size);
  if (memory == NULL) {
    return ENOMEM;
  }
  *out = memory;
  return 0;
}

void* mmap(void* at, size_t len, int access, int flags, int fd, off_t offset) {
  if (must_fail()) {
    return MAP_FAILED;
  }
  return mmap_of_libc(at, len, access, flags, fd, (long)offset);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

/* Reservations there are; listing them needs memory of its own. */
static int list_count(void) {
  int count = 0;
  const int kept = remaining;
  remaining = NEVER;
  const int status = portres_list(count_one, &count);
  remaining = kept;
  return status == PORTRES_OK ? count : -1;
}

static struct {
  int sockets[BLOCKS];
  struct portres_reservation blocks[BLOCKS];
  int members[MEMBERS];
  bool has_failed;
} scene;

/* One attempt, and after a failure a second one that must work. */
static int twice(int status, int (*again)(int i), int i, int reservations) {
  if (status == PORTRES_ENOBUFS && !scene.has_failed) {
    scene.has_failed = true;
    HOOK_CLAIM(remaining == NEVER);
    HOOK_CLAIM(list_count() == reservations);
    status = again(i);
  }
  HOOK_CLAIM(status == PORTRES_OK);
  return 0;
}

static int acquire(int i) {
  const struct portres_range want = {0, (uint16_t)(i % 3 + 1)};
  return portres_acquire(scene.sockets[i], want, &scene.blocks[i]);
}

/* Sockets spread over the numbers, for tables indexed by descriptor. */
static int associate(int i) {
  return portres_associate(scene.members[i], scene.blocks[i].token);
}

static int list(int i) {
  (void)i;
  int count = 0;
  const int status = portres_list(count_one, &count);
  return status == PORTRES_OK && count != BLOCKS ? PORTRES_ENOTFOUND : status;
}

/* The calls of libc allocate nothing, whatever the state of the tables. */
static int use_without_memory(int s) {
  allocations = 0;
  HOOK_CLAIM(hook_bind(s) == 0);
  HOOK_CLAIM(listen(s, 1) == 0);
  const int copy = dup(s);
  HOOK_CLAIM(copy >= 0);
  HOOK_CLAIM(close(s) == 0);
  HOOK_CLAIM(close(copy) == 0);
  HOOK_CLAIM(allocations == 0);
  return 0;
}

static int run_scenario(void* arg) {
  for (int i = 0; i < BLOCKS; i++) {
    scene.sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
  }
  for (int i = 0; i < MEMBERS; i++) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    scene.members[i] = dup2(s, 400 + 50 * i);
    HOOK_CLAIM(scene.members[i] >= 0);
    close(s);
  }
  const int descriptors = table_open_descriptors();
  remaining = *(int*)arg;
  for (int i = 0; i < BLOCKS; i++) {
    const int line = twice(acquire(i), acquire, i, i);
    HOOK_CLAIM(line == 0);
  }
  for (int i = 0; i < MEMBERS; i++) {
    HOOK_CLAIM(twice(associate(i), associate, i, BLOCKS) == 0);
  }
  HOOK_CLAIM(twice(list(0), list, 0, BLOCKS) == 0);
  remaining = NEVER;
  HOOK_CLAIM(table_open_descriptors() == descriptors);
  for (int i = 0; i < MEMBERS; i++) {
    HOOK_CLAIM(use_without_memory(scene.members[i]) == 0);
  }
  for (int i = 0; i < BLOCKS; i++) {
    const struct portres_reservation* block = &scene.blocks[i];
    struct portres_info info = {.size = sizeof info};
    HOOK_CLAIM(portres_describe(block->token, &info) == PORTRES_OK);
    HOOK_CLAIM(info.free == block->range.count);
    HOOK_CLAIM(close(scene.sockets[i]) == 0);
  }
  HOOK_CLAIM(list_count() == 0);
  return scene.has_failed ? 0 : 255;
}

static void check_each_failure(void) {
  net_need_descriptors(400 + 50 * MEMBERS);
  int turn = 0;
  int result = 0;
  while (result == 0 && turn < TURNS) {
    result = hook_in_child(run_scenario, &turn);
    turn += stride;
  }
  print_message("# one in %d of %d allocations failed in turn\n", stride,
                turn - stride);
  if (result != 255) {
    fail_msg("allocation %d: line %d (modulo 255)", turn - stride, result - 1);
  }
  assert_true(turn > 3);
}

int main(int argc, char** argv) {
  stride = argc > 1 ? atoi(argv[1]) : 1; /* NOLINT(cert-err34-c): meson's */
  table_add_one(
      "given a scenario, when its n-th allocation fails, then that "
      "call says ENOBUFS, and works when it is made again",
      check_each_failure);
  return table_run("oom_memory");
}
