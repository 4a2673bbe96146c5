/* bench_peers.c - side by side: the ways a server gets a port of a range today.
 *
 * Each side turns a fresh socket into one that is bound to a port of the same
 * block, and knows the port. The kernel's ephemeral range is set to the block
 * for the sides that leave the choice to the kernel.
 *
 * Known port:    bind of a port known to be free: the floor.
 * Reserved:      associate, bind to port 0, getsockname.
 * Kernel:        bind to port 0, getsockname.
 * Range option:  IP_LOCAL_PORT_RANGE, bind to port 0, getsockname.
 * Probe:         random start, then one bind after the other, as media servers
 *                do.
 * Pick:          another socket binds port 0 and closes again, and the number
 *                is bound, as port pickers do. Nothing holds it in between.
 */
#include <netinet/in.h>
#include <portres/portres.h>

#include "field.h"

#if !defined(IP_LOCAL_PORT_RANGE)
#define IP_LOCAL_PORT_RANGE 51 /* linux/in.h since 6.3; glibc 2.36 lacks it */
#endif

enum { KNOWN, RESERVED, KERNEL, RANGE_OPTION, PROBE, PICK, SIDES };
enum { BLOCK = 4096, BATCH = 8 };

struct peers {
  struct field* field;
  int sockets[BATCH];
  uint16_t ports[BATCH];
};

static const struct bench_calls* calls_of(int side) {
  return side == RESERVED ? &hooked : &naked;
}

static bool bind_port(struct peers* p, int side, int fd, uint16_t port) {
  union address address = field_address(p->field, port);
  return calls_of(side)->bind(fd, &address.any, field_address_len(p->field)) ==
         0;
}

static void prepare(void* state, int side) {
  struct peers* p = state;
  for (int i = 0; i < BATCH; i++) {
    p->sockets[i] = field_socket(p->field, calls_of(side));
  }
}

static void undo(void* state, int side) {
  struct peers* p = state;
  for (int i = 0; i < BATCH; i++) {
    int offset = port_of(p->sockets[i]) - p->field->range.start;
    bench_check(port_of(p->sockets[i]) == p->ports[i], "a known port");
    bench_check(offset >= 0 && offset < BLOCK && p->field->sockets[offset] < 0,
                "a free port of the block");
    calls_of(side)->close(p->sockets[i]);
  }
}

static bool bind_anywhere(struct peers* p, int side, int i) {
  if (!bind_port(p, side, p->sockets[i], 0)) {
    return false;
  }
  p->ports[i] = port_of(p->sockets[i]);
  return true;
}

static bool bind_with_option(struct peers* p, int i) {
  struct portres_range range = p->field->range;
  uint32_t last = (uint32_t)range.start + range.count - 1;
  uint32_t value = last << 16 | range.start;
  return setsockopt(p->sockets[i], IPPROTO_IP, IP_LOCAL_PORT_RANGE, &value,
                    sizeof value) == 0 &&
         bind_anywhere(p, RANGE_OPTION, i);
}

static bool bind_by_probing(struct peers* p, int i) {
  uint32_t start = bench_random(BLOCK);
  for (uint32_t step = 0; step < BLOCK; step++) {
    uint32_t offset = (start + step) % BLOCK;
    p->ports[i] = (uint16_t)(p->field->range.start + offset);
    if (bind_port(p, PROBE, p->sockets[i], p->ports[i])) {
      return true;
    }
  }
  return false;
}

static bool bind_by_picking(struct peers* p, int i) {
  int picker = field_socket(p->field, &naked);
  bool is_picked = bind_port(p, PICK, picker, 0);
  p->ports[i] = port_of(picker);
  naked.close(picker);
  return is_picked && bind_port(p, PICK, p->sockets[i], p->ports[i]);
}

static bool call(void* state, int side, int i) {
  struct peers* p = state;
  switch (side) {
    case KNOWN:
      p->ports[i] = p->field->holes[i];
      return bind_port(p, side, p->sockets[i], p->ports[i]);
    case RESERVED:
      return portres_associate(p->sockets[i], p->field->token) == 0 &&
             bind_anywhere(p, side, i);
    case KERNEL:
      return bind_anywhere(p, side, i);
    case RANGE_OPTION:
      return bind_with_option(p, i);
    case PROBE:
      return bind_by_probing(p, i);
    default:
      return bind_by_picking(p, i);
  }
}

static void ask(struct field* f, int fill) {
  field_fill(f, fill);
  struct peers p = {.field = f};
  struct bench_trial trial = {
      .about = {"side by side", protocol_name(f->protocol), f->family, BLOCK,
                fill, -1, NULL},
      .sides = SIDES,
      .side_names = {"known port", "reserved", "kernel", "range option",
                     "probe and retry", "pick, close, bind"},
      .batch = BATCH,
      .batches = bench_batches(800, BATCH),
      .rounds = 7,
      .prepare = prepare,
      .call = call,
      .undo = undo,
  };
  bench_run(&trial, &p);
}

static void ask_transport(int protocol, int family) {
  static const int fills[] = {0, 50, 90, 99};
  struct bench_case about = {
      "side by side", protocol_name(protocol), family, BLOCK, -1, -1, NULL};
  struct field f;
  if (field_open(&f, protocol, family, BLOCK) != 0) {
    bench_skip(&about, "no room for the block");
    return;
  }
  if (ephemeral_range_set(f.range)) {
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
      ask(&f, fills[i]);
    }
    ephemeral_range_restore();
  } else {
    bench_skip(&about, "the network namespace is not ours");
  }
  field_close(&f);
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "Ways to a port of a range: reserved, and five without us.");
  for_each_transport(ask_transport);
  return 0;
}
