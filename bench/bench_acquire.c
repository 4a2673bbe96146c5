/* bench_acquire.c - does reserving grow slower as reservations pile up, and
 *                   what does trying each port with the kernel cost?
 *
 * The sides are numbers of reservations alive, all of one port and all held by
 * the socket that acquires more, which is the worst case for a list of them.
 */
#include <netinet/in.h>
#include <portres/portres.h>
#include <stdlib.h>

#include "field.h"

enum { LEVELS = 4, MOST_ALIVE = 10000, FEW = 32 };

static const int levels[LEVELS] = {0, 10, 1000, MOST_ALIVE};

struct crowd {
  int holder;
  int alive_count;
  portres_token alive[MOST_ALIVE];
  struct field kind;
  struct portres_range want; /* of the timed acquire */
  bool is_specific;
  struct portres_reservation got[BENCH_BATCH];
  int sockets[BENCH_BATCH];
  int batch;
};

static struct portres_reservation acquire(struct crowd* c,
                                          struct portres_range want) {
  struct portres_reservation got;
  int status = portres_acquire(c->holder, want, &got);
  bench_check(status == 0, portres_error_name(status));
  return got;
}

static void release(struct crowd* c, portres_token token) {
  bench_check(portres_release(c->holder, token) == 0, "release");
}

static void gather(struct crowd* c, int side) {
  while (c->alive_count < levels[side]) {
    struct portres_range one = {0, 1};
    c->alive[c->alive_count++] = acquire(c, one).token;
  }
  if (c->is_specific) {
    /* A place that is free at this level of crowding. */
    struct portres_range anywhere = {0, c->want.count};
    struct portres_reservation found = acquire(c, anywhere);
    release(c, found.token);
    c->want = found.range;
  }
}

/* In an order of its own: the first acquired need not be the first to go. */
static void disperse(struct crowd* c) {
  while (c->alive_count > 0) {
    uint32_t i = bench_random((uint32_t)c->alive_count);
    release(c, c->alive[i]);
    c->alive[i] = c->alive[--c->alive_count];
  }
}

static bool call_acquire(void* state, int side, int i) {
  struct crowd* c = state;
  (void)side;
  return portres_acquire(c->holder, c->want, &c->got[i]) == 0;
}

static void settle_acquire(void* state, int side, int i) {
  struct crowd* c = state;
  (void)side;
  release(c, c->got[i].token);
}

static void prepare_acquire(void* state, int side) {
  gather(state, side);
}

static void undo_acquire(void* state, int side) {
  (void)side;
  disperse(state);
}

static void prepare_release(void* state, int side) {
  struct crowd* c = state;
  gather(c, side);
  for (int i = 0; i < c->batch; i++) {
    c->got[i] = acquire(c, c->want);
  }
}

static bool call_release(void* state, int side, int i) {
  struct crowd* c = state;
  (void)side;
  return portres_release(c->holder, c->got[i].token) == 0;
}

static void prepare_associate(void* state, int side) {
  struct crowd* c = state;
  gather(c, side);
  c->got[0] = acquire(c, c->want);
  for (int i = 0; i < c->batch; i++) {
    c->sockets[i] = field_socket(&c->kind, &hooked);
  }
}

static bool call_associate(void* state, int side, int i) {
  struct crowd* c = state;
  (void)side;
  return portres_associate(c->sockets[i], c->got[0].token) == 0;
}

static void undo_associate(void* state, int side) {
  struct crowd* c = state;
  (void)side;
  for (int i = 0; i < c->batch; i++) {
    hooked.close(c->sockets[i]);
  }
  release(c, c->got[0].token);
  disperse(c);
}

static struct bench_trial trial_of(struct crowd* c,
                                   const char* question,
                                   const char* note) {
  struct bench_trial trial = {
      .about = {question, protocol_name(c->kind.protocol), c->kind.family,
                c->want.count, -1, -1, note},
      .sides = LEVELS,
      .side_names = {"0 alive", "10 alive", "1000 alive", "10000 alive"},
      .batch = c->batch,
      .batches = 1,
      .rounds = bench_options.quick ? 5 : 7,
      .prepare = prepare_acquire,
      .undo = undo_acquire,
  };
  return trial;
}

static void ask_acquire(struct crowd* c, uint16_t count, bool is_specific) {
  c->want = (struct portres_range){0, count};
  c->is_specific = is_specific;
  c->batch = BENCH_BATCH;
  struct bench_trial trial =
      trial_of(c, "acquire", is_specific ? "specific" : "anywhere");
  trial.call = call_acquire;
  trial.settle = settle_acquire;
  bench_run(&trial, c);
  c->is_specific = false;
}

static void ask_others(struct crowd* c) {
  c->want = (struct portres_range){0, 16};
  c->batch = FEW;
  struct bench_trial trial = trial_of(c, "release", NULL);
  trial.prepare = prepare_release;
  trial.call = call_release;
  bench_run(&trial, c);

  trial = trial_of(c, "associate", NULL);
  trial.prepare = prepare_associate;
  trial.call = call_associate;
  trial.undo = undo_associate;
  bench_run(&trial, c);
}

/* What one port costs: a socket, a bind and a close, without us and with. */

static void prepare_ports(void* state, int side) {
  struct crowd* c = state;
  (void)side;
  c->is_specific = true;
  gather(c, 0);
  c->is_specific = false;
}

static bool bind_each(const struct crowd* c) {
  struct field kind = {.protocol = c->kind.protocol, .family = AF_INET6};
  int ok_count = 0;
  for (int i = 0; i < c->want.count; i++) {
    union address address = field_address(&kind, (uint16_t)(c->want.start + i));
    int fd = field_socket(&kind, &naked);
    ok_count += naked.bind(fd, &address.any, sizeof address.v6) == 0;
    naked.close(fd);
  }
  return ok_count == c->want.count;
}

static bool call_ports(void* state, int side, int i) {
  struct crowd* c = state;
  return side == 0 ? bind_each(c) : call_acquire(c, side, i);
}

static void settle_ports(void* state, int side, int i) {
  struct crowd* c = state;
  if (side != 0) {
    release(c, c->got[i].token);
  }
}

static void ask_ports(struct crowd* c, uint16_t count) {
  c->want = (struct portres_range){0, count};
  c->batch = count <= 256 ? 16 : 1;
  struct bench_trial trial = trial_of(c, "acquire, per port", NULL);
  trial.sides = 2;
  trial.side_names[0] = "naked socket, bind, close";
  trial.side_names[1] = "acquire";
  trial.units = count;
  trial.batches = count > 4096 ? 1 : bench_batches(160, c->batch);
  trial.prepare = prepare_ports;
  trial.call = call_ports;
  trial.settle = settle_ports;
  bench_run(&trial, c);
}

static void ask_transport(int protocol, int family) {
  static struct crowd c;
  c = (struct crowd){.kind = {.protocol = protocol, .family = family}};
  c.holder = field_socket(&c.kind, &hooked);
  ask_acquire(&c, 1, false);
  ask_acquire(&c, 16, false);
  ask_acquire(&c, 1, true);
  ask_acquire(&c, 16, true);
  ask_others(&c);
  ask_ports(&c, 1);
  ask_ports(&c, 16);
  ask_ports(&c, 256);
  ask_ports(&c, 4096);
  ask_ports(&c, 16384);
  hooked.close(c.holder);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "acquire, associate and release with 0 to 10000 reservations "
              "alive.");
  for_each_transport(ask_transport);
  return 0;
}
