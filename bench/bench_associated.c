/* bench_associated.c - what does a bind cost that takes its port from a block,
 *                      next to libc's bind of a port known to be free?
 *
 * All sides bind the same ports, the lowest holes of the same block, one side
 * at a time: the kernel's chains, and the sockets in them, are the same.
 */
#include <portres/portres.h>

#include "field.h"

enum { NAKED, PORT_0, EXPLICIT, SIDES };

struct binds {
  struct field* field;
  int batch;
  int sockets[BENCH_BATCH];
  union address addresses[BENCH_BATCH];
  socklen_t address_len;
};

static const struct bench_calls* calls_of(int side) {
  return side == NAKED ? &naked : &hooked;
}

static void prepare(void* state, int side) {
  struct binds* b = state;
  for (int i = 0; i < b->batch; i++) {
    b->sockets[i] = field_socket(b->field, calls_of(side));
    if (side != NAKED) {
      bench_check(portres_associate(b->sockets[i], b->field->token) == 0,
                  "associate");
    }
    uint16_t port = side == PORT_0 ? 0 : b->field->holes[i];
    b->addresses[i] = field_address(b->field, port);
  }
}

static bool call(void* state, int side, int i) {
  struct binds* b = state;
  return calls_of(side)->bind(b->sockets[i], &b->addresses[i].any,
                              b->address_len) == 0;
}

static void undo(void* state, int side) {
  struct binds* b = state;
  for (int i = 0; i < b->batch; i++) {
    bench_check(port_of(b->sockets[i]) == b->field->holes[i],
                "a bind of the lowest free port");
    calls_of(side)->close(b->sockets[i]);
  }
}

static void ask(struct field* f, int fill) {
  field_fill(f, fill);
  struct binds b = {.field = f, .address_len = field_address_len(f)};
  b.batch = f->hole_count < 32 ? f->hole_count : 32;
  struct bench_trial trial = {
      .about = {"associated bind", protocol_name(f->protocol), f->family,
                f->range.count, fill, -1, NULL},
      .sides = SIDES,
      .side_names = {"naked", "port 0", "explicit"},
      .batch = b.batch,
      .batches = bench_batches(1600, b.batch),
      .rounds = 7,
      .prepare = prepare,
      .call = call,
      .undo = undo,
  };
  bench_run(&trial, &b);
}

static void ask_block(int protocol, int family, int block) {
  static const int fills[] = {0, 50, 90, 99};
  struct bench_case about = {
      "associated bind", protocol_name(protocol), family, block, -1, -1, NULL};
  struct field f;
  if (!bench_has_descriptors(block)) {
    bench_skip(&about, "too few descriptors");
    return;
  }
  if (field_open(&f, protocol, family, block) != 0) {
    bench_skip(&about, "no room for the block");
    return;
  }
  int last_used = -1;
  for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
    int used = block * fills[i] / 100;
    if (used != last_used) {
      ask(&f, fills[i]);
    }
    last_used = used;
  }
  field_close(&f);
}

static void ask_transport(int protocol, int family) {
  static const int blocks[] = {1, 16, 256, 4096, 16384};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    ask_block(protocol, family, blocks[i]);
  }
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "Binds of associated sockets against naked binds, by block and "
              "fill.");
  for_each_transport(ask_transport);
  return 0;
}
