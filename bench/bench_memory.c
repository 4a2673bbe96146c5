/* bench_memory.c - what does a reservation weigh, and a port of a block?
 *
 * Counted twice: the pages this process has written to (exact, in pages), and
 * what malloc() handed out where the C library tells. The pages include what
 * the library maps by itself, and what malloc() keeps around its blocks.
 */
#include <malloc.h>
#include <portres/portres.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "field.h"

enum { RESERVATIONS = 10000, BLOCK = 16384 };

struct weight {
  double pages;
  double heap;
};

/* Written pages, private or shared, from the walk of the page tables. */
static double written_bytes(void) {
  FILE* file = fopen("/proc/self/smaps_rollup", "r");
  bench_check(file != NULL, "smaps_rollup");
  static char line[256];
  long total_kb = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    long kb;
    if (sscanf(line, "Private_Dirty: %ld", &kb) == 1 ||
        sscanf(line, "Shared_Dirty: %ld", &kb) == 1) {
      total_kb += kb;
    }
  }
  fclose(file);
  return (double)total_kb * 1024;
}

static struct weight weigh(void) {
  struct weight w = {.pages = written_bytes()};
#if defined(__GLIBC__)
  struct mallinfo2 heap = mallinfo2();
  w.heap = (double)(heap.uordblks + heap.hblkhd);
#endif
  return w;
}

static struct bench_case about_of(int protocol, const char* note) {
  struct bench_case about = {"memory", protocol_name(protocol), 0, 0, -1, -1,
                             note};
  return about;
}

static void report(int protocol,
                   const char* note,
                   struct weight before,
                   struct weight after,
                   int count) {
  struct bench_case about = about_of(protocol, note);
  bench_report(&about, "bytes written to",
               (after.pages - before.pages) / count);
  bench_report(&about, "bytes from malloc", (after.heap - before.heap) / count);
}

/* What comes once, with the first reservation, is left out of the others. */

static void weigh_reservations(int protocol) {
  static portres_token tokens[RESERVATIONS];
  memset(tokens, 1, sizeof tokens);
  struct field kind = {.protocol = protocol, .family = AF_INET};
  int holder = field_socket(&kind, &hooked);
  struct portres_range one = {0, 1};
  struct portres_reservation first;
  bench_check(portres_acquire(holder, one, &first) == 0, "acquire");
  struct weight before = weigh();
  for (int i = 0; i < RESERVATIONS; i++) {
    struct portres_reservation got;
    int status = portres_acquire(holder, one, &got);
    bench_check(status == 0, portres_error_name(status));
    tokens[i] = got.token;
  }
  report(protocol, "per reservation of one port", before, weigh(),
         RESERVATIONS);
  for (int i = 0; i < RESERVATIONS; i++) {
    bench_check(portres_release(holder, tokens[i]) == 0, "release");
  }
  report(protocol, "left by each reservation released", before, weigh(),
         RESERVATIONS);
  hooked.close(holder);
}

static void weigh_block(int protocol) {
  struct bench_case about = about_of(protocol, "per port of a block of 16384");
  static struct field small;
  static struct field f;
  bench_check(field_open(&small, protocol, AF_INET, 1) == 0, "acquire");
  field_close(&small);
  struct weight before = weigh();
  if (field_open(&f, protocol, AF_INET, BLOCK) != 0) {
    bench_skip(&about, "no room for the block");
    return;
  }
  /* The two lists of the field itself are ours, not the library's. */
  double own = BLOCK * (sizeof *f.sockets + sizeof *f.holes);
  struct weight reserved = weigh();
  reserved.heap -= own;
  reserved.pages -= BLOCK * sizeof *f.sockets;
  report(protocol, "per port of a block of 16384", before, reserved, BLOCK);
  if (bench_has_descriptors(BLOCK)) {
    memset(f.holes, 0, BLOCK * sizeof *f.holes);
    reserved = weigh();
    field_fill(&f, 100);
    report(protocol, "per associated socket bound", reserved, weigh(), BLOCK);
  }
  field_close(&f);
}

static void weigh_first(int protocol) {
  struct field kind = {.protocol = protocol, .family = AF_INET};
  int holder = field_socket(&kind, &hooked);
  struct portres_range one = {0, 1};
  struct portres_reservation got;
  struct weight before = weigh();
  bench_check(portres_acquire(holder, one, &got) == 0, "acquire");
  report(protocol, "once, with the first reservation", before, weigh(), 1);
  hooked.close(holder);
}

/* In a process of its own, which reserved nothing yet: memory that an earlier
 * question left behind would be used again and not be counted. */
static void ask(void (*question)(int protocol), int protocol) {
  int result;
  fflush(stdout);
  pid_t child = fork();
  bench_check(child >= 0, "fork");
  if (child == 0) {
    weigh(); /* the buffers of reading /proc count from here on */
    question(protocol);
    fflush(stdout);
    _exit(0);
  }
  bench_check(waitpid(child, &result, 0) == child && result == 0, "weighing");
}

int main(int argc, char** argv) {
  bench_begin(argc, argv, "Bytes per reservation and per port.");
  ask(weigh_first, IPPROTO_TCP);
  ask(weigh_reservations, IPPROTO_TCP);
  ask(weigh_reservations, IPPROTO_UDP);
  ask(weigh_block, IPPROTO_TCP);
  ask(weigh_block, IPPROTO_UDP);
  return 0;
}
