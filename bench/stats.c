#include "stats.h"

#include <stdlib.h>

void series_init(struct series* s) {
  *s = (struct series){0};
}

void series_finish(struct series* s) {
  free(s->values);
  series_init(s);
}

void series_add(struct series* s, double value) {
  if (s->length == s->capacity) {
    s->capacity = s->capacity == 0 ? 1024 : s->capacity * 2;
    s->values = realloc(s->values, s->capacity * sizeof *s->values);
    if (s->values == NULL) {
      abort();
    }
  }
  s->values[s->length++] = value;
}

static int compare_doubles(const void* a, const void* b) {
  double x = *(const double*)a;
  double y = *(const double*)b;
  return (x > y) - (x < y);
}

void sort_doubles(double* values, size_t length) {
  if (length > 0) {
    qsort(values, length, sizeof *values, compare_doubles);
  }
}

void series_sort_round(struct series* s) {
  sort_doubles(s->values + s->round_start, s->length - s->round_start);
}

void series_next_round(struct series* s) {
  s->round_start = s->length;
}

void series_sort_all(struct series* s) {
  sort_doubles(s->values, s->length);
}

double series_round_median(const struct series* s, double tick) {
  return sorted_median(s->values + s->round_start, s->length - s->round_start,
                       tick);
}

double sorted_quantile(const double* sorted, size_t length, double q) {
  if (length == 0) {
    return 0;
  }
  size_t place = (size_t)(q * (double)(length - 1) + 0.5);
  return sorted[place];
}

double sorted_median(const double* sorted, size_t length, double tick) {
  if (length == 0) {
    return 0;
  }
  if (length % 2 == 0 && sorted[length / 2] != sorted[length / 2 - 1]) {
    return (sorted[length / 2] + sorted[length / 2 - 1]) / 2;
  }
  double middle = sorted[length / 2];
  size_t below = 0;
  while (sorted[below] != middle) {
    below++;
  }
  size_t equal = 1;
  while (below + equal < length && sorted[below + equal] == middle) {
    equal++;
  }
  double rank = ((double)length / 2 - (double)below) / (double)equal;
  return middle + tick * (rank - 0.5);
}

double spread_of(double* values, size_t length) {
  sort_doubles(values, length);
  double median = sorted_median(values, length, 0);
  if (length == 0 || median == 0) {
    return 0;
  }
  return (values[length - 1] - values[0]) / median;
}
