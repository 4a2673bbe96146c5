/* model_token_ops.c - the library's own calls: acquire, associate, release,
 *                     and release, on tokens that are right or wrong.
 *
 * Any thread may release a shared block while others use it. Its life goes
 * from ALIVE over CLAIMED (a thread is about to release it) and DYING (it is
 * in portres_release) to DEAD (the call has returned); in between both answers
 * are right. While it is CLAIMED nobody else may release it, for the model
 * still has its ports.
 */
#include <errno.h>
#include <stdio.h>

#include "model_ops.h"

enum portres_protocol model_protocol(int protocol) {
  return protocol == MODEL_TCP ? PORTRES_TCP : PORTRES_UDP;
}

static int count_live(struct model_thread* t) {
  int live = 0;
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    live += t->model.blocks[i].life == MODEL_ALIVE;
  }
  return live;
}

static struct model_block* choose_live(struct model_thread* t, int protocol) {
  unsigned first = model_below(t, MODEL_BLOCKS);
  for (unsigned i = 0; i < MODEL_BLOCKS; ++i) {
    struct model_block* block = &t->model.blocks[(first + i) % MODEL_BLOCKS];
    if (block->life == MODEL_ALIVE && block->protocol == protocol) {
      return block;
    }
  }
  return NULL;
}

static struct model_block* choose_shared(struct model_thread* t) {
  struct model_block* block =
      &t->model.space->shared[model_below(t, MODEL_SHARED)];
  return block == t->favourite ? NULL : block;
}

struct model_block* model_choose_block(struct model_thread* t, int protocol) {
  unsigned dice = model_below(t, 100);
  struct model_block* block = NULL;
  if (t->is_in_crowd) {
    return t->favourite;
  }
  if (dice < 65) {
    block = choose_live(t, protocol);
  } else if (dice < 85) {
    block = choose_shared(t);
  }
  return block != NULL ? block : &t->model.blocks[model_below(t, MODEL_BLOCKS)];
}

/* Acquire */

static void check_token(struct model_thread* t, portres_token token) {
  model_expect_true(t, "the token is not 0", token != 0);
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    model_expect_true(t, "the token is a new one",
                      token != t->model.blocks[i].token);
  }
}

static void remember(struct model_thread* t,
                     struct model_block* block,
                     const struct portres_reservation* got) {
  block->token = got->token;
  block->start = got->range.start;
  block->serial = ++t->serial;
  for (unsigned i = 0; i < block->count; ++i) {
    struct model_port* port =
        &t->model.space->ports[block->protocol][block->start + i];
    model_expect(t, "sockets on a port of the new block", 0, port->sockets);
  }
  model_expect_true(t, "no other block has a port of the new one",
                    model_reserve(t->model.space, block));
}

void model_label(char* label, const struct model_block* block) {
  snprintf(label, PORTRES_LABEL_SIZE, "block %u", block->label);
}

/* Asks for `block`, whose start, count, order and label are set. */
static int acquire(struct model_block* block,
                   int fd,
                   unsigned alignment,
                   struct portres_reservation* got) {
  const struct portres_range range = {(uint16_t)block->start,
                                      (uint16_t)block->count};
  char label[PORTRES_LABEL_SIZE];
  model_label(label, block);
  const struct portres_options options = {
      .size = sizeof options,
      .range = range,
      .alignment = (uint16_t)alignment,
      .order = block->rotating ? PORTRES_ORDER_ROTATING : PORTRES_ORDER_LOWEST,
      .label = block->label == 0 ? NULL : label};
  errno = MODEL_ERRNO;
  if (block->label == 0 && !block->rotating && alignment == 0) {
    return portres_acquire(fd, range, got);
  }
  return portres_acquire_with(fd, &options, got);
}

static struct model_block* prepare(struct model_thread* t,
                                   struct model_descriptor* d) {
  struct model_block* block = model_spare(&t->model);
  block->protocol = model_socket_of(t, d)->protocol;
  block->acquirer = d->socket;
  block->rotating = model_chance(t, 20);
  block->label = model_chance(t, 30) ? model_below(t, 1000) : 0;
  return block;
}

bool model_op_acquire(struct model_thread* t, struct model_descriptor* d) {
  if (count_live(t) >= MODEL_LIVE) {
    return false;
  }
  struct model_block wanted = *prepare(t, d);
  unsigned zone = t->zone[wanted.protocol];
  struct model_block* rival = choose_live(t, wanted.protocol);
  wanted.start = zone + model_below(t, MODEL_ZONE - 6);
  if (rival != NULL && model_chance(t, 15)) {
    wanted.start = rival->start;
  }
  wanted.count = wanted.start < zone ? 1 : 1 + model_below(t, 6);
  model_note(t, MODEL_OP_ACQUIRE, d->fd, wanted.start, wanted.count);
  int want = model_want_acquire(t->model.space, wanted.protocol, wanted.start,
                                wanted.count);
  struct portres_reservation got = {.token = 0};
  model_expect_status(t, want, acquire(&wanted, d->fd, 0, &got));
  if (want != 0) {
    model_expect_true(t, "nothing is written when acquire fails",
                      got.token == 0 && got.range.start == 0);
    return true;
  }
  check_token(t, got.token);
  model_expect(t, "start", wanted.start, got.range.start);
  model_expect(t, "count", wanted.count, got.range.count);
  struct model_block* block = model_spare(&t->model);
  *block = wanted;
  remember(t, block, &got);
  return true;
}

bool model_op_wildcard(struct model_thread* t, struct model_descriptor* d) {
  if (count_live(t) >= MODEL_LIVE) {
    return false;
  }
  struct model_block* block = prepare(t, d);
  unsigned alignment = model_chance(t, 25) ? 1u << model_below(t, 4) : 0;
  block->start = 0;
  block->count = 1 + model_below(t, 8);
  model_note(t, MODEL_OP_WILDCARD, d->fd, alignment, block->count);
  unsigned start = model_first_fit(t->model.space, block->protocol,
                                   block->count, alignment + !alignment, false);
  struct portres_reservation got;
  model_expect_status(t, 0, acquire(block, d->fd, alignment, &got));
  check_token(t, got.token);
  model_expect(t, "count", block->count, got.range.count);
  model_expect_true(t, "the block lies in the dynamic range",
                    got.range.start >= MODEL_FIRST);
  if (t->is_alone) {
    model_expect(t, "start of the first fit", start, got.range.start);
  }
  remember(t, block, &got);
  return true;
}

void model_acquire_shared(struct model_thread* t, int number, int fd) {
  struct model_block* block = &t->model.space->shared[number];
  struct portres_reservation got;
  block->shared = true;
  block->protocol = number % MODEL_PROTOCOLS;
  block->start = 0;
  block->count = 2 + model_below(t, 6);
  atomic_store(&block->held, 0);
  atomic_store(&block->started, 0);
  atomic_store(&block->releases, 0);
  model_note(t, MODEL_OP_WILDCARD, fd, number, block->count);
  model_expect_status(t, 0, acquire(block, fd, 0, &got));
  remember(t, block, &got);
}

/* Associate and release */

int model_want_of_life(const struct model_block* block, int before, int got) {
  if (block->life == MODEL_DEAD && before == MODEL_DEAD) {
    return PORTRES_EINVAL;
  }
  return block->life != MODEL_ALIVE && got == PORTRES_EINVAL ? PORTRES_EINVAL
                                                             : PORTRES_OK;
}

bool model_op_associate(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  struct model_block* block = model_choose_block(t, s->protocol);
  int before = block->life;
  model_note(t, MODEL_OP_ASSOCIATE, d->fd, block->start, block->count);
  errno = MODEL_ERRNO;
  int status = portres_associate(d->fd, block->token);
  int want = model_want_of_life(block, before, status);
  if (s->state != MODEL_UNBOUND || s->protocol != block->protocol) {
    want = PORTRES_EINVAL;
  }
  model_expect_status(t, want, status);
  if (want == 0) {
    model_associate(s, block);
  }
  return true;
}

/* Whichever thread ends the block for the model, any of those in the call may
 * be the one that is told 0; the others are told EINVAL. */
static bool release_shared(struct model_thread* t,
                           struct model_descriptor* d,
                           struct model_block* block) {
  int before = MODEL_ALIVE;
  bool is_first =
      atomic_compare_exchange_strong(&block->life, &before, (int)MODEL_CLAIMED);
  if (before == MODEL_CLAIMED) {
    return false;
  }
  if (is_first) {
    model_end(t->model.space, block);
    block->life = MODEL_DYING;
  }
  errno = MODEL_ERRNO;
  int status = portres_release(d->fd, block->token);
  bool is_right = status == 0 && before != MODEL_DEAD;
  model_expect_status(t, is_right ? 0 : PORTRES_EINVAL, status);
  atomic_fetch_add(&block->releases, status == 0);
  if (is_first) {
    block->life = MODEL_DEAD;
  }
  return true;
}

bool model_op_release(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  struct model_block* block = model_choose_block(t, s->protocol);
  bool is_right = block->protocol == s->protocol;
  if (block->shared && !model_chance(t, 5)) {
    return false;
  }
  model_note(t, MODEL_OP_RELEASE, d->fd, block->start, block->count);
  if (block->shared && is_right) {
    return release_shared(t, d, block);
  }
  bool is_valid = is_right && block->life == MODEL_ALIVE;
  if (is_valid) {
    model_end(t->model.space, block);
  }
  errno = MODEL_ERRNO;
  int status = portres_release(d->fd, block->token);
  model_expect_status(t, is_valid ? 0 : PORTRES_EINVAL, status);
  return true;
}
