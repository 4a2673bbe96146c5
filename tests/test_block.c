/* The arithmetic of a run of ports, at its edges. */
#include "block.h"
#include "table.h"

struct fit_row {
  const char* name;
  struct portres_range range;
  int want;
};

static const struct fit_row fit_rows[] = {
    {"given a count of 0, then it does not fit", {5000, 0}, 0},
    {"given the last port alone, then it fits", {65535, 1}, 1},
    {"given a port past the last one, then it does not fit", {65535, 2}, 0},
    {"given all ports from 1 on, then they fit", {1, 65535}, 1},
    {"given start 0 and 65535 ports, then they fit", {0, 65535}, 1},
};

static void check_fit(const void* data) {
  const struct fit_row* row = data;
  assert_int_equal(portres__block_fits(row->range), row->want);
}

struct contain_row {
  const char* name;
  struct portres_range range;
  uint16_t port;
  int want;
};

static const struct contain_row contain_rows[] = {
    {"given the port before the start, then outside", {5000, 4}, 4999, 0},
    {"given the start, then inside", {5000, 4}, 5000, 1},
    {"given the last port, then inside", {5000, 4}, 5003, 1},
    {"given the port after the last, then outside", {5000, 4}, 5004, 0},
    {"given a block up to 65535, then port 0 is outside", {65530, 6}, 0, 0},
};

static void check_contain(const void* data) {
  const struct contain_row* row = data;
  assert_int_equal(portres__block_contains(row->range, row->port), row->want);
}

struct meet_row {
  const char* name;
  struct portres_range a, b, want;
};

static const struct meet_row meet_rows[] = {
    {"given one inside the other, then the inner", {10, 90}, {20, 5}, {20, 5}},
    {"given an overlap, then the overlap", {10, 10}, {15, 10}, {15, 5}},
    {"given neighbours, then nothing", {10, 10}, {20, 10}, {0, 0}},
    {"given the end of the ports, then up to it",
     {65500, 36},
     {65530, 6},
     {65530, 6}},
};

static void check_meet(const void* data) {
  const struct meet_row* row = data;
  struct portres_range meet = portres__block_meet(row->a, row->b);
  struct portres_range turned = portres__block_meet(row->b, row->a);

  assert_int_equal(meet.start, row->want.start);
  assert_int_equal(meet.count, row->want.count);
  assert_memory_equal(&meet, &turned, sizeof meet);
}

struct align_row {
  const char* name;
  uint32_t port;
  uint16_t alignment;
  uint32_t want;
};

static const struct align_row align_rows[] = {
    {"given alignment 0, then the port itself", 49153, 0, 49153},
    {"given a multiple, then the port itself", 49152, 2, 49152},
    {"given an odd port and alignment 2, then the next", 49153, 2, 49154},
    {"given the last port, then a multiple past the ports", 65535, 10, 65540},
};

static void check_align(const void* data) {
  const struct align_row* row = data;
  assert_int_equal(portres__block_align(row->port, row->alignment), row->want);
}

int main(void) {
  TABLE_ADD(fit_rows, check_fit);
  TABLE_ADD(contain_rows, check_contain);
  TABLE_ADD(meet_rows, check_meet);
  TABLE_ADD(align_rows, check_align);
  return table_run("block");
}
