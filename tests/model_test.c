/* model_test.c - random operations on a few hundred sockets by several
 *                threads, each compared with a reference model.
 *
 *   test-model [--ops N] [--seed S] [--threads T] [--sockets M] [--progress]
 *              [--plant N]
 *
 * With one thread a seed always gives the same operations. With several, each
 * thread has blocks of its own, whose outcome is determined all the same, and
 * uses blocks that all share; between rounds everything is compared while the
 * threads stand at a barrier, and only there a child is forked: while it lives
 * it holds copies of all sockets, so that their ports would not come back.
 *
 * --plant N: the model lies at step N, to see that a difference is found.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model_net.h"
#include "model_ops.h"

enum { ROUND = 1000, OPS_PER_FORK = 5000, PROGRESS_SECONDS = 5 };

struct run {
  long ops;
  uint64_t seed;
  int thread_count;
  int sockets;
  bool shows_progress;
  long plant;

  struct model_thread* threads;
  struct model_space* space;
  pthread_barrier_t barrier;
  bool is_done;
  int keepers[MODEL_SHARED]; /* the acquiring sockets of the shared blocks */
  int other_fds;
  long forks;
  long rounds;
  struct timespec begin;
  double shown;
};

static double seconds_since(const struct timespec* begin) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begin->tv_sec) +
         (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static long count_ops(const struct run* run, int kind) {
  long sum = 0;
  for (int i = 0; i < run->thread_count; ++i) {
    sum += run->threads[i].counts[kind];
  }
  return sum;
}

static long count_all(const struct run* run) {
  long sum = 0;
  for (int kind = 0; kind < MODEL_OPS; ++kind) {
    sum += count_ops(run, kind);
  }
  return sum;
}

/* Between rounds */

static void renew_shared(struct run* run) {
  for (int i = 0; i < MODEL_SHARED; ++i) {
    if (run->space->shared[i].life == MODEL_DEAD) {
      model_acquire_shared(&run->threads[0], i, run->keepers[i]);
    }
  }
}

/* Every other round the threads crowd at one shared block. */
static void choose_favourite(struct run* run) {
  long round = run->rounds++;
  for (int i = 0; i < run->thread_count; ++i) {
    run->threads[i].favourite =
        round % 2 == 0 ? NULL : &run->space->shared[round / 2 % MODEL_SHARED];
  }
}

static void show_progress(struct run* run) {
  double now = seconds_since(&run->begin);
  if (run->shows_progress && now > run->shown + PROGRESS_SECONDS) {
    run->shown = now;
    fprintf(stderr, "%ld of %ld operations, %.0f s\n", count_all(run), run->ops,
            now);
  }
}

static void be_alone(struct run* run) {
  struct model_thread* t = &run->threads[0];
  long done = count_all(run);
  model_check(run->threads, run->thread_count, run->other_fds);
  t->is_alone = true;
  if (done >= (run->forks + 1) * OPS_PER_FORK) {
    run->forks += 1;
    model_fork(t);
  }
  renew_shared(run);
  choose_favourite(run);
  t->is_alone = !t->has_peers;
  show_progress(run);
  run->is_done = done >= run->ops;
}

/* Threads */

struct worker {
  struct run* run;
  struct model_thread* thread;
};

static void* work(void* arg) {
  const struct worker* worker = arg;
  struct run* run = worker->run;
  while (!run->is_done) {
    for (int i = 0; i < ROUND; ++i) {
      model_step(worker->thread);
    }
    pthread_barrier_wait(&run->barrier);
    if (worker->thread->number == 0) {
      be_alone(run);
    }
    pthread_barrier_wait(&run->barrier);
  }
  return NULL;
}

static void run_threads(struct run* run) {
  struct worker workers[MODEL_THREADS];
  pthread_t ids[MODEL_THREADS];
  pthread_barrier_init(&run->barrier, NULL, (unsigned)run->thread_count);
  for (int i = 0; i < run->thread_count; ++i) {
    workers[i] = (struct worker){run, &run->threads[i]};
    if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0) {
      abort();
    }
  }
  for (int i = 0; i < run->thread_count; ++i) {
    pthread_join(ids[i], NULL);
  }
  pthread_barrier_destroy(&run->barrier);
}

/* Beginning and end */

static void prepare_thread(struct run* run, int number) {
  struct model_thread* t = &run->threads[number];
  const unsigned half = MODEL_FIRST + (MODEL_PORTS - MODEL_FIRST) / 2;
  t->number = number;
  t->seed = run->seed;
  t->random = run->seed * MODEL_THREADS + (unsigned)number;
  t->plant = number == 0 ? run->plant : 0;
  t->is_alone = true;
  t->has_peers = run->thread_count > 1;
  t->model.space = run->space;
  t->model.size = run->sockets / run->thread_count;
  for (int i = 0; i < t->model.size; ++i) {
    t->descriptors[i].fd = -1;
  }
  /* Wildcard blocks fill the dynamic range from below: the zones lie in its
   * upper half, elsewhere in each run. */
  for (int i = 0; i < MODEL_PROTOCOLS; ++i) {
    unsigned shift = (unsigned)(run->seed % (MODEL_FIRST / 16));
    t->zone[i] = half + shift + (unsigned)number * MODEL_ZONE;
  }
  if (!model_net_help(&t->helpers) || !model_net_ephemeral(&t->ephemeral)) {
    abort();
  }
}

static void prepare(struct run* run) {
  run->space = calloc(1, sizeof *run->space);
  run->threads = calloc((size_t)run->thread_count, sizeof *run->threads);
  if (run->space == NULL || run->threads == NULL) {
    abort();
  }
  for (int i = 0; i < run->thread_count; ++i) {
    prepare_thread(run, i);
  }
  for (int i = 0; i < MODEL_SHARED; ++i) {
    run->keepers[i] = model_net_open(i % MODEL_PROTOCOLS, MODEL_V4, false);
  }
  renew_shared(run);
  run->other_fds = model_count_descriptors();
  for (int i = 0; i < run->thread_count; ++i) {
    run->threads[i].is_alone = run->thread_count == 1;
  }
}

static void close_thread(struct model_thread* t) {
  t->is_alone = true;
  for (int i = 0; i < t->model.size; ++i) {
    if (t->descriptors[i].fd >= 0) {
      model_op_close(t, &t->descriptors[i]);
    }
  }
  model_net_unhelp(&t->helpers);
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  *(int*)arg += 1;
  return 0;
}

/* Every acquiring socket is closed, so nothing may be reserved any more. */
static void finish(struct run* run) {
  int left = 0;
  for (int i = 0; i < run->thread_count; ++i) {
    close_thread(&run->threads[i]);
  }
  for (int i = 0; i < MODEL_SHARED; ++i) {
    close(run->keepers[i]);
  }
  portres_list(count_one, &left);
  model_expect(&run->threads[0], "reservations at the end", 0, left);
}

static void print_figures(const struct run* run, int before) {
  long exhausted = 0;
  long denied = 0;
  long busy = 0;
  for (int i = 0; i < run->thread_count; ++i) {
    exhausted += run->threads[i].exhausted;
    denied += run->threads[i].denied;
    busy += run->threads[i].busy;
  }
  printf(
      "# %ld operations, %d threads, %d sockets, %.1f s, 0 differences, "
      "descriptors %d before and %d after\n"
      "# refused: %ld ENOBUFS, %ld EACCES, %ld EADDRINUSE\n#",
      count_all(run), run->thread_count, run->sockets,
      seconds_since(&run->begin), before, model_count_descriptors(), exhausted,
      denied, busy);
  for (int kind = 0; kind < MODEL_OP_CHECK; ++kind) {
    printf(" %s %ld", model_kind_name((enum model_kind)kind),
           count_ops(run, kind));
  }
  printf("\n");
}

/* Command line */

static bool parse(struct run* run, int argc, char** argv) {
  static const struct option options[] = {
      {"ops", required_argument, NULL, 'o'},
      {"seed", required_argument, NULL, 's'},
      {"threads", required_argument, NULL, 't'},
      {"sockets", required_argument, NULL, 'm'},
      {"progress", no_argument, NULL, 'p'},
      {"plant", required_argument, NULL, 'l'},
      {0}};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    long value = optarg == NULL ? 0 : strtol(optarg, NULL, 0);
    switch (option) {
      case 'o':
        run->ops = value;
        break;
      case 's':
        run->seed = strtoull(optarg, NULL, 0);
        break;
      case 't':
        run->thread_count = (int)value;
        break;
      case 'm':
        run->sockets = (int)value;
        break;
      case 'p':
        run->shows_progress = true;
        break;
      case 'l':
        run->plant = value;
        break;
      default:
        return false;
    }
  }
  return run->thread_count >= 1 && run->thread_count <= MODEL_THREADS &&
         run->sockets / run->thread_count >= MODEL_CROWD &&
         run->sockets / run->thread_count <= MODEL_SOCKETS;
}

/* What the kernel picks, and other programs' ports, would be in the way. */
static bool has_predictable_ports(void) {
  struct model_ephemeral range;
  return getenv("PORTRES_TEST_NO_NETNS") == NULL &&
         model_net_ephemeral(&range) && range.high < MODEL_FIRST;
}

/* Where a skip is a failure, the exit status says so. */
static int skip(void) {
  const char* strict = getenv("PORTRES_TEST_STRICT");
  printf("1..0 # SKIP needs a network namespace of its own\n");
  return strict != NULL && strcmp(strict, "1") == 0;
}

int main(int argc, char** argv) {
  struct run run = {.ops = 100000,
                    .thread_count = 4,
                    .sockets = 320,
                    .shows_progress = isatty(STDERR_FILENO)};
  clock_gettime(CLOCK_MONOTONIC, &run.begin);
  run.seed = (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() % 1000;
  if (!parse(&run, argc, argv)) {
    fprintf(stderr,
            "usage: %s [--ops N] [--seed S] [--threads T] "
            "[--sockets M] [--progress] [--plant N]\n",
            argv[0]);
    return 2;
  }
  if (!has_predictable_ports()) {
    return skip();
  }
  printf("1..1\n# seed %" PRIu64 "\n", run.seed);
  fflush(stdout);
  int before = model_count_descriptors();
  prepare(&run);
  run_threads(&run);
  finish(&run);
  model_expect(&run.threads[0], "descriptors at the end", before,
               model_count_descriptors());
  print_figures(&run, before);
  printf("ok 1 - the library does what the reference model says\n");
  free(run.threads);
  free(run.space);
  return 0;
}
