/* bench_lifecycle.c - what do the hooks add to the calls around bind: socket(),
 *                     close() and sendto()?
 *
 * close() must look whether the descriptor was ours, socket() whether the new
 * number lands on an entry of ours, sendto() whether it is about to bind.
 */
#include <portres/portres.h>

#include "field.h"

enum { NAKED, HOOKED, SIDES };
enum kind { UNBOUND, BOUND, ASSOCIATED };

struct life {
  struct field* field;
  enum kind kind;
  int sockets[BENCH_BATCH];
  int batch;
  union address target;
};

static const struct bench_calls* calls_of(int side) {
  return side == NAKED ? &naked : &hooked;
}

static void prepare_nothing(void* state, int side) {
  (void)state;
  (void)side;
}

static bool call_socket(void* state, int side, int i) {
  struct life* life = state;
  life->sockets[i] = field_socket(life->field, calls_of(side));
  return true;
}

/* A bound socket has a port of the kernel's choice, an associated one the
 * lowest of the block; its naked likeness takes the same by number. */
static void bind_one(struct life* life, int side, int i) {
  uint16_t port = 0;
  if (life->kind == ASSOCIATED && side == HOOKED) {
    bench_check(portres_associate(life->sockets[i], life->field->token) == 0,
                "associate");
  } else if (life->kind == ASSOCIATED) {
    port = life->field->holes[i];
  }
  union address address = field_address(life->field, port);
  bench_check(calls_of(side)->bind(life->sockets[i], &address.any,
                                   field_address_len(life->field)) == 0,
              "bind");
}

static void prepare_sockets(void* state, int side) {
  struct life* life = state;
  for (int i = 0; i < life->batch; i++) {
    call_socket(life, side, i);
    if (life->kind != UNBOUND) {
      bind_one(life, side, i);
    }
  }
}

static bool call_close(void* state, int side, int i) {
  struct life* life = state;
  return calls_of(side)->close(life->sockets[i]) == 0;
}

static bool call_sendto(void* state, int side, int i) {
  struct life* life = state;
  return calls_of(side)->sendto(life->sockets[i], "x", 1, 0, &life->target.any,
                                field_address_len(life->field)) == 1;
}

static void undo_sockets(void* state, int side) {
  struct life* life = state;
  for (int i = 0; i < life->batch; i++) {
    calls_of(side)->close(life->sockets[i]);
  }
}

static struct bench_trial trial_of(struct field* f,
                                   const char* question,
                                   const char* note) {
  struct bench_trial trial = {
      .about = {question, protocol_name(f->protocol), f->family, 0, -1, -1,
                note},
      .sides = SIDES,
      .side_names = {"naked", "hooked"},
      .batch = BENCH_BATCH,
      .batches = bench_batches(6400, BENCH_BATCH),
      .rounds = 7,
      .prepare = prepare_sockets,
      .undo = prepare_nothing,
  };
  return trial;
}

static void ask_socket(struct field* f) {
  struct life life = {.field = f, .batch = BENCH_BATCH};
  struct bench_trial trial = trial_of(f, "socket()", NULL);
  trial.prepare = prepare_nothing;
  trial.call = call_socket;
  trial.undo = undo_sockets;
  bench_run(&trial, &life);
}

static void ask_close(struct field* f, enum kind kind, const char* note) {
  struct life life = {.field = f, .kind = kind, .batch = BENCH_BATCH};
  struct bench_trial trial = trial_of(f, "close()", note);
  trial.call = call_close;
  bench_run(&trial, &life);
}

static void ask_sendto(struct field* f, enum kind kind, const char* note) {
  struct life life = {.field = f, .kind = kind, .batch = BENCH_BATCH};
  union address any = field_address(f, 0);
  int sink = field_socket(f, &naked);
  if (f->family == AF_INET6) {
    any.v6.sin6_addr = in6addr_loopback;
  } else {
    any.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  socklen_t length = field_address_len(f);
  bench_check(naked.bind(sink, &any.any, length) == 0, "bind of the sink");
  any.v4.sin_port = htons(port_of(sink));
  life.target = any;
  struct bench_trial trial = trial_of(f, "sendto()", note);
  trial.call = call_sendto;
  trial.undo = undo_sockets;
  bench_run(&trial, &life);
  naked.close(sink);
}

static void ask_transport(int protocol, int family) {
  struct field f;
  bench_check(field_open(&f, protocol, family, 4096) == 0, "acquire");
  field_fill(&f, 50);
  ask_socket(&f);
  ask_close(&f, UNBOUND, "not bound");
  ask_close(&f, BOUND, "bound, not associated");
  ask_close(&f, ASSOCIATED, "bound and associated");
  if (protocol == IPPROTO_UDP) {
    ask_sendto(&f, BOUND, "bound, not associated");
    ask_sendto(&f, ASSOCIATED, "bound and associated");
  }
  field_close(&f);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "socket(), close() and sendto() through the hooks, against the "
              "naked calls.");
  for_each_transport(ask_transport);
  return 0;
}
