/* trial.c - runs a trial: turns, rounds, the clock, and the result's JSON.
 *
 * Nothing is discarded. A first turn of every side goes unrecorded to warm the
 * caches; from then on each value counts, and what a busy machine adds shows
 * in p99 and in the spread of the rounds' medians.
 */
#include <stdio.h>
#include <time.h>

#include "bench.h"
#include "stats.h"

enum { MAX_ROUNDS = 32 };

struct side_tally {
  struct series alone;    /* one call a value */
  struct series together; /* one batch a value, divided by its calls */
  struct series extra;    /* together minus side 0's together, by batches */
  struct series ratio;    /* together over side 0's together, by batches */
  double medians[MAX_ROUNDS];
  double ratios[MAX_ROUNDS];
};

struct tally {
  const struct bench_trial* trial;
  void* state;
  struct side_tally sides[BENCH_SIDES];
};

static double clock_cost; /* of reading it twice with nothing in between */
static double clock_tick;

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure_clock(void) {
  struct series pairs;
  series_init(&pairs);
  clock_tick = 1e9;
  double last = 0;
  for (int i = 0; i < 20000; i++) {
    double start = now_ns();
    double pair = now_ns() - start;
    double step = pair > last ? pair - last : last - pair;
    if (i > 0 && step > 0 && step < clock_tick) {
      clock_tick = step;
    }
    last = pair;
    series_add(&pairs, pair);
  }
  series_sort_all(&pairs);
  clock_cost = sorted_median(pairs.values, pairs.length, clock_tick);
  series_finish(&pairs);
}

static bool has_batches(const struct bench_trial* trial) {
  return trial->settle == NULL && trial->batch > 1;
}

static void time_alone(struct tally* t, int side, bool is_recorded) {
  const struct bench_trial* trial = t->trial;
  for (int i = 0; i < trial->batch; i++) {
    double start = now_ns();
    bool is_ok = trial->call(t->state, side, i);
    double took = now_ns() - start - clock_cost;
    bench_check(is_ok, trial->about.question);
    if (is_recorded) {
      series_add(&t->sides[side].alone, took / trial->units);
    }
    if (trial->settle != NULL) {
      trial->settle(t->state, side, i);
    }
  }
}

static double time_together(struct tally* t, int side, bool is_recorded) {
  const struct bench_trial* trial = t->trial;
  int ok_count = 0;
  double start = now_ns();
  for (int i = 0; i < trial->batch; i++) {
    ok_count += trial->call(t->state, side, i);
  }
  double took = now_ns() - start - clock_cost;
  bench_check(ok_count == trial->batch, trial->about.question);
  double value = took / trial->batch / trial->units;
  if (is_recorded) {
    series_add(&t->sides[side].together, value);
  }
  return value;
}

static void shuffle(int* order, int length) {
  for (int i = 0; i < length; i++) {
    order[i] = i;
  }
  for (int i = length - 1; i > 0; i--) {
    int j = (int)bench_random((uint32_t)i + 1);
    int kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
}

static void take_turns(struct tally* t, bool are_together, bool is_recorded) {
  const struct bench_trial* trial = t->trial;
  int order[BENCH_SIDES];
  double values[BENCH_SIDES] = {0};
  shuffle(order, trial->sides);
  for (int turn = 0; turn < trial->sides; turn++) {
    int side = order[turn];
    trial->prepare(t->state, side);
    if (are_together) {
      values[side] = time_together(t, side, is_recorded);
    } else {
      time_alone(t, side, is_recorded);
    }
    trial->undo(t->state, side);
  }
  if (are_together && is_recorded) {
    for (int side = 0; side < trial->sides; side++) {
      series_add(&t->sides[side].extra, values[side] - values[0]);
      series_add(&t->sides[side].ratio, values[side] / values[0]);
    }
  }
}

/* The values that medians are taken from, and their clock step. */
static struct series* main_series(struct tally* t, int side, double* tick_out) {
  bool are_together = has_batches(t->trial);
  *tick_out =
      clock_tick / t->trial->units / (are_together ? t->trial->batch : 1);
  return are_together ? &t->sides[side].together : &t->sides[side].alone;
}

/* Of two batches that ran one right after the other, where there are batches: a
 * neighbour who comes or goes in the middle of a round then tells on few. */
static double round_ratio(struct tally* t, int side, int round) {
  struct side_tally* tally = &t->sides[side];
  if (!has_batches(t->trial)) {
    return tally->medians[round] / t->sides[0].medians[round];
  }
  series_sort_round(&tally->ratio);
  double ratio = series_round_median(&tally->ratio, 0);
  series_next_round(&tally->ratio);
  return ratio;
}

static void end_round(struct tally* t, int round) {
  for (int side = 0; side < t->trial->sides; side++) {
    double tick;
    struct series* s = main_series(t, side, &tick);
    series_sort_round(s);
    double median = series_round_median(s, tick);
    series_next_round(s);
    t->sides[side].medians[round] = median;
    t->sides[side].ratios[round] = round_ratio(t, side, round);
  }
}

static void print_about(const struct bench_case* about) {
  printf("{\"question\":\"%s\"", about->question);
  if (about->protocol != NULL) {
    printf(",\"protocol\":\"%s\"", about->protocol);
  }
  if (about->family != 0) {
    printf(",\"family\":%d", about->family == AF_INET6 ? 6 : 4);
  }
  if (about->block != 0) {
    printf(",\"block\":%d", about->block);
  }
  if (about->fill >= 0) {
    printf(",\"fill\":%d", about->fill);
  }
  if (about->alive >= 0) {
    printf(",\"alive\":%d", about->alive);
  }
  if (about->note != NULL) {
    printf(",\"note\":\"%s\"", about->note);
  }
}

static void print_side(struct tally* t, int side) {
  struct side_tally* tally = &t->sides[side];
  size_t rounds = (size_t)t->trial->rounds;
  double tick;
  struct series* s = main_series(t, side, &tick);
  series_sort_all(s);
  series_sort_all(&tally->alone);
  series_sort_all(&tally->extra);
  double median = sorted_median(s->values, s->length, tick);
  double spread = spread_of(tally->medians, rounds);
  sort_doubles(tally->ratios, rounds);
  double ratio = sorted_median(tally->ratios, rounds, 0);
  const struct series* alone = &tally->alone;
  printf(
      "%s{\"name\":\"%s\",\"median\":%.2f,\"p99\":%.1f,\"min\":%.1f,"
      "\"max\":%.1f,\"spread\":%.3f,\"ratio\":%.5f,\"ratio_low\":%.5f,"
      "\"ratio_high\":%.5f,\"calls\":%zu",
      side == 0 ? "" : ",", t->trial->side_names[side], median,
      sorted_quantile(alone->values, alone->length, 0.99),
      sorted_quantile(alone->values, alone->length, 0),
      sorted_quantile(alone->values, alone->length, 1), spread, ratio,
      tally->ratios[0], tally->ratios[rounds - 1],
      alone->length + tally->together.length * (size_t)t->trial->batch);
  if (tally->extra.length > 0) {
    printf(",\"extra\":%.2f",
           sorted_median(tally->extra.values, tally->extra.length, 0));
  }
  printf("}");
}

static void finish_tally(struct tally* t) {
  print_about(&t->trial->about);
  printf(",\"batch\":%d,\"rounds\":%d,\"sides\":[", t->trial->batch,
         t->trial->rounds);
  for (int side = 0; side < t->trial->sides; side++) {
    print_side(t, side);
    series_finish(&t->sides[side].alone);
    series_finish(&t->sides[side].together);
    series_finish(&t->sides[side].extra);
    series_finish(&t->sides[side].ratio);
  }
  printf("]}\n");
}

static void print_progress(const struct bench_case* about) {
  fprintf(stderr, "%s, %s%d", about->question, about->protocol,
          about->family == AF_INET6 ? 6 : 4);
  if (about->block != 0) {
    fprintf(stderr, ", block of %d", about->block);
  }
  if (about->fill >= 0) {
    fprintf(stderr, ", %d %% full", about->fill);
  }
  fprintf(stderr, "%s%s\n", about->note == NULL ? "" : ", ",
          about->note == NULL ? "" : about->note);
}

void bench_run(const struct bench_trial* given, void* state) {
  struct bench_trial trial = *given;
  trial.units = trial.units == 0 ? 1 : trial.units;
  if (clock_cost == 0) {
    measure_clock();
  }
  struct tally t = {.trial = &trial, .state = state};
  bench_check(trial.rounds <= MAX_ROUNDS && trial.batch <= BENCH_BATCH &&
                  trial.sides <= BENCH_SIDES,
              "size of a trial");
  print_progress(&trial.about);
  take_turns(&t, false, false);
  for (int round = 0; round < trial.rounds; round++) {
    for (int batch = 0; batch < trial.batches; batch++) {
      take_turns(&t, false, true);
      if (has_batches(&trial)) {
        take_turns(&t, true, true);
      }
    }
    end_round(&t, round);
  }
  finish_tally(&t);
}

void bench_report(const struct bench_case* about,
                  const char* name,
                  double value) {
  print_about(about);
  printf(",\"name\":\"%s\",\"value\":%.3f}\n", name, value);
}

void bench_skip(const struct bench_case* about, const char* reason) {
  print_about(about);
  printf(",\"skipped\":\"%s\"}\n", reason);
}
