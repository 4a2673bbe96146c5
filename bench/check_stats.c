/* check_stats.c - the statistics of the benchmarks, against numbers worked out
 *                 by hand. Exits with 1 when one differs. */
#include "stats.h"

#include <math.h>
#include <stdio.h>

struct row {
  const char* name;
  double values[6];
  size_t length;
  double tick;
  double median;
  double p99;
  double spread;
};

static const struct row rows[] = {
    {"given no values, everything is 0", {0}, 0, 10, 0, 0, 0},
    {"given one value, it is the median", {7}, 1, 0, 7, 7, 0},
    {"given an odd number, the median is the middle one",
     {9, 1, 5},
     3,
     0,
     5,
     9,
     8.0 / 5},
    {"given an even number, the median lies between the middle two",
     {4, 1, 2, 8},
     4,
     0,
     3,
     8,
     7.0 / 3},
    {"given equal values and no tick, the median is the value",
     {20, 20, 20, 30},
     4,
     0,
     20,
     30,
     10.0 / 20},
    {"given equal values and a tick, the median is placed inside the step",
     {20, 20, 30, 30, 30, 30},
     6,
     10,
     30 + 10 * (1.0 / 4 - 0.5),
     30,
     1.0 / 3},
    {"given all values equal and a tick, the median is the value",
     {30, 30, 30, 30},
     4,
     10,
     30,
     30,
     0},
};

static int is_near(double a, double b) {
  return fabs(a - b) < 1e-9;
}

static int check_row(const struct row* row) {
  struct series s;
  series_init(&s);
  for (size_t i = 0; i < row->length; i++) {
    series_add(&s, row->values[i]);
  }
  series_sort_all(&s);
  double median = sorted_median(s.values, s.length, row->tick);
  double p99 = sorted_quantile(s.values, s.length, 0.99);
  double spread = spread_of(s.values, s.length);
  series_finish(&s);
  return is_near(median, row->median) && is_near(p99, row->p99) &&
         is_near(spread, row->spread);
}

static int check_rounds(void) {
  struct series s;
  series_init(&s);
  for (int i = 0; i < 3000; i++) {
    if (i == 1500) {
      series_sort_round(&s);
      series_next_round(&s);
    }
    series_add(&s, i < 1500 ? 1 : 3000 - i);
  }
  int kept = s.values[0] == 1 && s.values[1500] == 1500;
  series_sort_round(&s);
  int sorted = s.values[1500] == 1 && s.values[2999] == 1500;
  double median = series_round_median(&s, 0);
  series_finish(&s);
  return kept && sorted && is_near(median, 750.5);
}

static int report(int number, int is_ok, const char* name) {
  printf("%sok %d - %s\n", is_ok ? "" : "not ", number, name);
  return is_ok ? 0 : 1;
}

int main(void) {
  int count = (int)(sizeof rows / sizeof rows[0]);
  int failed = 0;
  printf("1..%d\n", count + 1);
  for (int i = 0; i < count; i++) {
    failed += report(i + 1, check_row(&rows[i]), rows[i].name);
  }
  failed += report(count + 1, check_rounds(),
                   "given two rounds, each is sorted and measured by itself");
  return failed != 0;
}
