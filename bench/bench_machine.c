/* bench_machine.c - what does a bind cost whose port a guard has kept from the
 *                   whole machine, next to libc's bind of a free port?
 *
 * The naked side binds the ports of a second block, which has no guards: those
 * of the first are not to be had. Once with each way that the process has the
 * rights for (way_posix.h); the last is that of an ordinary user.
 */
#include <linux/capability.h>
#include <portres/portres.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "field.h"

enum { NAKED, MACHINE };
enum { SIDES = 2, BATCH = 32 };

struct binds {
  struct field* fields[SIDES]; /* whose holes each side binds */
  int sockets[BENCH_BATCH];
  union address addresses[BENCH_BATCH];
  socklen_t address_len;
};

static const struct bench_calls* calls_of(int side) {
  return side == NAKED ? &naked : &hooked;
}

static void prepare(void* state, int side) {
  struct binds* b = state;
  struct field* f = b->fields[side];
  for (int i = 0; i < BATCH; i++) {
    b->sockets[i] = field_socket(f, calls_of(side));
    if (side == MACHINE) {
      bench_check(portres_associate(b->sockets[i], f->token) == 0, "associate");
    }
    b->addresses[i] = field_address(f, side == NAKED ? f->holes[i] : 0);
  }
}

static bool call(void* state, int side, int i) {
  struct binds* b = state;
  return calls_of(side)->bind(b->sockets[i], &b->addresses[i].any,
                              b->address_len) == 0;
}

static void undo(void* state, int side) {
  struct binds* b = state;
  for (int i = 0; i < BATCH; i++) {
    bench_check(port_of(b->sockets[i]) == b->fields[side]->holes[i],
                "a bind of the lowest free port");
    calls_of(side)->close(b->sockets[i]);
  }
}

static const char* rights_now; /* NULL: none that help */

/* The targets are those of a user without rights: report.py. */
static const char* side_name(int protocol, int family) {
  if (rights_now != NULL) {
    return rights_now;
  }
  if (protocol == IPPROTO_TCP) {
    return "tcp, no rights";
  }
  return family == AF_INET6 ? "udp6, no rights" : "udp4, no rights";
}

static void ask_transport(int protocol, int family) {
  enum { BLOCK = 64 };
  struct field naked_field;
  struct field guarded;
  struct bench_case about = {
      "machine bind", protocol_name(protocol), family, BLOCK, 50, -1,
      rights_now};
  if (field_open(&naked_field, protocol, family, BLOCK) != 0 ||
      field_open_with(&guarded, protocol, family, BLOCK,
                      PORTRES_SCOPE_MACHINE) != 0) {
    bench_skip(&about, "no room for the blocks");
    return;
  }
  field_fill(&naked_field, 50);
  field_fill(&guarded, 50);
  struct binds b = {.fields = {&naked_field, &guarded},
                    .address_len = field_address_len(&guarded)};
  struct bench_trial trial = {
      .about = about,
      .sides = SIDES,
      .side_names = {"naked", side_name(protocol, family)},
      .batch = BATCH,
      .batches = bench_batches(800, BATCH),
      .rounds = 7,
      .prepare = prepare,
      .call = call,
      .undo = undo,
  };
  bench_run(&trial, &b);
  field_close(&guarded);
  field_close(&naked_field);
}

static void drop(unsigned capability) {
  struct __user_cap_header_struct header = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) == 0) {
    data[0].effective &= ~(1U << capability);
    bench_check(syscall(SYS_capset, &header, data) == 0, "capset");
  }
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "Binds at scope machine against naked binds, by the rights of "
              "the process.");
  if (geteuid() == 0) {
    rights_now = "CAP_NET_RAW";
    for_each_transport(ask_transport);
    drop(CAP_NET_RAW);
    rights_now = "CAP_CHOWN";
    for_each_transport(ask_transport);
    drop(CAP_CHOWN);
  }
  rights_now = NULL;
  for_each_transport(ask_transport);
  return 0;
}
