/* bench.h - one question put to a benchmark: which of several ways is faster?
 *
 * The ways ("sides") of a trial take turns inside one run, a batch at a time
 * and in random order, so that a busy machine is busy for all of them. Side 0
 * is what the others are divided by; as a rule libc's own function.
 *
 * Results: one JSON object a line on stdout; progress on stderr.
 * Failure: a call that does not do what the trial says ends the program with
 *          2. A slow answer is a result, not a failure.
 */
#ifndef PORTRES_BENCH_H
#define PORTRES_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { BENCH_SIDES = 6, BENCH_BATCH = 64 };

/* The socket calls, once as libc made them and once as this program sees them.
 * Both are called through pointers, so that the calls cost the same. */
struct bench_calls {
  int (*socket)(int family, int type, int protocol);
  int (*bind)(int fd, const struct sockaddr* address, socklen_t length);
  int (*close)(int fd);
  ssize_t (*sendto)(int fd,
                    const void* data,
                    size_t data_len,
                    int flags,
                    const struct sockaddr* address,
                    socklen_t length);
};
extern struct bench_calls naked;
extern struct bench_calls hooked;

struct bench_options {
  bool quick;
  bool with_v6;
  bool owns_netns; /* may change the sysctls of its network namespace */
  unsigned seed;
};
extern struct bench_options bench_options;

/* What a trial was about; what is 0 (fill, alive: -1) is not printed. */
struct bench_case {
  const char* question;
  const char* protocol;
  int family;
  int block;
  int fill;
  int alive;
  const char* note;
};

/* `prepare` and `undo` are not timed; `call` is, `batch` times in a row: once
 * each call alone (for min and p99), once all of them together (for the median
 * and the ratio, which the step of the clock would spoil). A trial that must
 * tidy up after each call sets `settle` and is only timed call by call.
 *
 * `call` returns whether the call did what it should. */
struct bench_trial {
  struct bench_case about;
  int sides;
  const char* side_names[BENCH_SIDES];
  int batch;
  int batches; /* in a round, of each of the two kinds */
  int rounds;
  double units; /* things done by one call; 0 is as 1 */
  void (*prepare)(void* state, int side);
  bool (*call)(void* state, int side, int i);
  void (*settle)(void* state, int side, int i);
  void (*undo)(void* state, int side);
};

/* Reads the options, pins the thread, finds the naked calls, raises the limit
 * of descriptors. */
void bench_begin(int argc, char** argv, const char* what);

void bench_run(const struct bench_trial* given, void* state);

/* `samples` calls a round (less when quick), in whole batches, at least 3. */
int bench_batches(int samples, int batch);

/* A result that is not a duration. */
void bench_report(const struct bench_case* about,
                  const char* name,
                  double value);
void bench_skip(const struct bench_case* about, const char* reason);

/* Ends the program unless `is_ok`. */
void bench_check(bool is_ok, const char* what);

/* 0 <= result < limit, the same for the same seed. */
uint32_t bench_random(uint32_t limit);

/* Whether this process may have `count` more descriptors. */
bool bench_has_descriptors(int count);

#endif
