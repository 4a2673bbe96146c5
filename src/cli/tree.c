#include "tree.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "address_posix.h"
#include "block.h"
#include "guard.h"
#include "remnant_posix.h"

enum { ACQUIRE_ATTEMPTS = 200 };

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

/* Returns: 0, or an errno value, and no guards. */
static int guard_all(struct tree_block* block) {
  for (unsigned i = 0; i < block->range.count; i++) {
    uint16_t port = (uint16_t)(block->range.start + i);
    block->guards[i] = guard_open(block->protocol, port);
    if (block->guards[i] < 0) {
      int error = errno;
      close_guards(block);
      return error;
    }
  }
  return 0;
}

static bool make_guards(struct tree_block* block) {
  block->guards = malloc(block->range.count * sizeof *block->guards);
  for (unsigned i = 0; block->guards != NULL && i < block->range.count; i++) {
    block->guards[i] = -1;
  }
  return block->guards != NULL;
}

static int acquire_once(const struct tree* tree,
                        struct tree_block* block,
                        struct portres_range want) {
  struct portres_options options = {.size = sizeof options,
                                    .range = want,
                                    .scope = tree->scope->of_library,
                                    .label = tree->label};
  struct portres_reservation granted;
  int status = portres_acquire_with(block->owner, &options, &granted);

  if (status == PORTRES_OK) {
    block->range = granted.range;
    block->token = granted.token;
  }
  return status;
}

/* Another `portres run` may look at the same ports at the same moment, and find
 * them as free as we did: who guards the first one has them. */
static int acquire_guarded(const struct tree* tree, struct tree_block* block) {
  struct portres_range want = block->range;
  int status = PORTRES_OK;

  for (int i = 0; i < ACQUIRE_ATTEMPTS; i++) {
    int error;
    status = acquire_once(tree, block, want);
    if (status != PORTRES_OK || !tree->scope->is_guarded) {
      return status;
    }
    error = guard_all(block);
    if (error == 0) {
      return PORTRES_OK;
    }
    portres_release(block->owner, block->token);
    if (error != EADDRINUSE) {
      return PORTRES_ENOBUFS;
    }
    status = PORTRES_EADDRINUSE;
    if (want.start != 0) {
      return status;
    }
  }
  return status;
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
    block->guards = NULL;
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

/* --- Binding --- */

struct attempt {
  struct tree_block* block;
  int fd;
  union portres__address address;
  socklen_t address_len;
};

static int bind_plainly(struct attempt* attempt, unsigned index) {
  attempt->address.in.sin_port =
      htons((uint16_t)(attempt->block->range.start + index));
  return bind(attempt->fd, &attempt->address.any, attempt->address_len) == 0
             ? 0
             : errno;
}

/* In the place of the guard, which has to be there. */
static int bind_guarded(struct attempt* attempt, unsigned index) {
  int* guard = &attempt->block->guards[index];
  int error;

  attempt->address.in.sin_port =
      htons((uint16_t)(attempt->block->range.start + index));
  error = guard_swap(*guard, attempt->fd, &attempt->address.any,
                     attempt->address_len);
  if (error == 0) {
    *guard = -1;
  }
  return error;
}

static bool has_guard(const struct attempt* attempt, unsigned index) {
  struct tree_block* block = attempt->block;

  if (block->guards[index] < 0) {
    block->guards[index] =
        guard_open(block->protocol, (uint16_t)(block->range.start + index));
  }
  return block->guards[index] >= 0;
}

static void keep_guard(const struct tree* tree,
                       const struct attempt* attempt,
                       unsigned index) {
  int* guard = &attempt->block->guards[index];

  if (!tree->scope->is_guarded && *guard >= 0) {
    close(*guard);
    *guard = -1;
  }
}

static bool may_step_over_remnants(const struct attempt* attempt) {
  int is_on = 0;
  socklen_t is_on_len = sizeof is_on;

  return attempt->block->protocol == PORTRES_TCP &&
         getsockopt(attempt->fd, SOL_SOCKET, SO_REUSEADDR, &is_on,
                    &is_on_len) == 0 &&
         is_on != 0;
}

/* What connections in TIME_WAIT have left comes last, and only for a socket
 * that asks for it by SO_REUSEADDR, as everywhere on Linux. */
static int pick_remnant(struct attempt* attempt) {
  const struct tree_block* block = attempt->block;

  if (!may_step_over_remnants(attempt)) {
    return ENOBUFS;
  }
  portres__remnant_survey(block->range);
  for (unsigned i = 0; i < block->range.count; i++) {
    if (portres__remnant_is_alone((uint16_t)(block->range.start + i)) &&
        bind_plainly(attempt, i) == 0) {
      return 0;
    }
  }
  return ENOBUFS;
}

static int pick(struct tree* tree, struct attempt* attempt) {
  for (unsigned i = 0; i < attempt->block->range.count; i++) {
    int error;
    if (!has_guard(attempt, i)) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        return ENOBUFS;
      }
      continue;
    }
    error = bind_guarded(attempt, i);
    if (error != 0) {
      keep_guard(tree, attempt, i);
    }
    if (error != EADDRINUSE) {
      return error;
    }
  }
  return pick_remnant(attempt);
}

/* An explicit port that others share is left to the kernel's own rules. */
static int hold(struct attempt* attempt, unsigned index) {
  return attempt->block->guards[index] >= 0 ? bind_guarded(attempt, index)
                                            : bind_plainly(attempt, index);
}

int tree_bind(struct tree* tree,
              int fd,
              const struct sockaddr* address,
              socklen_t address_len) {
  struct attempt attempt = {
      .fd = fd, .address_len = portres__address_length(address, address_len)};
  int protocol = 0;
  socklen_t protocol_len = sizeof protocol;
  uint16_t port;

  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_len) != 0) {
    return errno;
  }
  attempt.block = tree_find(tree, (enum portres_protocol)protocol);
  if (attempt.block == NULL || attempt.address_len == 0) {
    return EINVAL;
  }
  memcpy(&attempt.address, address, attempt.address_len);
  port = portres__address_port(address);
  if (port == 0) {
    return pick(tree, &attempt);
  }
  return portres__block_contains(attempt.block->range, port)
             ? hold(&attempt, (unsigned)(port - attempt.block->range.start))
             : EACCES;
}
