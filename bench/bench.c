#include "bench.h"

#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <portres/portres.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct bench_calls naked;
struct bench_calls hooked = {socket, bind, close, sendto};
struct bench_options bench_options = {.seed = 1};

static uint64_t random_state;

void bench_check(bool is_ok, const char* what) {
  if (!is_ok) {
    fprintf(stderr, "bench: %s failed: %s\n", what, strerror(errno));
    exit(2);
  }
}

uint32_t bench_random(uint32_t limit) {
  /* xorshift64* */
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (uint32_t)((random_state * 0x2545f4914f6cdd1dU) >> 33) % limit;
}

int bench_batches(int samples, int batch) {
  int batches = (bench_options.quick ? samples / 8 : samples) / batch;
  return batches < 3 ? 3 : batches;
}

/* The C library is asked by name: the next object after this program would be
 * libportres itself. */
static void* open_libc(void) {
  static const char* const names[] = {"libc.so.6", "libc.so.7", "libc.so"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    void* libc = dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD);
    if (libc != NULL) {
      return libc;
    }
  }
  fprintf(stderr, "bench: libc not found: %s\n", dlerror());
  exit(2);
}

/* POSIX lets a function pointer be read from a void*; ISO C does not. */
static void find(void* libc, const char* name, void* function_out) {
  void* symbol = dlsym(libc, name);
  bench_check(symbol != NULL, name);
  memcpy(function_out, &symbol, sizeof symbol);
}

static void find_naked_calls(void) {
  void* libc = open_libc();
  find(libc, "socket", &naked.socket);
  find(libc, "bind", &naked.bind);
  find(libc, "close", &naked.close);
  find(libc, "sendto", &naked.sendto);
  if (naked.bind == hooked.bind) {
    fprintf(stderr, "bench: bind() of this program is libc's, not portres'\n");
    exit(2);
  }
}

static void pin_thread(void) {
  cpu_set_t allowed;
  bench_check(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "affinity");
  int cpu = CPU_SETSIZE - 1;
  while (cpu > 0 && !CPU_ISSET(cpu, &allowed)) {
    cpu--;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  bench_check(sched_setaffinity(0, sizeof one, &one) == 0, "affinity");
}

/* A bench that asks about another scope names it. */
static void choose_scope(void) {
  bench_check(portres_set_scope(PORTRES_SCOPE_PROCESS) == 0, "scope");
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  bench_check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  bench_check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

bool bench_has_descriptors(int count) {
  struct rlimit limit;
  bench_check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
  return limit.rlim_cur >= (rlim_t)count + BENCH_BATCH + 32;
}

static void print_help(const char* program, const char* what) {
  printf(
      "Usage: %s [--quick] [--v6] [--own-netns] [--seed N]\n"
      "%s\n\n"
      "  --quick      an eighth of the samples\n"
      "  --v6         IPv6 sockets too\n"
      "  --own-netns  the network namespace is ours: its ephemeral port\n"
      "               range may be changed\n"
      "  --seed N     of the random order (default 1)\n",
      program, what);
}

static void read_options(int argc, char** argv, const char* what) {
  static const struct option known[] = {{"quick", no_argument, NULL, 'q'},
                                        {"v6", no_argument, NULL, '6'},
                                        {"own-netns", no_argument, NULL, 'n'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  int option;
  while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
    switch (option) {
      case 'q':
        bench_options.quick = true;
        break;
      case '6':
        bench_options.with_v6 = true;
        break;
      case 'n':
        bench_options.owns_netns = true;
        break;
      case 's':
        bench_options.seed = (unsigned)strtoul(optarg, NULL, 10);
        break;
      case 'h':
        print_help(argv[0], what);
        exit(0);
      default:
        exit(2);
    }
  }
}

void bench_begin(int argc, char** argv, const char* what) {
  read_options(argc, argv, what);
  random_state = 0x9e3779b97f4a7c15U ^ bench_options.seed;
  find_naked_calls();
  pin_thread();
  choose_scope();
  raise_descriptor_limit();
  setvbuf(stdout, NULL, _IOLBF, 0);
}
