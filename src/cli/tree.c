#include "tree.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "address_posix.h"
#include "block.h"
#include "guard.h"
#include "sockets.h"

enum { ACQUIRE_ATTEMPTS = 200, SURVEY_INTERVAL_MS = 50 };

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
  block->given = calloc(block->range.count, sizeof *block->given);
  for (unsigned i = 0; block->guards != NULL && i < block->range.count; i++) {
    block->guards[i] = -1;
  }
  return block->guards != NULL && block->given != NULL;
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
    free(block->given);
    block->guards = NULL;
    block->given = NULL;
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

/* --- Which sockets there are --- */

/* The sockets that are not ours; what nobody has open is a remnant. */
struct survey {
  const struct tree_block* block;
  bool* is_taken; /* for each port of the block */
};

static bool is_guard(const struct tree_block* block,
                     const struct sockets_entry* entry) {
  int guard = block->guards[entry->port - block->range.start];
  struct stat facts;

  return guard >= 0 && fstat(guard, &facts) == 0 &&
         facts.st_ino == entry->inode;
}

static void note_socket(const struct sockets_entry* entry, void* arg) {
  const struct survey* survey = arg;

  if (entry->inode != 0 && !is_guard(survey->block, entry)) {
    survey->is_taken[entry->port - survey->block->range.start] = true;
  }
}

/* --- Binding --- */

struct attempt {
  struct tree* tree;
  struct tree_block* block;
  int fd;
  union portres__address address;
  socklen_t address_len;
};

static uint16_t port_at(const struct attempt* attempt, unsigned index) {
  return (uint16_t)(attempt->block->range.start + index);
}

/* At scope machine a guard stays; one of UDP behind the socket. */
static void settle_guard(const struct attempt* attempt, unsigned index) {
  int* guard = &attempt->block->guards[index];

  if (!attempt->tree->scope->is_guarded) {
    close(*guard);
    *guard = -1;
  } else if (attempt->block->protocol == PORTRES_UDP) {
    *guard = guard_step_behind(*guard, attempt->fd, port_at(attempt, index));
  }
}

/* Free for all addresses at once, which is what a guard finds out. Returns: 0;
 * EADDRINUSE: it is taken; ENOBUFS: it cannot be known. */
static int check_free(const struct attempt* attempt, unsigned index) {
  struct tree_block* block = attempt->block;
  int* guard = &block->guards[index];

  if (*guard < 0) {
    *guard = guard_open(block->protocol, port_at(attempt, index));
    return *guard >= 0 ? 0 : errno == EADDRINUSE ? EADDRINUSE : ENOBUFS;
  }
  if (!block->given[index]) {
    return 0;
  }
  if (!guard_is_alone(*guard, block->protocol, port_at(attempt, index))) {
    return EADDRINUSE;
  }
  block->given[index] = false;
  return 0;
}

/* Where several sockets share a port, the kernel's rules are to hold: if it
 * would not judge beside the guard, the guard has to go. */
static void make_way(const struct attempt* attempt, unsigned index) {
  int* guard = &attempt->block->guards[index];

  if (*guard >= 0 && attempt->block->given[index] &&
      !guard_is_strict(*guard, attempt->block->protocol) &&
      check_free(attempt, index) != 0) {
    close(*guard);
    *guard = -1;
  }
}

/* Beside the guard, if there is one. */
static int bind_at(struct attempt* attempt, unsigned index) {
  int guard;
  int error;

  make_way(attempt, index);
  guard = attempt->block->guards[index];
  attempt->address.in.sin_port = htons(port_at(attempt, index));
  if (guard < 0) {
    return bind(attempt->fd, &attempt->address.any, attempt->address_len) == 0
               ? 0
               : errno;
  }
  error = guard_bind(guard, attempt->fd, &attempt->address.any,
                     attempt->address_len);
  if (error == 0) {
    attempt->block->given[index] = true;
    settle_guard(attempt, index);
  } else if (!attempt->tree->scope->is_guarded) {
    close(guard);
    attempt->block->guards[index] = -1;
  }
  return error;
}

static bool may_step_over_remnants(const struct attempt* attempt) {
  int is_on = 0;
  socklen_t is_on_len = sizeof is_on;

  return attempt->block->protocol == PORTRES_TCP &&
         getsockopt(attempt->fd, SOL_SOCKET, SO_REUSEADDR, &is_on,
                    &is_on_len) == 0 &&
         is_on != 0;
}

/* The kernel looks through all its connections: some milliseconds. */
static bool may_survey(struct tree_block* block) {
  struct timespec now;
  int64_t now_ms;

  clock_gettime(CLOCK_MONOTONIC, &now);
  now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  if (now_ms < block->survey_again_ms) {
    return false;
  }
  block->survey_again_ms = now_ms + SURVEY_INTERVAL_MS;
  return true;
}

/* What connections in TIME_WAIT have left comes last, and only for a socket
 * that asks for it by SO_REUSEADDR, as everywhere on Linux. */
static int pick_remnant(struct attempt* attempt) {
  struct tree_block* block = attempt->block;
  struct survey survey = {.block = block};
  int error = ENOBUFS;

  if (!may_step_over_remnants(attempt) || !may_survey(block)) {
    return ENOBUFS;
  }
  survey.is_taken = calloc(block->range.count, sizeof *survey.is_taken);
  if (survey.is_taken != NULL &&
      sockets_each(block->protocol, block->range, note_socket, &survey) == 0) {
    for (unsigned i = 0; i < block->range.count && error != 0; i++) {
      error = survey.is_taken[i] ? ENOBUFS : bind_at(attempt, i);
    }
  }
  free(survey.is_taken);
  if (error == 0) {
    block->survey_again_ms = 0; /* there may be more of them */
  }
  return error == 0 ? 0 : ENOBUFS;
}

static int pick(struct attempt* attempt) {
  for (unsigned i = 0; i < attempt->block->range.count; i++) {
    int error = check_free(attempt, i);
    if (error == 0) {
      error = bind_at(attempt, i);
    }
    if (error != EADDRINUSE) {
      return error;
    }
  }
  return pick_remnant(attempt);
}

/* Returns: 0 or an errno value. */
static int find_block(struct tree* tree, int fd, struct tree_block** out) {
  int protocol = 0;
  socklen_t protocol_len = sizeof protocol;

  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_len) != 0) {
    return errno;
  }
  *out = tree_find(tree, (enum portres_protocol)protocol);
  return *out != NULL ? 0 : EINVAL;
}

int tree_bind(struct tree* tree,
              int fd,
              const struct sockaddr* address,
              socklen_t address_len) {
  struct attempt attempt = {
      .tree = tree,
      .fd = fd,
      .address_len = portres__address_length(address, address_len)};
  int error = find_block(tree, fd, &attempt.block);
  uint16_t port;

  if (error != 0 || attempt.address_len == 0) {
    return error != 0 ? error : EINVAL;
  }
  memcpy(&attempt.address, address, attempt.address_len);
  port = portres__address_port(address);
  if (port == 0) {
    return pick(&attempt);
  }
  return portres__block_contains(attempt.block->range, port)
             ? bind_at(&attempt, (unsigned)(port - attempt.block->range.start))
             : EACCES;
}

/* --- Listening --- */

/* Returns: 0 or an errno value. */
static int bind_wildcard(struct tree* tree, int fd, int family) {
  union portres__address address;

  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)family;
  return tree_bind(tree, fd, &address.any,
                   family == AF_INET6 ? sizeof address.in6 : sizeof address.in);
}

/* The guard of the port that the socket has; -1: none, or another port. */
static int find_guard(const struct tree_block* block, int fd, bool* has_out) {
  union portres__address address;
  socklen_t address_len = sizeof address;
  uint16_t port = 0;

  if (getsockname(fd, &address.any, &address_len) == 0) {
    port = portres__address_port(&address.any);
  }
  *has_out = portres__block_contains(block->range, port);
  return *has_out ? block->guards[port - block->range.start] : -1;
}

bool tree_has(struct tree* tree, int fd) {
  struct tree_block* block;
  bool has = false;

  if (find_block(tree, fd, &block) == 0) {
    find_guard(block, fd, &has);
  }
  return has;
}

int tree_listen(struct tree* tree, int fd, int backlog) {
  union portres__address address;
  socklen_t address_len = sizeof address;
  struct tree_block* block;
  int error = find_block(tree, fd, &block);
  bool has_port;
  int guard;

  if (error == 0 && getsockname(fd, &address.any, &address_len) != 0) {
    error = errno;
  }
  if (error == 0 && portres__address_port(&address.any) == 0) {
    error = bind_wildcard(tree, fd, address.any.sa_family);
  }
  if (error != 0) {
    return error;
  }
  guard = find_guard(block, fd, &has_port);
  if (guard >= 0) {
    return guard_listen(guard, fd, backlog);
  }
  return listen(fd, backlog) == 0 ? 0 : errno;
}
