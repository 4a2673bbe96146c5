/* model_report.c - random numbers, and what is printed when the library and
 *                  the model differ: enough to run the same again.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model_thread.h"

static const char* const kind_names[MODEL_OPS] = {
    [MODEL_OP_SOCKET] = "socket",
    [MODEL_OP_CLOSE] = "close",
    [MODEL_OP_DUP] = "dup",
    [MODEL_OP_DUP_OVER] = "dup2",
    [MODEL_OP_ASSOCIATE] = "associate",
    [MODEL_OP_BIND_ANY] = "bind-0",
    [MODEL_OP_BIND_PORT] = "bind-port",
    [MODEL_OP_LISTEN] = "listen",
    [MODEL_OP_CONNECT] = "connect",
    [MODEL_OP_SEND] = "send",
    [MODEL_OP_ACQUIRE] = "acquire",
    [MODEL_OP_WILDCARD] = "wildcard",
    [MODEL_OP_RELEASE] = "release",
    [MODEL_OP_DESCRIBE] = "describe",
    [MODEL_OP_LIST] = "list",
    [MODEL_OP_BAD] = "bad-input",
    [MODEL_OP_FORK] = "fork",
    [MODEL_OP_CHECK] = "check"};

const char* model_kind_name(enum model_kind kind) {
  return kind_names[kind];
}

/* Random numbers: splitmix64, public domain, by Sebastiano Vigna. */

uint64_t model_random(struct model_thread* t) {
  t->random += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t z = t->random;
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

unsigned model_below(struct model_thread* t, unsigned limit) {
  return (unsigned)((model_random(t) >> 32) % limit);
}

bool model_chance(struct model_thread* t, unsigned percent) {
  return model_below(t, 100) < percent;
}

/* Reports */

static struct model_record* last_record(struct model_thread* t) {
  return &t->history[t->noted % MODEL_HISTORY];
}

void model_note(struct model_thread* t,
                enum model_kind kind,
                int fd,
                long first,
                long second) {
  t->noted += 1;
  *last_record(t) = (struct model_record){
      .step = t->step, .kind = kind, .fd = fd, .argument = {first, second}};
}

static void print_record(const struct model_record* r) {
  printf("#   step %ld: %s fd %d, %ld, %ld -> %d, errno %d\n", r->step,
         kind_names[r->kind], r->fd, r->argument[0], r->argument[1], r->result,
         r->error);
}

static void fail(struct model_thread* t,
                 const char* what,
                 long want,
                 long got) {
  static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&once); /* never unlocked: the first one ends it all */
  printf("not ok 1 - the library does what the reference model says\n");
  printf("# seed %" PRIu64 ", thread %d, step %ld, operation %s\n", t->seed,
         t->number, t->step, kind_names[last_record(t)->kind]);
  printf("# %s: expected %ld, got %ld\n", what, want, got);
  printf("# the last operations of this thread:\n");
  for (int i = 1; i <= MODEL_HISTORY; ++i) {
    print_record(&t->history[(t->noted + i) % MODEL_HISTORY]);
  }
  fflush(stdout);
  _exit(1);
}

void model_expect(struct model_thread* t,
                  const char* what,
                  long want,
                  long got) {
  if (t->plant > 0 && t->step >= t->plant) {
    want += 1;
  }
  if (want != got) {
    fail(t, what, want, got);
  }
}

void model_expect_true(struct model_thread* t, const char* what, bool is_true) {
  model_expect(t, what, true, is_true);
}

/* What the library closes after a look at the ports, ThreadSanitizer does not
 * see; and when it looks whose a descriptor is, the answer may be nobody's. */
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) {
  return "race:portres__platform_probe\n"
         "race:portres__platform_ephemeral\n"
         "race:portres__socket_identity\n";
}

/* Shows in the end that the test did not only see success. */
static void record(struct model_thread* t, int result, int error, int want) {
  struct model_record* r = last_record(t);
  r->result = result;
  r->error = error;
  t->exhausted += want == ENOBUFS || want == PORTRES_ENOBUFS;
  t->denied += want == EACCES || want == PORTRES_EACCES;
  t->busy += want == EADDRINUSE || want == PORTRES_EADDRINUSE;
}

void model_expect_call(struct model_thread* t, int want, int result) {
  int error = errno;
  record(t, result, error, want);
  if (want == 0) {
    model_expect(t, "the call succeeds, or errno", 0, result >= 0 ? 0 : error);
    model_expect_true(t, "errno is as it was after success",
                      error == MODEL_ERRNO || MODEL_IS_WATCHED);
  } else {
    model_expect(t, "result of a call that fails", -1, result);
    model_expect(t, "errno", want, error);
  }
}

void model_expect_status(struct model_thread* t, int want, int status) {
  int error = errno;
  record(t, status, error, want);
  model_expect(t, "status", want, status);
  model_expect(t, "errno after a library call", MODEL_ERRNO, error);
}

int model_count_descriptors(void) {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == NULL) {
    return -1;
  }
  int count = -3; /* ".", "..", and the directory itself */
  while (readdir(directory) != NULL) {
    ++count;
  }
  closedir(directory);
  return count;
}
