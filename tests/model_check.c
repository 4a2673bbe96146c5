/* model_check.c - everything there is against the model, while all threads but
 *                 one stand at a barrier.
 */
#include "model_net.h"
#include "model_ops.h"

static void check_blocks(struct model_thread* t) {
  for (int i = 0; i < MODEL_BLOCKS; ++i) {
    if (t->model.blocks[i].token != 0) {
      model_describe(t, &t->model.blocks[i]);
    }
  }
}

static void check_shared(struct model_thread* t) {
  for (int i = 0; i < MODEL_SHARED; ++i) {
    struct model_block* block = &t->model.space->shared[i];
    model_describe(t, block);
    model_expect(t, "threads whose release of the block succeeded",
                 block->life == MODEL_DEAD, block->releases);
    if (block->life == MODEL_ALIVE) {
      model_expect(t, "sockets with a port of the shared block",
                   model_used(t->model.space, block), block->held);
    }
  }
}

/* Returns how many descriptors it has. */
static int check_sockets(struct model_thread* t) {
  int open = 0;
  for (int i = 0; i < t->model.size; ++i) {
    struct model_descriptor* d = &t->descriptors[i];
    if (d->fd < 0) {
      continue;
    }
    struct model_socket* s = model_socket_of(t, d);
    model_note(t, MODEL_OP_CHECK, d->fd, s->state, s->port);
    model_expect(t, "port of a socket", s->state == MODEL_UNBOUND ? 0 : s->port,
                 model_net_port(d->fd));
    open += 1;
  }
  for (int i = 0; i < t->model.size; ++i) {
    struct model_socket* s = &t->model.sockets[i];
    open += s->state != MODEL_CLOSED && s->peer >= 0;
  }
  return open;
}

static int count_blocks(const struct model_block* blocks, int size) {
  int alive = 0;
  for (int i = 0; i < size; ++i) {
    alive += blocks[i].life == MODEL_ALIVE;
  }
  return alive;
}

static int count(const struct portres_info* info, void* arg) {
  int* listed = arg;
  (void)info;
  *listed += 1;
  return 0;
}

void model_check(struct model_thread* threads, int number, int other_fds) {
  int descriptors = other_fds;
  int listed = 0;
  int alive = count_blocks(threads->model.space->shared, MODEL_SHARED);
  for (int i = 0; i < number; ++i) {
    struct model_thread* t = &threads[i];
    t->is_alone = true;
    check_blocks(t);
    model_op_list(t, &t->descriptors[0]);
    descriptors += check_sockets(t);
    alive += count_blocks(t->model.blocks, MODEL_BLOCKS);
    t->is_alone = !t->has_peers;
  }
  threads->is_alone = true;
  check_shared(threads);
  portres_list(count, &listed);
  model_expect(threads, "reservations in the list", alive, listed);
  if (!model_has_guards()) {
    model_expect(threads, "open descriptors", descriptors,
                 model_count_descriptors());
  }
  threads->is_alone = !threads->has_peers;
}
