/* model_fork.c - a forked child that uses the library, and leaves by _exit.
 *
 * The reservations stay with the parent: the child knows no token, its copies
 * of associated sockets cannot be bound, and what the parent has reserved is
 * free for it but for the ports that are bound. Whatever it does, the parent
 * must not notice; the check that follows looks.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model_net.h"
#include "model_ops.h"

enum complaint {
  FINE,
  LIST_NOT_EMPTY,
  TOKEN_DESCRIBED,
  TOKEN_ASSOCIATED,
  TOKEN_RELEASED,
  COPY_BOUND,
  COPY_BOUND_EXPLICITLY,
  COPY_CONNECTED,
  CLOSE_FAILED,
  WILDCARD_ELSEWHERE,
  NOT_ASSOCIATED,
  PORT_ELSEWHERE,
  BLOCK_NOT_EXHAUSTED,
  STRANGER_BOUND,
  PORT_OF_PARENT_REFUSED
};

static int bind_to(int s, enum model_family family, unsigned port) {
  union model_name name;
  socklen_t len = model_net_name(&name, model_any(family), port);
  return bind(s, &name.any, len) == 0 ? 0 : errno;
}

static int count(const struct portres_info* info, void* arg) {
  (void)arg;
  return info->range.count;
}

static enum complaint try_token(const struct model_block* block, int s) {
  struct portres_info info = {.size = sizeof info};
  if (portres_describe(block->token, &info) != PORTRES_EINVAL) {
    return TOKEN_DESCRIBED;
  }
  if (portres_associate(s, block->token) != PORTRES_EINVAL) {
    return TOKEN_ASSOCIATED;
  }
  return portres_release(s, block->token) == PORTRES_EINVAL ? FINE
                                                            : TOKEN_RELEASED;
}

static enum complaint try_tokens(struct model_thread* t) {
  enum complaint complaint = FINE;
  int sockets[MODEL_PROTOCOLS];
  for (int i = 0; i < MODEL_PROTOCOLS; ++i) {
    sockets[i] = model_net_open(i, MODEL_V4, false);
  }
  for (int i = 0; i < MODEL_BLOCKS && complaint == FINE; ++i) {
    const struct model_block* block = &t->model.blocks[i];
    complaint = try_token(block, sockets[block->protocol]);
  }
  for (int i = 0; i < MODEL_SHARED && complaint == FINE; ++i) {
    const struct model_block* block = &t->model.space->shared[i];
    complaint = try_token(block, sockets[block->protocol]);
  }
  return complaint;
}

static enum complaint try_copy(struct model_thread* t,
                               struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  union model_name name;
  socklen_t len = model_net_target(&name, s, t->helpers.sink_port);
  if (bind_to(d->fd, s->family, 0) != ENOBUFS) {
    return COPY_BOUND;
  }
  if (bind_to(d->fd, s->family, t->zone[s->protocol]) != EACCES) {
    return COPY_BOUND_EXPLICITLY;
  }
  if (connect(d->fd, &name.any, len) == 0 || errno != ENOBUFS) {
    return COPY_CONNECTED;
  }
  return FINE;
}

/* Some of the copies are closed: the parent's ports must not come back. */
static enum complaint try_copies(struct model_thread* t) {
  enum complaint complaint = FINE;
  for (int i = 0; i < t->model.size && complaint == FINE; ++i) {
    struct model_descriptor* d = &t->descriptors[i];
    if (d->fd < 0) {
      continue;
    }
    struct model_socket* s = model_socket_of(t, d);
    if (s->state == MODEL_UNBOUND && s->block != NULL) {
      complaint = try_copy(t, d);
    }
    if (complaint == FINE && i % 3 == 0 && close(d->fd) != 0) {
      complaint = CLOSE_FAILED;
    }
  }
  return complaint;
}

static enum complaint try_member(const struct portres_reservation* block,
                                 int protocol,
                                 unsigned number) {
  int s = model_net_open(protocol, MODEL_DUAL, false);
  if (portres_associate(s, block->token) != 0) {
    return NOT_ASSOCIATED;
  }
  int error = bind_to(s, MODEL_DUAL, 0);
  if (number == block->range.count) {
    return error == ENOBUFS ? FINE : BLOCK_NOT_EXHAUSTED;
  }
  int next = block->range.start + (int)number;
  bool is_next = error == 0 && model_net_port(s) == next;
  return is_next ? FINE : PORT_ELSEWHERE;
}

static enum complaint try_own_block(struct model_thread* t, int protocol) {
  struct portres_range want = {0, (uint16_t)(1 + model_below(t, 4))};
  struct portres_reservation got;
  int s = model_net_open(protocol, MODEL_V4, false);
  unsigned start =
      model_first_fit(t->model.space, protocol, want.count, 1, true);
  if (portres_acquire(s, want, &got) != 0 ||
      (got.range.start != start && !model_has_guards())) {
    return WILDCARD_ELSEWHERE;
  }
  if (bind_to(s, MODEL_V4, got.range.start) != EACCES) {
    return STRANGER_BOUND;
  }
  enum complaint complaint = FINE;
  for (unsigned i = 0; i <= want.count && complaint == FINE; ++i) {
    complaint = try_member(&got, protocol, i);
  }
  return complaint;
}

/* A port of the zone that a block of the parent holds and no socket: only the
 * parent's guards keep it from the child. */
static enum complaint try_zone(struct model_thread* t, int protocol) {
  for (unsigned i = 0; i < MODEL_ZONE; ++i) {
    unsigned port = t->zone[protocol] + i;
    const struct model_port* p = &t->model.space->ports[protocol][port];
    if (p->blocks > 0 && p->sockets == 0) {
      int s = model_net_open(protocol, MODEL_DUAL, false);
      bool is_bound = bind_to(s, MODEL_DUAL, port) == 0;
      return is_bound != model_has_guards() ? FINE : PORT_OF_PARENT_REFUSED;
    }
  }
  return FINE;
}

static enum complaint be_child(struct model_thread* t) {
  int protocol = (int)model_below(t, MODEL_PROTOCOLS);
  if (portres_list(count, NULL) != 0) {
    return LIST_NOT_EMPTY;
  }
  enum complaint complaint = try_tokens(t);
  if (complaint == FINE) {
    complaint = try_copies(t);
  }
  if (complaint == FINE) {
    complaint = try_own_block(t, protocol);
  }
  return complaint == FINE ? try_zone(t, protocol) : complaint;
}

void model_fork(struct model_thread* t) {
  int status = -1;
  model_note(t, MODEL_OP_FORK, -1, 0, 0);
  pid_t pid = fork();
  if (pid == 0) {
    _exit((int)be_child(t));
  }
  model_expect_true(t, "fork", pid > 0);
  model_expect(t, "the pid waited for", pid, waitpid(pid, &status, 0));
  model_expect_true(t, "the child ends by itself", WIFEXITED(status));
  model_expect(t, "the child's complaint", FINE, WEXITSTATUS(status));
  t->counts[MODEL_OP_FORK] += 1;
}
