/* model.c - the reference model, see model.h.
 *
 * A private block, and the zone where a thread's specific blocks and explicit
 * binds lie, is used by one thread only; so all sockets on a port of it are in
 * that thread's model, and what the kernel answers is determined.
 */
#include "model.h"

#include <errno.h>
#include <stddef.h>

static const struct model_want want_undecided = {.undecided = true};

static struct model_want want_error(int error) {
  struct model_want want = {.error = error};
  return want;
}

static struct model_want want_port(unsigned port) {
  struct model_want want = {.port = port};
  return want;
}

static struct model_port* port_of(struct model_space* space,
                                  int protocol,
                                  unsigned port) {
  return &space->ports[protocol][port];
}

/* Sockets */

int model_open(struct model* m, int protocol, enum model_family f, bool reuse) {
  int i = 0;
  while (m->sockets[i].state != MODEL_CLOSED) {
    ++i;
  }
  m->sockets[i] = (struct model_socket){.state = MODEL_UNBOUND,
                                        .protocol = protocol,
                                        .family = f,
                                        .references = 1,
                                        .reuse = reuse,
                                        .peer = -1};
  return i;
}

void model_refer(struct model_socket* s) {
  s->references += 1;
}

static void end_blocks_of(struct model* m, int acquirer) {
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    struct model_block* block = &m->blocks[i];
    if (block->life == MODEL_ALIVE && block->acquirer == acquirer) {
      model_end(m->space, block);
    }
  }
}

bool model_drop(struct model* m, struct model_socket* s) {
  s->references -= 1;
  if (s->references > 0) {
    return false;
  }
  end_blocks_of(m, (int)(s - m->sockets));
  if (s->state != MODEL_UNBOUND) {
    atomic_fetch_sub(&port_of(m->space, s->protocol, s->port)->sockets, 1);
  }
  s->state = MODEL_CLOSED;
  return true;
}

void model_associate(struct model_socket* s, struct model_block* block) {
  s->block = block;
  s->serial = block->serial;
}

bool model_is_alive(const struct model_socket* s) {
  return s->block != NULL && s->block->serial == s->serial &&
         s->block->life != MODEL_DEAD;
}

int model_bind(struct model* m,
               struct model_socket* s,
               enum model_address address,
               unsigned port) {
  s->state = MODEL_BOUND;
  s->address = address;
  s->port = port;
  return atomic_fetch_add(&port_of(m->space, s->protocol, port)->sockets, 1);
}

/* Predictions for a bind */

static bool is_free(struct model* m, const struct model_block* b, unsigned i) {
  return port_of(m->space, b->protocol, b->start + i)->sockets == 0;
}

struct model_want model_want_pick(struct model* m, struct model_socket* s) {
  struct model_block* block = s->block;
  if (block == NULL) {
    return want_port(0);
  }
  if (!model_is_alive(s)) {
    return want_error(ENOBUFS);
  }
  if (block->shared) {
    struct model_want want = {.shared = true};
    return want;
  }
  unsigned first = block->rotating ? block->last - block->start + 1 : 0;
  for (unsigned i = 0; i < block->count; ++i) {
    unsigned offset = (first + i) % block->count;
    if (is_free(m, block, offset)) {
      return want_port(block->start + offset);
    }
  }
  return want_error(ENOBUFS);
}

static bool is_v4(enum model_address address) {
  return address <= MODEL_OTHER4;
}

/* The kernel's rule for two sockets without flags, Linux 6.18. */
static bool addresses_conflict(enum model_address a, enum model_address b) {
  if (a == b || a == MODEL_ANY46 || b == MODEL_ANY46) {
    return true;
  }
  if (is_v4(a) != is_v4(b)) {
    return false;
  }
  return a == MODEL_ANY4 || b == MODEL_ANY4 || a == MODEL_ANY6 ||
         b == MODEL_ANY6;
}

static struct model_want want_of_kernel(struct model* m,
                                        struct model_socket* s,
                                        enum model_address address,
                                        unsigned port) {
  struct model_want want = want_port(port);
  for (int i = 0; i < m->size; ++i) {
    struct model_socket* other = &m->sockets[i];
    if (other->state <= MODEL_UNBOUND || other->protocol != s->protocol ||
        other->port != port || (other->reuse && s->reuse)) {
      continue;
    }
    if (other->blurred) {
      want = want_undecided;
    } else if (addresses_conflict(address, other->address)) {
      return want_error(EADDRINUSE);
    }
  }
  return want;
}

struct model_want model_want_bind(struct model* m,
                                  struct model_socket* s,
                                  enum model_address address,
                                  unsigned port) {
  if (s->block == NULL) {
    if (port_of(m->space, s->protocol, port)->blocks > 0) {
      return want_error(EACCES);
    }
    return want_of_kernel(m, s, address, port);
  }
  if (!model_is_alive(s) || !model_contains(s->block, port)) {
    return want_error(EACCES);
  }
  if (s->block->shared || s->block->rotating) {
    return want_undecided;
  }
  return want_of_kernel(m, s, address, port);
}

enum model_address model_any(enum model_family family) {
  static const enum model_address any[MODEL_FAMILIES] = {
      [MODEL_V4] = MODEL_ANY4,
      [MODEL_DUAL] = MODEL_ANY46,
      [MODEL_V6ONLY] = MODEL_ANY6};
  return any[family];
}

/* Blocks */

/* The oldest dead block goes first: tokens are to be tried long after. */
struct model_block* model_spare(struct model* m) {
  struct model_block* spare = NULL;
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    struct model_block* block = &m->blocks[i];
    if (block->life == MODEL_DEAD &&
        (spare == NULL || block->serial < spare->serial)) {
      spare = block;
    }
  }
  return spare;
}

bool model_reserve(struct model_space* space, struct model_block* block) {
  bool is_alone = true;
  for (unsigned i = 0; i < block->count; ++i) {
    struct model_port* port = port_of(space, block->protocol, block->start + i);
    is_alone = atomic_fetch_add(&port->blocks, 1) == 0 && is_alone;
  }
  block->last = block->start + block->count - 1;
  block->life = MODEL_ALIVE;
  return is_alone;
}

void model_end(struct model_space* space, struct model_block* block) {
  for (unsigned i = 0; i < block->count; ++i) {
    struct model_port* port = port_of(space, block->protocol, block->start + i);
    atomic_fetch_sub(&port->blocks, 1);
  }
  if (block->life == MODEL_ALIVE) {
    block->life = MODEL_DEAD;
  }
}

static bool is_run_free(struct model_space* space,
                        int protocol,
                        unsigned start,
                        unsigned count,
                        bool strange) {
  for (unsigned i = 0; i < count; ++i) {
    struct model_port* port = port_of(space, protocol, start + i);
    if (port->sockets > 0 || (port->blocks > 0 && !strange)) {
      return false;
    }
  }
  return true;
}

int model_want_acquire(struct model_space* space,
                       int protocol,
                       unsigned start,
                       unsigned count) {
  if (!is_run_free(space, protocol, start, count, false)) {
    return PORTRES_EADDRINUSE;
  }
  return PORTRES_OK;
}

unsigned model_first_fit(struct model_space* space,
                         int protocol,
                         unsigned count,
                         unsigned alignment,
                         bool strange) {
  for (unsigned start = MODEL_FIRST; start + count <= MODEL_PORTS; ++start) {
    if (start % alignment == 0 &&
        is_run_free(space, protocol, start, count, strange)) {
      return start;
    }
  }
  return 0;
}

unsigned model_used(struct model_space* space, const struct model_block* b) {
  unsigned used = 0;
  for (unsigned i = 0; i < b->count; ++i) {
    if (port_of(space, b->protocol, b->start + i)->sockets > 0) {
      ++used;
    }
  }
  return used;
}

bool model_contains(const struct model_block* block, unsigned port) {
  return port >= block->start && port < block->start + block->count;
}
