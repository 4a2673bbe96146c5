/* stats.h - samples of a duration, and what they say together. */
#ifndef PORTRES_BENCH_STATS_H
#define PORTRES_BENCH_STATS_H

#include <stddef.h>

/* Durations in nanoseconds, cut into rounds of any length. */
struct series {
  double* values;
  size_t length;
  size_t capacity;
  size_t round_start; /* where the round that is running begins */
};

void series_init(struct series* s);
void series_finish(struct series* s);
void series_add(struct series* s, double value);

/* Sorts the values of the round that is running, and no others. */
void series_sort_round(struct series* s);
void series_next_round(struct series* s);

/* The median of the round that is running; the round must be sorted.
 *
 * `tick` is the step of the clock in one value: where many values are equal,
 * the median is placed inside the step by how many of them lie below it. A
 * plain median of a 700 ns call on a 10 ns clock moves by 1.4 % at a time.
 */
double series_round_median(const struct series* s, double tick);

/* Over all rounds. Sorts everything: no rounds afterwards. */
void series_sort_all(struct series* s);
double sorted_median(const double* sorted, size_t length, double tick);
double sorted_quantile(const double* sorted, size_t length, double q);

/* (largest - smallest) / median of a few numbers; sorts them. */
double spread_of(double* values, size_t length);

void sort_doubles(double* values, size_t length);

#endif
