/* bench_unassociated.c - what does a bind cost through the hooks when the
 *                        socket has nothing to do with any reservation?
 *
 * The differences are below the step of the clock: only batches count here.
 * All sides bind the same free ports, which a released block left behind.
 */
#include <portres/portres.h>

#include "field.h"

enum { NAKED, HOOKED, SIDES };

struct binds {
  struct field* kind;  /* protocol and family only */
  uint16_t first_port; /* 0: the kernel picks */
  int sockets[BENCH_BATCH];
  union address addresses[BENCH_BATCH];
  socklen_t address_len;
};

static const struct bench_calls* calls_of(int side) {
  return side == NAKED ? &naked : &hooked;
}

static void prepare(void* state, int side) {
  struct binds* b = state;
  for (int i = 0; i < BENCH_BATCH; i++) {
    b->sockets[i] = field_socket(b->kind, calls_of(side));
    uint16_t port = b->first_port == 0 ? 0 : (uint16_t)(b->first_port + i);
    b->addresses[i] = field_address(b->kind, port);
  }
}

static bool call(void* state, int side, int i) {
  struct binds* b = state;
  return calls_of(side)->bind(b->sockets[i], &b->addresses[i].any,
                              b->address_len) == 0;
}

static void undo(void* state, int side) {
  struct binds* b = state;
  for (int i = 0; i < BENCH_BATCH; i++) {
    calls_of(side)->close(b->sockets[i]);
  }
}

static void ask(struct field* kind, uint16_t first_port, const char* note) {
  struct binds b = {.kind = kind,
                    .first_port = first_port,
                    .address_len = field_address_len(kind)};
  struct bench_trial trial = {
      .about = {"unassociated bind", protocol_name(kind->protocol),
                kind->family, 0, -1, -1, note},
      .sides = SIDES,
      .side_names = {"naked", "hooked"},
      .batch = BENCH_BATCH,
      .batches = bench_batches(6400, BENCH_BATCH),
      .rounds = 7,
      .prepare = prepare,
      .call = call,
      .undo = undo,
  };
  bench_run(&trial, &b);
}

/* Ports that nobody holds: those of a block that is given back. */
static uint16_t free_ports(int protocol, int family) {
  struct field f;
  bench_check(field_open(&f, protocol, family, BENCH_BATCH) == 0, "acquire");
  uint16_t first = f.range.start;
  field_close(&f);
  return first;
}

static void ask_transport(int protocol, int family) {
  struct field kind = {.protocol = protocol, .family = family};
  uint16_t first = free_ports(protocol, family);
  ask(&kind, first, "port given, nothing reserved");
  ask(&kind, 0, "port 0, nothing reserved");

  struct field reserved;
  bench_check(field_open(&reserved, protocol, family, 4096) == 0, "acquire");
  field_fill(&reserved, 50);
  ask(&kind, free_ports(protocol, family), "port given, 4096 reserved");
  ask(&kind, 0, "port 0, 4096 reserved");
  field_close(&reserved);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "Binds of sockets without a token through the hooks, against "
              "naked binds.");
  for_each_transport(ask_transport);
  return 0;
}
