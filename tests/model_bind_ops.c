/* model_bind_ops.c - the calls that give a socket its port.
 *
 * From a private block the model knows the very port. From a shared block,
 * which other threads use at the same time, it checks what must always hold:
 * the port lies in the block, no other live socket has it, and ENOBUFS only
 * when all ports of the block may have been held at some instant of the call.
 *
 * For the last, each attempt adds 1 to `held`, then to `started`, and takes 1
 * from `held` when it has failed or its socket has been closed. An attempt
 * that is not in the `held` read at the beginning raises `started` afterwards:
 * so `held` at the beginning plus the attempts since is never too low.
 */
#include <errno.h>
#include <portres/calls.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model_net.h"
#include "model_ops.h"

struct attempt {
  struct model_want want;
  long before; /* held less started, when it began */
};

static struct attempt begin(struct model_thread* t, struct model_socket* s) {
  struct attempt a = {.want = model_want_pick(&t->model, s)};
  if (a.want.shared) {
    long started = atomic_load(&s->block->started);
    a.before = atomic_load(&s->block->held) - started;
    atomic_fetch_add(&s->block->held, 1);
    atomic_fetch_add(&s->block->started, 1);
  }
  errno = MODEL_ERRNO;
  return a;
}

static void take_port(struct model_thread* t,
                      struct model_descriptor* d,
                      enum model_address address,
                      const struct model_want* want) {
  struct model_socket* s = model_socket_of(t, d);
  unsigned port = (unsigned)model_net_port(d->fd);
  if (want->shared) {
    model_expect_true(t, "the port lies in the shared block",
                      model_contains(s->block, port));
  } else if (want->port != 0) {
    model_expect(t, "port", (long)want->port, (long)port);
  } else {
    model_expect_true(t, "the port is one of the kernel's own",
                      port >= t->ephemeral.low && port <= t->ephemeral.high);
  }
  int others = model_bind(&t->model, s, address, port);
  if (s->block != NULL) {
    model_expect(t, "sockets on the port that was picked", 0, others);
    if (!want->shared) {
      s->block->last = port;
    }
  }
}

/* May the whole block have been held at some instant since `a` began? */
static bool may_be_full(const struct model_block* block,
                        const struct attempt* a) {
  long others = a->before + atomic_load(&block->started) - 1;
  return others >= (long)block->count || block->life != MODEL_ALIVE;
}

static bool finish(struct model_thread* t,
                   struct model_descriptor* d,
                   const struct attempt* a,
                   int result) {
  int error = errno;
  struct model_socket* s = model_socket_of(t, d);
  int want = a->want.error;
  if (a->want.shared && result < 0) {
    want = ENOBUFS;
    model_expect_true(t, "ENOBUFS while the shared block has a free port",
                      error != ENOBUFS || may_be_full(s->block, a));
    atomic_fetch_sub(&s->block->held, 1);
  }
  errno = error;
  model_expect_call(t, want, result);
  return want == 0;
}

/* bind() */

static int bind_to(struct model_thread* t,
                   struct model_descriptor* d,
                   enum model_address address,
                   unsigned port) {
  union model_name name;
  socklen_t len = model_net_name(&name, address, port);
  bool by_name = model_chance(t, 10);
  errno = MODEL_ERRNO;
  return by_name ? portres_bind(d->fd, &name.any, len)
                 : bind(d->fd, &name.any, len);
}

bool model_op_bind_any(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  enum model_address address = model_net_choose(t, s->family);
  model_note(t, MODEL_OP_BIND_ANY, d->fd, address, 0);
  if (s->state != MODEL_UNBOUND) {
    model_expect_call(t, EINVAL, bind_to(t, d, address, 0));
    return true;
  }
  struct attempt a = begin(t, s);
  if (finish(t, d, &a, bind_to(t, d, address, 0))) {
    take_port(t, d, address, &a.want);
  }
  return true;
}

/* A port whose fate no other thread decides: of the socket's block, of another
 * live block of this thread, or of its zone. */
static unsigned choose_port(struct model_thread* t, struct model_socket* s) {
  const struct model_block* block = s->block;
  if (block == NULL || block->shared || model_chance(t, 30)) {
    block = &t->model.blocks[model_below(t, MODEL_BLOCKS)];
  }
  if (block->life == MODEL_ALIVE && block->protocol == s->protocol &&
      model_chance(t, 75)) {
    return block->start + model_below(t, block->count);
  }
  return t->zone[s->protocol] + model_below(t, MODEL_ZONE);
}

/* A bound socket and a port it may not have: which error is first, neither
 * Windows nor the header says. */
static void rebind(struct model_thread* t,
                   struct model_descriptor* d,
                   enum model_address address,
                   unsigned port) {
  struct model_socket* s = model_socket_of(t, d);
  struct model_want want = model_want_bind(&t->model, s, address, port);
  int result = bind_to(t, d, address, port);
  bool is_refused = want.error == EACCES && errno == EACCES;
  model_expect_call(t, is_refused ? EACCES : EINVAL, result);
}

bool model_op_bind_port(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  enum model_address address = model_net_choose(t, s->family);
  unsigned port = choose_port(t, s);
  model_note(t, MODEL_OP_BIND_PORT, d->fd, address, port);
  if (s->state != MODEL_UNBOUND) {
    rebind(t, d, address, port);
    return true;
  }
  struct model_want want = model_want_bind(&t->model, s, address, port);
  if (want.undecided) {
    return false;
  }
  model_expect_call(t, want.error, bind_to(t, d, address, port));
  if (want.error == 0) {
    model_expect(t, "port", (long)port, model_net_port(d->fd));
    model_bind(&t->model, s, address, port);
  }
  return true;
}

/* Calls that bind on the way */

bool model_op_listen(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  if (s->protocol != MODEL_TCP) {
    return false;
  }
  model_note(t, MODEL_OP_LISTEN, d->fd, s->state, 0);
  if (s->state != MODEL_UNBOUND) {
    errno = MODEL_ERRNO;
    model_expect_call(t, s->state == MODEL_CONNECTED ? EINVAL : 0,
                      listen(d->fd, 8));
  } else {
    struct attempt a = begin(t, s);
    if (!finish(t, d, &a, listen(d->fd, 8))) {
      return true;
    }
    take_port(t, d, model_any(s->family), &a.want);
  }
  if (s->state == MODEL_BOUND) {
    s->state = MODEL_LISTENING;
  }
  return true;
}

/* Connects or sends by `call`, and tells whether it went through. */
static bool reach(struct model_thread* t,
                  struct model_descriptor* d,
                  int call(int, const union model_name*, socklen_t)) {
  struct model_socket* s = model_socket_of(t, d);
  union model_name name;
  socklen_t len =
      model_net_target(&name, s,
                       s->protocol == MODEL_TCP ? t->helpers.listener_port
                                                : t->helpers.sink_port);
  if (s->state != MODEL_UNBOUND) {
    errno = MODEL_ERRNO;
    model_expect_call(t, 0, call(d->fd, &name, len));
    return true;
  }
  struct attempt a = begin(t, s);
  if (!finish(t, d, &a, call(d->fd, &name, len))) {
    return false;
  }
  take_port(t, d, model_any(s->family), &a.want);
  return true;
}

static int connect_to(int s, const union model_name* name, socklen_t len) {
  return connect(s, &name->any, len);
}

/* A reset instead of TIME_WAIT, which would keep the port for a minute. */
static void connect_stream(struct model_thread* t, struct model_descriptor* d) {
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  struct model_socket* s = model_socket_of(t, d);
  setsockopt(d->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (reach(t, d, connect_to)) {
    s->state = MODEL_CONNECTED;
    s->peer = accept(t->helpers.listener, NULL, NULL);
    model_expect_true(t, "the listener accepts", s->peer >= 0);
    s->blurred = true;
  }
}

bool model_op_connect(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  model_note(t, MODEL_OP_CONNECT, d->fd, s->state, 0);
  if (s->protocol == MODEL_TCP) {
    if (s->state > MODEL_BOUND) {
      return false;
    }
    connect_stream(t, d);
  } else if (reach(t, d, connect_to)) {
    s->blurred = true;
  }
  return true;
}

static int send_to(int s, const union model_name* name, socklen_t len) {
  return (int)sendto(s, "x", 1, 0, &name->any, len);
}

static int send_message(int s, const union model_name* name, socklen_t len) {
  struct iovec data = {.iov_base = "x", .iov_len = 1};
  union model_name target = *name;
  struct msghdr message = {.msg_name = &target,
                           .msg_namelen = len,
                           .msg_iov = &data,
                           .msg_iovlen = 1};
  return (int)sendmsg(s, &message, 0);
}

bool model_op_send(struct model_thread* t, struct model_descriptor* d) {
  struct model_socket* s = model_socket_of(t, d);
  if (s->protocol != MODEL_UDP) {
    return false;
  }
  bool is_message = model_chance(t, 50);
  model_note(t, MODEL_OP_SEND, d->fd, s->state, is_message);
  reach(t, d, is_message ? send_message : send_to);
  return true;
}
