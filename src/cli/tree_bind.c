/* tree_bind.c - how a socket of the tree gets its port; read tree_bind first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address_posix.h"
#include "block.h"
#include "guard.h"
#include "platform.h"
#include "sockets.h"
#include "tree.h"

enum { SURVEY_INTERVAL_MS = 50 };

/* --- Which sockets there are --- */

/* The sockets that are not ours; what nobody has open is a remnant. */
struct survey {
  const struct tree_block* block;
  bool* is_taken; /* for each port of the block */
};

static void note_socket(const struct sockets_entry* entry, void* arg) {
  const struct survey* survey = arg;

  if (entry->inode != 0 && !entry->is_guard) {
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
  if (block->ports[index] == TREE_PORT_FREE) {
    return 0;
  }
  if (!guard_is_alone(*guard, block->protocol, port_at(attempt, index))) {
    return EADDRINUSE;
  }
  block->ports[index] = TREE_PORT_FREE;
  return 0;
}

/* Where several sockets share a port, the kernel's rules are to hold: if it
 * would not judge beside the guard, the guard has to go. */
static void make_way(const struct attempt* attempt, unsigned index) {
  int* guard = &attempt->block->guards[index];

  if (*guard >= 0 && attempt->block->ports[index] == TREE_PORT_UNCLEAN &&
      check_free(attempt, index) != 0) {
    close(*guard);
    *guard = -1;
  }
}

static void note_given(struct tree_block* block,
                       unsigned index,
                       bool is_unclean) {
  if (is_unclean && block->protocol == PORTRES_TCP) {
    block->ports[index] = TREE_PORT_UNCLEAN;
  } else if (block->ports[index] == TREE_PORT_FREE) {
    block->ports[index] = TREE_PORT_GIVEN;
  }
}

/* Beside the guard, if there is one. */
static int bind_at(struct attempt* attempt, unsigned index) {
  bool is_unclean;
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
                     attempt->address_len, &is_unclean);
  if (error == 0) {
    note_given(attempt->block, index, is_unclean);
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
  uint64_t now_ms = portres__platform_now_ms();

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

/* NULL: there is none for such a socket, or it is no socket. */
static struct tree_block* find_block(struct tree* tree, int fd) {
  int protocol = 0;
  socklen_t protocol_len = sizeof protocol;

  return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_len) == 0
             ? tree_find(tree, (enum portres_protocol)protocol)
             : NULL;
}

int tree_bind(struct tree* tree,
              int fd,
              const struct sockaddr* address,
              socklen_t address_len) {
  struct attempt attempt = {
      .tree = tree,
      .block = find_block(tree, fd),
      .fd = fd,
      .address_len = portres__address_length(address, address_len)};
  uint16_t port;

  if (attempt.block == NULL || attempt.address_len == 0) {
    return EINVAL;
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
  socklen_t address_len = portres__address_any(family, 0, &address);

  return tree_bind(tree, fd, &address.any, address_len);
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
  struct tree_block* block = find_block(tree, fd);
  bool has = false;

  if (block != NULL) {
    find_guard(block, fd, &has);
  }
  return has;
}

/* Returns: 0 or an errno value. */
static int bind_if_unbound(struct tree* tree, int fd) {
  union portres__address address;
  socklen_t address_len = sizeof address;

  memset(&address, 0, sizeof address);
  if (getsockname(fd, &address.any, &address_len) != 0) {
    return errno;
  }
  return portres__address_port(&address.any) == 0
             ? bind_wildcard(tree, fd, address.any.sa_family)
             : 0;
}

int tree_listen(struct tree* tree, int fd, int backlog) {
  struct tree_block* block = find_block(tree, fd);
  int error = block == NULL ? EINVAL : bind_if_unbound(tree, fd);
  bool has_port;
  int guard;

  if (error != 0) {
    return error;
  }
  guard = find_guard(block, fd, &has_port);
  if (guard >= 0) {
    return guard_listen(guard, fd, backlog);
  }
  return listen(fd, backlog) == 0 ? 0 : errno;
}
