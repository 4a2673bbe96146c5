/* table_win.c - ../table.h on Windows. */
#include "../table.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { MAX_TESTS = 512, MAX_WATCHES = 4 };

struct test {
  table_check check;
  const void* row;
  void (*check_plain)(void);
};

struct watch {
  const char* what;
  int (*count)(void);
};

static struct CMUnitTest tests[MAX_TESTS];
static struct test data[MAX_TESTS];
static size_t tests_count;
static struct watch watches[MAX_WATCHES];
static int watches_count;

static void run_row(void** state) {
  const struct test* test = *state;
  int before[MAX_WATCHES] = {0};
  for (int i = 0; i < watches_count; i++) {
    before[i] = watches[i].count();
  }
  if (test->check) {
    test->check(test->row);
  } else {
    test->check_plain();
  }
  for (int i = 0; i < watches_count; i++) {
    int after = watches[i].count();
    if (after != before[i]) {
      fail_msg("%d %s before, %d after", before[i], watches[i].what, after);
    }
  }
}

/* gate.py names the rows that would not come back, one a line. */
static int is_kept_back(const char* name) {
  const char* rows = getenv("PORTRES_TEST_KEPT_BACK");
  size_t len = strlen(name);
  for (const char* row = rows; row && *row; row = strchr(row, '\n')) {
    row += *row == '\n';
    if (strncmp(row, name, len) == 0 && (row[len] == '\n' || row[len] == 0)) {
      return 1;
    }
  }
  return 0;
}

static void keep_back(void) {
  table_skip("it would not come back");
}

static void add_test(const char* name, struct test test) {
  struct CMUnitTest* added = &tests[tests_count];
  if (tests_count == MAX_TESTS) {
    fputs("Bail out! too many rows\n", stdout);
    exit(99);
  }
  if (is_kept_back(name)) {
    test = (struct test){.check_plain = keep_back};
  }
  data[tests_count] = test;
  added->name = name;
  added->test_func = run_row;
  added->initial_state = &data[tests_count];
  tests_count++;
}

void table_add(const void* rows,
               size_t count,
               size_t row_size,
               table_check check) {
  for (size_t i = 0; i < count; i++) {
    const char* row = (const char*)rows + i * row_size;
    const char* name;
    memcpy(&name, row, sizeof name);
    add_test(name, (struct test){.check = check, .row = row});
  }
}

void table_add_one(const char* name, void (*check)(void)) {
  add_test(name, (struct test){.check_plain = check});
}

void table_watch(const char* what, int (*count)(void)) {
  assert_true(watches_count < MAX_WATCHES);
  watches[watches_count++] = (struct watch){what, count};
}

void table_skip(const char* reason) {
  print_message("# skip: %s\n", reason);
  skip();
}

int table_open_descriptors(void) {
  DWORD count = 0;
  return GetProcessHandleCount(GetCurrentProcess(), &count) ? (int)count : -1;
}

int table_run(const char* group) {
  const char* output = getenv("CMOCKA_MESSAGE_OUTPUT");
  _setmode(_fileno(stdout), _O_BINARY);
  int failed = _cmocka_run_group_tests(group, tests, tests_count, NULL, NULL);
  return failed != 0 && !(output && strcmp(output, "TAP") == 0);
}
