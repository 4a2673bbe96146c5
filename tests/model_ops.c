/* model_ops.c - one random operation after the other, and those on sockets
 *               and descriptors as such.
 */
#include "model_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <portres/calls.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model_net.h"

struct model_socket* model_socket_of(struct model_thread* t,
                                     struct model_descriptor* d) {
  return &t->model.sockets[d->socket];
}

static struct model_descriptor* choose_slot(struct model_thread* t) {
  return &t->descriptors[model_below(t, (unsigned)t->model.size)];
}

static void open_socket(struct model_thread* t,
                        struct model_descriptor* d,
                        int protocol) {
  enum model_family family = model_below(t, MODEL_FAMILIES);
  bool reuse = protocol == MODEL_UDP && model_chance(t, 10);
  model_note(t, MODEL_OP_SOCKET, -1, protocol, family);
  d->fd = model_net_open(protocol, family, reuse);
  model_expect_true(t, "a socket is opened", d->fd >= 0);
  d->socket = model_open(&t->model, protocol, family, reuse);
  t->counts[MODEL_OP_SOCKET] += 1;
}

/* What is to be done when a descriptor has really been closed. */
struct farewell {
  int peer;
  struct model_block* block; /* a shared one that gets a port back */
};

/* The model goes first: what it holds, the library must hold too. */
static struct farewell take_leave(struct model_thread* t,
                                  struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  bool is_bound = s->state != MODEL_UNBOUND;
  struct farewell farewell = {.peer = -1};
  if (model_drop(&t->model, s)) {
    farewell.peer = s->peer;
    if (is_bound && s->block != NULL && s->block->shared &&
        s->block->serial == s->serial) {
      farewell.block = s->block;
    }
  }
  return farewell;
}

static void say_farewell(const struct farewell* farewell) {
  if (farewell->peer >= 0) {
    close(farewell->peer);
  }
  if (farewell->block != NULL) {
    atomic_fetch_sub(&farewell->block->held, 1);
  }
}

/* libuv closes by a raw system call, python's subprocess by close_range(). */
static int close_somehow(struct model_thread* t, int fd) {
  unsigned dice = MODEL_IS_WATCHED ? 10 : model_below(t, 10);
  errno = MODEL_ERRNO;
  if (dice == 0) {
    return close_range((unsigned)fd, (unsigned)fd, 0);
  }
  if (dice == 1) {
    return portres_close(fd);
  }
  return dice < 4 ? (int)syscall(SYS_close, fd) : close(fd);
}

void model_op_close(struct model_thread* t, struct model_descriptor* d) {
  model_note(t, MODEL_OP_CLOSE, d->fd, model_socket_of(t, d)->port,
             model_socket_of(t, d)->references);
  struct farewell farewell = take_leave(t, d);
  model_expect_call(t, 0, close_somehow(t, d->fd));
  say_farewell(&farewell);
  d->fd = -1;
}

static bool close_any(struct model_thread* t, struct model_descriptor* d) {
  model_op_close(t, d);
  return true;
}

static bool dup_new(struct model_thread* t, struct model_descriptor* d) {
  struct model_descriptor* copy = choose_slot(t);
  for (int tries = 0; copy->fd >= 0; ++tries) {
    if (tries == 10) {
      return false;
    }
    copy = choose_slot(t);
  }
  model_note(t, MODEL_OP_DUP, d->fd, 0, 0);
  bool is_fcntl = model_chance(t, 40);
  errno = MODEL_ERRNO;
  copy->fd = is_fcntl ? fcntl(d->fd, F_DUPFD_CLOEXEC, 3) : dup(d->fd);
  model_expect_call(t, 0, copy->fd);
  copy->socket = d->socket;
  model_refer(model_socket_of(t, d));
  return true;
}

static bool dup_over(struct model_thread* t, struct model_descriptor* d) {
  struct model_descriptor* target = choose_slot(t);
  struct farewell farewell = {.peer = -1};
  if (target->fd < 0) {
    return false;
  }
  model_note(t, MODEL_OP_DUP_OVER, d->fd, target->fd, 0);
  if (target != d) {
    model_refer(model_socket_of(t, d));
    farewell = take_leave(t, target);
  }
  bool is_dup3 = target != d && model_chance(t, 30);
  errno = MODEL_ERRNO;
  int result =
      is_dup3 ? dup3(d->fd, target->fd, O_CLOEXEC) : dup2(d->fd, target->fd);
  model_expect_call(t, 0, result);
  model_expect(t, "descriptor", target->fd, result);
  say_farewell(&farewell);
  target->socket = d->socket;
  return true;
}

/* Choosing */

enum condition { FRESH, READY, BOUND, CONDITIONS };

struct choice {
  model_op* op;
  unsigned weight[CONDITIONS];
};

/* A fresh socket is mostly associated, a ready one bound, a bound one closed:
 * so that many take part in a block before it ends. */
static const struct choice choices[MODEL_OPS] = {
    [MODEL_OP_CLOSE] = {close_any, {6, 4, 44}},
    [MODEL_OP_DUP] = {dup_new, {6, 6, 6}},
    [MODEL_OP_DUP_OVER] = {dup_over, {2, 2, 4}},
    [MODEL_OP_ASSOCIATE] = {model_op_associate, {52, 7, 4}},
    [MODEL_OP_BIND_ANY] = {model_op_bind_any, {5, 30, 3}},
    [MODEL_OP_BIND_PORT] = {model_op_bind_port, {12, 14, 4}},
    [MODEL_OP_LISTEN] = {model_op_listen, {4, 14, 7}},
    [MODEL_OP_CONNECT] = {model_op_connect, {2, 6, 4}},
    [MODEL_OP_SEND] = {model_op_send, {4, 10, 6}},
    [MODEL_OP_ACQUIRE] = {model_op_acquire, {4, 3, 3}},
    [MODEL_OP_WILDCARD] = {model_op_wildcard, {3, 2, 2}},
    [MODEL_OP_RELEASE] = {model_op_release, {2, 2, 2}},
    [MODEL_OP_DESCRIBE] = {model_op_describe, {2, 3, 6}},
    [MODEL_OP_LIST] = {model_op_list, {1, 0, 1}},
    [MODEL_OP_BAD] = {model_op_bad, {2, 1, 2}}};

static enum condition condition_of(const struct model_socket* s) {
  if (s->state != MODEL_UNBOUND) {
    return BOUND;
  }
  return s->block == NULL ? FRESH : READY;
}

static enum model_kind choose_kind(struct model_thread* t,
                                   enum condition condition) {
  unsigned sum = 0;
  for (int i = 0; i < MODEL_OPS; ++i) {
    sum += choices[i].weight[condition];
  }
  unsigned dice = model_below(t, sum);
  int kind = 0;
  while (dice >= choices[kind].weight[condition]) {
    dice -= choices[kind].weight[condition];
    ++kind;
  }
  return (enum model_kind)kind;
}

static bool try_kind(struct model_thread* t,
                     struct model_descriptor* d,
                     enum model_kind kind) {
  if (!choices[kind].op(t, d)) {
    return false;
  }
  t->counts[kind] += 1;
  return true;
}

static enum model_kind next_in_crowd(const struct model_socket* s) {
  if (s->state != MODEL_UNBOUND) {
    return MODEL_OP_CLOSE;
  }
  return model_is_alive(s) ? MODEL_OP_BIND_ANY : MODEL_OP_ASSOCIATE;
}

/* A few sockets of each thread take a port of the same block and give it back
 * as fast as they can: two picks must meet within nanoseconds to disturb each
 * other. */
static bool crowd(struct model_thread* t) {
  struct model_descriptor* d = &t->descriptors[model_below(t, MODEL_CROWD)];
  if (d->fd < 0) {
    open_socket(t, d, t->favourite->protocol);
    return true;
  }
  t->is_in_crowd = true;
  bool is_done = try_kind(t, d, next_in_crowd(model_socket_of(t, d)));
  t->is_in_crowd = false;
  return is_done;
}

static bool try_one(struct model_thread* t) {
  struct model_descriptor* d = choose_slot(t);
  if (t->favourite != NULL && model_chance(t, 60)) {
    return crowd(t);
  }
  if (d->fd >= 0) {
    return try_kind(t, d, choose_kind(t, condition_of(model_socket_of(t, d))));
  }
  open_socket(t, d, (int)model_below(t, MODEL_PROTOCOLS));
  return true;
}

void model_step(struct model_thread* t) {
  t->step += 1;
  while (!try_one(t)) {
    /* It made no sense on that socket: draw again. */
  }
}
