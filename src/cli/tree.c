#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "platform.h"
#include "share.h"

enum { ACQUIRE_ATTEMPTS = 200, PAUSE_MS = 50 };

/* --- Waiting --- */

static uint32_t time_left(const struct tree* tree) {
  uint64_t passed_ms = portres__platform_now_ms() - tree->since_ms;

  if (tree->wait_ms == PORTRES_FOREVER) {
    return PORTRES_FOREVER;
  }
  return passed_ms < tree->wait_ms ? (uint32_t)(tree->wait_ms - passed_ms) : 0;
}

/* Alone, so that nobody is kept from the others meanwhile. */
static bool can_be_guarded(enum portres_protocol protocol, uint16_t port) {
  int guard = guard_open(protocol, port);

  if (guard >= 0) {
    close(guard);
  }
  return guard >= 0 || errno != EADDRINUSE;
}

/* False: the time is over. */
static bool wait_for_port(const struct tree* tree,
                          enum portres_protocol protocol,
                          uint16_t port) {
  const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
  bool is_free = false;

  while (!is_free && time_left(tree) != 0) {
    nanosleep(&pause, NULL);
    is_free = can_be_guarded(protocol, port);
  }
  return is_free;
}

/* --- Reserving --- */

/* Where the guards are many; what the supervisor starts has its own limit back
 * (launch.c). */
static void raise_limit(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static void close_guards(struct tree_block* block) {
  for (unsigned i = 0; block->guards != NULL && i < block->range.count; i++) {
    if (block->guards[i] >= 0) {
      close(block->guards[i]);
      block->guards[i] = -1;
    }
  }
}

/* Returns: 0, or an errno value and the port, and no guards. */
static int guard_all(struct tree_block* block, uint16_t* port_out) {
  for (unsigned i = 0; i < block->range.count; i++) {
    uint16_t port = (uint16_t)(block->range.start + i);
    block->guards[i] = guard_open(block->protocol, port);
    if (block->guards[i] < 0) {
      int error = errno;
      close_guards(block);
      *port_out = port;
      return error;
    }
  }
  return 0;
}

static bool make_guards(struct tree_block* block) {
  block->guards = malloc(block->range.count * sizeof *block->guards);
  block->ports = calloc(block->range.count, sizeof *block->ports);
  for (unsigned i = 0; block->guards != NULL && i < block->range.count; i++) {
    block->guards[i] = -1;
  }
  return block->guards != NULL && block->ports != NULL;
}

/* Without the ledger the guards hold all the same: the block is not listed. */
static bool is_of_ledger(int status) {
  return status == PORTRES_EACCES || status == PORTRES_ECORRUPT ||
         status == PORTRES_EDISKFULL || status == PORTRES_EOPNOTSUPP;
}

static int acquire_once(const struct tree* tree,
                        struct tree_block* block,
                        struct portres_range want) {
  struct portres_options options = {.size = sizeof options,
                                    .range = want,
                                    .scope = tree->scope->of_library,
                                    .label = tree->label,
                                    .wait_ms = time_left(tree)};
  struct portres_reservation granted;
  int status = portres_acquire_with(block->owner, &options, &granted);

  if (tree->scope->is_guarded && is_of_ledger(status)) {
    options.scope = PORTRES_SCOPE_PROCESS;
    status = portres_acquire_with(block->owner, &options, &granted);
  }
  if (status == PORTRES_OK) {
    block->range = granted.range;
    block->token = granted.token;
  }
  return status;
}

/* Another `portres run` may look at the same ports at the same moment, and find
 * them as free as we did: who guards the first one has them. The other acquires
 * again, and waits with it. A port whose closed connections are left has no
 * owner for the library, and can have no guard: that is waited for here. */
static int acquire_guarded(const struct tree* tree, struct tree_block* block) {
  struct portres_range want = block->range;

  for (int i = 1;; i++) {
    uint16_t port;
    int error;
    int status = acquire_once(tree, block, want);
    if (status != PORTRES_OK || !tree->scope->is_guarded) {
      return status;
    }
    error = guard_all(block, &port);
    if (error == 0) {
      /* Should it fail: they hold all the same. */
      portres__share_set_scope(block->token, PORTRES_SCOPE_MACHINE);
      return PORTRES_OK;
    }
    portres_release(block->owner, block->token);
    if (error != EADDRINUSE) {
      return PORTRES_ENOBUFS;
    }
    if ((want.start != 0 || i >= ACQUIRE_ATTEMPTS) &&
        !wait_for_port(tree, block->protocol, port)) {
      return PORTRES_EADDRINUSE;
    }
  }
}

static int acquire_block(const struct tree* tree, struct tree_block* block) {
  int type = block->protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;

  block->owner = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  if (block->owner < 0) {
    block->owner = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  }
  if (block->owner < 0 || !make_guards(block)) {
    return PORTRES_ENOBUFS;
  }
  return acquire_guarded(tree, block);
}

int tree_acquire(struct tree* tree, const struct tree_block** failed_out) {
  tree->since_ms = portres__platform_now_ms();
  if (tree->scope->is_guarded) {
    raise_limit();
  }
  for (int i = 0; i < TREE_BLOCKS; i++) {
    struct tree_block* block = &tree->blocks[i];
    int status = PORTRES_OK;
    if (block->range.count != 0) {
      status = acquire_block(tree, block);
    }
    if (status != PORTRES_OK) {
      *failed_out = block;
      return status;
    }
  }
  return PORTRES_OK;
}

struct tree_block* tree_find(struct tree* tree,
                             enum portres_protocol protocol) {
  for (int i = 0; i < TREE_BLOCKS; i++) {
    if (tree->blocks[i].protocol == protocol &&
        tree->blocks[i].range.count != 0) {
      return &tree->blocks[i];
    }
  }
  return NULL;
}

void tree_close(struct tree* tree) {
  for (int i = 0; i < TREE_BLOCKS; i++) {
    struct tree_block* block = &tree->blocks[i];
    close_guards(block);
    free(block->guards);
    free(block->ports);
    block->guards = NULL;
    block->ports = NULL;
    if (block->owner >= 0) {
      close(block->owner);
      block->owner = -1;
    }
  }
}

/* --- Guarding --- */

static bool guard_missing(struct tree_block* block) {
  bool is_any_left = false;

  for (unsigned i = 0; i < block->range.count; i++) {
    uint16_t port = (uint16_t)(block->range.start + i);
    if (block->guards[i] < 0) {
      block->guards[i] = guard_open(block->protocol, port);
    }
    is_any_left = is_any_left || block->guards[i] < 0;
  }
  return is_any_left;
}

bool tree_guard(struct tree* tree) {
  bool is_any_left = false;

  for (int i = 0; i < TREE_BLOCKS && tree->scope->is_guarded; i++) {
    if (tree->blocks[i].range.count != 0) {
      is_any_left = guard_missing(&tree->blocks[i]) || is_any_left;
    }
  }
  return is_any_left;
}
