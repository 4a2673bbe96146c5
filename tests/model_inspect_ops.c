/* model_inspect_ops.c - describe and list against the model, and calls that
 *                       are wrong in themselves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_ops.h"

/* Describe */

/* No other thread touches the ports of a private block. */
static void compare_use(struct model_thread* t,
                        const struct model_block* block,
                        const struct portres_info* info) {
  unsigned used = model_used(t->model.space, block);
  model_expect(t, "used", used, info->used);
  model_expect(t, "free", block->count - used, info->free);
  model_expect(t, "cooling", 0, info->cooling);
}

/* PORTRES_SCOPE is that of blocks whose options name none; guards are
 * descriptors that the model does not know of. */
bool model_has_guards(void) {
  const char* scope = getenv("PORTRES_SCOPE");
  return scope == NULL || strcmp(scope, "machine") == 0;
}

void model_compare(struct model_thread* t,
                   const struct model_block* block,
                   const struct portres_info* info) {
  char label[PORTRES_LABEL_SIZE] = "";
  if (block->label != 0) {
    model_label(label, block);
  }
  model_expect_true(t, "described token", info->token == block->token);
  model_expect(t, "described start", block->start, info->range.start);
  model_expect(t, "described count", block->count, info->range.count);
  model_expect(t, "described protocol", model_protocol(block->protocol),
               info->protocol);
  model_expect(t, "described kind", PORTRES_RUNTIME, info->kind);
  model_expect(
      t, "described scope",
      model_has_guards() ? PORTRES_SCOPE_MACHINE : PORTRES_SCOPE_PROCESS,
      info->scope);
  model_expect(t, "described pid", getpid(), info->pid);
  model_expect_true(t, "described label", strcmp(label, info->label) == 0);
  model_expect(t, "used, free and cooling together", block->count,
               (long)info->used + info->free + info->cooling);
  if (!block->shared || t->is_alone) {
    compare_use(t, block, info);
  }
}

void model_describe(struct model_thread* t, struct model_block* block) {
  struct portres_info info = {.size = sizeof info};
  int before = block->life;
  model_note(t, MODEL_OP_DESCRIBE, -1, block->start, block->count);
  errno = MODEL_ERRNO;
  int status = portres_describe(block->token, &info);
  int want = block->shared           ? model_want_of_life(block, before, status)
             : before == MODEL_ALIVE ? PORTRES_OK
                                     : PORTRES_EINVAL;
  model_expect_status(t, want, status);
  if (status == 0) {
    model_compare(t, block, &info);
  }
}

bool model_op_describe(struct model_thread* t, struct model_descriptor* d) {
  model_describe(t, model_choose_block(t, model_socket_of(t, d)->protocol));
  return true;
}

/* List */

struct listing {
  struct model_thread* thread;
  struct portres_info last;
  int seen; /* blocks of this thread */
};

static void compare_own(struct listing* listing,
                        const struct portres_info* info) {
  struct model_thread* t = listing->thread;
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    struct model_block* block = &t->model.blocks[i];
    if (block->life == MODEL_ALIVE && block->token == info->token) {
      model_compare(t, block, info);
      listing->seen += 1;
    }
  }
}

static int see(const struct portres_info* info, void* arg) {
  struct listing* listing = arg;
  const struct portres_info* last = &listing->last;
  bool is_in_order =
      last->protocol < info->protocol ||
      (last->protocol == info->protocol &&
       last->range.start + last->range.count <= info->range.start);
  model_expect_true(listing->thread, "listed by protocol and start",
                    is_in_order);
  listing->last = *info;
  compare_own(listing, info);
  return 0;
}

bool model_op_list(struct model_thread* t, struct model_descriptor* d) {
  struct listing listing = {.thread = t};
  int live = 0;
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    live += t->model.blocks[i].life == MODEL_ALIVE;
  }
  model_note(t, MODEL_OP_LIST, d->fd, live, 0);
  errno = MODEL_ERRNO;
  model_expect_status(t, 0, portres_list(see, &listing));
  model_expect(t, "blocks of this thread in the list", live, listing.seen);
  return true;
}

/* Bad input */

enum { BAD_SOCKETS = 3 };

/* A descriptor of which the status is known, whatever else is wrong. */
static int choose_bad(struct model_thread* t, int* want) {
  switch (model_below(t, BAD_SOCKETS)) {
    case 0:
      *want = PORTRES_ENOTSOCK;
      return -1;
    case 1:
      *want = PORTRES_ENOTSOCK;
      return t->helpers.pipe[model_below(t, 2)];
    default:
      *want = PORTRES_EOPNOTSUPP;
      return t->helpers.unix_socket;
  }
}

static int bad_socket(struct model_thread* t, int fd, int* want) {
  const struct portres_range any = {0, 4};
  struct portres_reservation out;
  (void)fd;
  fd = choose_bad(t, want);
  switch (model_below(t, 3)) {
    case 0:
      return portres_acquire(fd, any, &out);
    case 1:
      return portres_associate(fd, model_random(t));
    default:
      return portres_release(fd, 0);
  }
}

static int bad_pointer(struct model_thread* t, int fd, int* want) {
  const struct portres_range range = {0, 0};
  struct portres_reservation out;
  *want = PORTRES_EFAULT;
  switch (model_below(t, 4)) {
    case 0:
      return portres_acquire(model_chance(t, 50) ? fd : -1, range, NULL);
    case 1:
      return portres_acquire_with(fd, NULL, &out);
    case 2:
      return portres_describe(model_random(t), NULL);
    default:
      return portres_list(NULL, t);
  }
}

static int bad_range(struct model_thread* t, int fd, int* want) {
  static const struct {
    struct portres_range range;
    int want;
  } rows[] = {{{0, 0}, PORTRES_EINVAL},
              {{50000, 0}, PORTRES_EINVAL},
              {{65535, 2}, PORTRES_EINVAL},
              {{0, 16385}, PORTRES_ENOBUFS},
              {{0, 65535}, PORTRES_ENOBUFS}};
  struct portres_reservation out;
  unsigned row = model_below(t, sizeof rows / sizeof rows[0]);
  *want = rows[row].want;
  return portres_acquire(fd, rows[row].range, &out);
}

static int bad_option(struct model_thread* t, int fd, int* want) {
  struct portres_reservation out;
  struct portres_options options = {.size = sizeof options, .range = {0, 1}};
  *want = PORTRES_EINVAL;
  switch (model_below(t, 4)) {
    case 0:
      options.size = 1;
      break;
    case 1:
      options.order = (enum portres_order)7;
      break;
    case 2:
      options.scope = (enum portres_scope)99;
      break;
    default:
      options.range.start = 50001;
      options.alignment = 2;
  }
  return portres_acquire_with(fd, &options, &out);
}

static int bad_token(struct model_thread* t, int fd, int* want) {
  struct portres_info info = {.size = model_below(t, 2) * sizeof info};
  portres_token token = model_chance(t, 50) ? 0 : model_random(t);
  *want = PORTRES_EINVAL;
  switch (model_below(t, 3)) {
    case 0:
      return portres_associate(fd, token);
    case 1:
      return portres_release(fd, token);
    default:
      return portres_describe(token, &info);
  }
}

bool model_op_bad(struct model_thread* t, struct model_descriptor* d) {
  typedef int bad_call(struct model_thread * t, int fd, int* want);
  static bad_call* const calls[] = {bad_socket, bad_pointer, bad_range,
                                    bad_option, bad_token};
  unsigned call = model_below(t, sizeof calls / sizeof calls[0]);
  int want = PORTRES_OK;
  model_note(t, MODEL_OP_BAD, d->fd, call, 0);
  errno = MODEL_ERRNO;
  int status = calls[call](t, d->fd, &want);
  model_expect_status(t, want, status);
  return true;
}
