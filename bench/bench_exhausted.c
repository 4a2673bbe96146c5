/* bench_exhausted.c - how long does a full block take to say no, next to a
 *                     naked bind of a busy port, and to the kernel's own search
 *                     of a full range?
 *
 * A full block is looked through again when the last look is 10 ms old: the
 * first answer after a rest costs more than those that follow. Both are asked.
 */
#include <errno.h>
#include <portres/portres.h>
#include <time.h>

#include "field.h"

enum { REFERENCE, EXHAUSTED, SIDES };

struct refusals {
  struct field* field;
  bool is_search; /* the reference looks for a port by itself */
  bool is_rested; /* the block was not asked for a while */
  int batch;
  int socket;
  union address addresses[BENCH_BATCH];
  socklen_t address_len;
};

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Awake, so that the processor does not slow down. */
static void rest(void) {
  double end = now_ms() + 12;
  while (now_ms() < end) {
    /* Nothing but the clock is looked at. */
  }
}

static void prepare(void* state, int side) {
  struct refusals* r = state;
  bool is_ours = side == EXHAUSTED;
  r->socket = field_socket(r->field, is_ours ? &hooked : &naked);
  if (is_ours) {
    bench_check(portres_associate(r->socket, r->field->token) == 0,
                "associate");
  }
  for (int i = 0; i < r->batch; i++) {
    uint16_t busy =
        (uint16_t)(r->field->range.start + bench_random(r->field->range.count));
    bool is_port_0 = is_ours || r->is_search;
    r->addresses[i] = field_address(r->field, is_port_0 ? 0 : busy);
  }
  if (r->is_rested) {
    rest();
  }
}

static bool call(void* state, int side, int i) {
  struct refusals* r = state;
  if (side == EXHAUSTED) {
    return hooked.bind(r->socket, &r->addresses[i].any, r->address_len) != 0 &&
           errno == ENOBUFS;
  }
  return naked.bind(r->socket, &r->addresses[i].any, r->address_len) != 0 &&
         errno == EADDRINUSE;
}

/* A search of milliseconds in a batch would leave the block rested. */
static void call_by_call(void* state, int side, int i) {
  (void)state;
  (void)side;
  (void)i;
}

static void undo(void* state, int side) {
  struct refusals* r = state;
  (side == EXHAUSTED ? hooked : naked).close(r->socket);
}

static struct bench_case about_of(const char* question,
                                  int protocol,
                                  int family,
                                  int block) {
  struct bench_case about = {
      question, protocol_name(protocol), family, block, 100, -1, NULL};
  return about;
}

static struct bench_trial trial_of(const struct refusals* r,
                                   const char* question,
                                   const char* reference,
                                   int samples) {
  const struct field* f = r->field;
  struct bench_trial trial = {
      .about = about_of(question, f->protocol, f->family, f->range.count),
      .sides = SIDES,
      .side_names = {reference, "exhausted"},
      .batch = r->batch,
      .batches = bench_batches(samples, r->batch),
      .rounds = 7,
      .prepare = prepare,
      .call = call,
      .undo = undo,
  };
  return trial;
}

static void ask(struct field* f) {
  struct refusals r = {
      .field = f, .batch = 32, .address_len = field_address_len(f)};
  struct bench_trial trial =
      trial_of(&r, "exhausted block", "naked, busy port", 6400);
  bench_run(&trial, &r);

  r.batch = 1;
  r.is_rested = true;
  trial = trial_of(&r, "exhausted block, after 10 ms of rest",
                   "naked, busy port", 24);
  bench_run(&trial, &r);
}

static const char search_question[] = "exhausted block, kernel's search";

static void ask_kernel(struct field* f) {
  if (!ephemeral_range_set(f->range)) {
    struct bench_case about =
        about_of(search_question, f->protocol, f->family, f->range.count);
    bench_skip(&about, "the network namespace is not ours");
    return;
  }
  struct refusals r = {.field = f,
                       .is_search = true,
                       .batch = 16,
                       .address_len = field_address_len(f)};
  struct bench_trial trial =
      trial_of(&r, search_question, "kernel's search", 0);
  trial.settle = call_by_call;
  bench_run(&trial, &r);
  ephemeral_range_restore();
}

static void ask_transport(int protocol, int family) {
  static const int blocks[] = {1, 16, 256, 4096, 16384};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    struct bench_case about = {"exhausted block",
                               protocol_name(protocol),
                               family,
                               blocks[i],
                               100,
                               -1,
                               NULL};
    struct field f;
    if (!bench_has_descriptors(blocks[i])) {
      bench_skip(&about, "too few descriptors");
    } else if (field_open(&f, protocol, family, blocks[i]) != 0) {
      bench_skip(&about, "no room for the block");
    } else {
      field_fill(&f, 100);
      ask(&f);
      if (blocks[i] == 16384) {
        ask_kernel(&f);
      }
      field_close(&f);
    }
  }
}

int main(int argc, char** argv) {
  bench_begin(argc, argv,
              "Refusals of a full block, against a naked bind of a busy port "
              "and the\nkernel's own search of a full range.");
  for_each_transport(ask_transport);
  return 0;
}
