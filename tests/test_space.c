/* Which ports are reserved, and where the next block fits. */
#include "space.h"
#include "table.h"

static struct portres__space space;

struct find_row {
  const char* name;
  struct portres_range reserved[3];
  struct portres_range area;
  uint32_t from;
  uint16_t count;
  uint16_t alignment;
  uint16_t want;
};

#define DYNAMIC \
  { 49152, 16384 }

static const struct find_row find_rows[] = {
    {"given nothing reserved, then the start of the area", .area = DYNAMIC,
     .count = 64, .want = 49152},
    {"given the first block reserved, then the port after it",
     .reserved = {{49152, 64}}, .area = DYNAMIC, .count = 64, .want = 49216},
    {"given a hole that is too small, then the place behind it",
     .reserved = {{49152, 64}, {49264, 16}}, .area = DYNAMIC, .count = 64,
     .want = 49280},
    {"given a hole that fits exactly, then the hole",
     .reserved = {{49152, 64}, {49280, 16}}, .area = DYNAMIC, .count = 64,
     .want = 49216},
    {"given from, then nothing before it", .area = DYNAMIC, .from = 50001,
     .count = 4, .want = 50001},
    {"given an alignment, then a multiple of it", .reserved = {{49152, 1}},
     .area = DYNAMIC, .count = 2, .alignment = 2, .want = 49154},
    {"given an alignment and a busy multiple, then the next multiple",
     .reserved = {{49200, 1}}, .area = DYNAMIC, .from = 49153, .count = 10,
     .alignment = 100, .want = 49300},
    {"given the whole area, then its start", .area = DYNAMIC, .count = 16384,
     .want = 49152},
    {"given the whole area but one port reserved at its end, then none",
     .reserved = {{65535, 1}}, .area = DYNAMIC, .count = 16384, .want = 0},
    {"given more ports than the area has, then none", .area = {61000, 100},
     .count = 101, .want = 0},
    {"given an empty area, then none", .area = {61000, 0}, .count = 1,
     .want = 0},
    {"given room at the very end, then there", .reserved = {{49152, 16383}},
     .area = DYNAMIC, .count = 1, .want = 65535},
};

static void check_find(const void* data) {
  const struct find_row* row = data;

  portres__space_clear(&space);
  for (int i = 0; i < 3; i++) {
    if (row->reserved[i].count != 0) {
      assert_true(portres__space_claim(&space, row->reserved[i]));
    }
  }
  assert_int_equal(portres__space_find(&space, row->area, row->from, row->count,
                                       row->alignment),
                   row->want);
}

struct claim_row {
  const char* name;
  struct portres_range first, second;
  int want;
};

static const struct claim_row claim_rows[] = {
    {"given the same range, then refused", {5000, 20}, {5000, 20}, 0},
    {"given one common port, then refused", {5000, 20}, {5019, 20}, 0},
    {"given neighbours, then both", {5000, 20}, {5020, 20}, 1},
    {"given a range inside, then refused", {5000, 200}, {5100, 1}, 0},
    {"given a range around, then refused", {5100, 1}, {5000, 200}, 0},
    {"given the borders of a word, then both", {5056, 64}, {5120, 64}, 1},
    {"given the ends of the ports, then both", {1, 1}, {65535, 1}, 1},
};

/* A refused claim leaves no bit, a released one none either. */
static void check_claim(const void* data) {
  const struct claim_row* row = data;

  portres__space_clear(&space);
  assert_true(portres__space_claim(&space, row->first));
  assert_int_equal(portres__space_claim(&space, row->second), row->want);
  portres__space_release(&space, row->first);
  for (uint32_t port = 0; port <= PORTRES__PORT_MAX; port++) {
    int want =
        row->want && portres__block_contains(row->second, (uint16_t)port);
    assert_int_equal(portres__space_is_reserved(&space, (uint16_t)port), want);
  }
}

int main(void) {
  TABLE_ADD(find_rows, check_find);
  TABLE_ADD(claim_rows, check_claim);
  return table_run("space");
}
