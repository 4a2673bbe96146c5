#include "table.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct test {
  table_check check;
  const void* row;
  void (*check_plain)(void);
};

struct watch {
  const char* what;
  int (*count)(void);
};

#define MAX_WATCHES 4

static struct CMUnitTest* tests;
static size_t tests_count;
static struct watch watches[MAX_WATCHES] = {
    {"descriptors", table_open_descriptors}};
static int watches_count = 1;

int table_open_descriptors(void) {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) {
    return -1;
  }
  while (readdir(directory)) {
    count++;
  }
  closedir(directory);
  return count - 3; /* ".", ".." and the directory itself */
}

static void print_descriptors(void) {
  char path[64];
  char target[128];
  for (int fd = 0; fd < 64; fd++) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n > 0) {
      target[n] = '\0';
      print_message("# %d -> %s\n", fd, target);
    }
  }
}

static void compare_counts(const int before[]) {
  for (int i = 0; i < watches_count; i++) {
    int after = watches[i].count();
    if (after != before[i]) {
      print_descriptors();
      fail_msg("%d %s before, %d after", before[i], watches[i].what, after);
    }
  }
}

static void run_row(void** state) {
  const struct test* test = *state;
  int before[MAX_WATCHES];
  for (int i = 0; i < watches_count; i++) {
    before[i] = watches[i].count();
  }
  if (test->check) {
    test->check(test->row);
  } else {
    test->check_plain();
  }
  compare_counts(before);
}

static void* need_memory(void* memory) {
  if (!memory) {
    fputs("Bail out! no memory\n", stdout);
    exit(99);
  }
  return memory;
}

/* PORTRES_TEST_WITHOUT names rows that this system has nothing of, each by what
 * they begin with, and a line each: tests/bsd. */
static bool is_left_out(const char* name) {
  const char* at = getenv("PORTRES_TEST_WITHOUT");
  while (at && *at) {
    size_t len = strcspn(at, "\n");
    if (len > 0 && strncmp(name, at, len) == 0) {
      return true;
    }
    at += len + (at[len] == '\n');
  }
  return false;
}

static void add_test(const char* name, struct test test) {
  if (is_left_out(name)) {
    return;
  }
  struct test* copy = need_memory(malloc(sizeof *copy));
  *copy = test;
  tests = need_memory(realloc(tests, (tests_count + 1) * sizeof *tests));
  tests[tests_count++] = (struct CMUnitTest){
      .name = name, .test_func = run_row, .initial_state = copy};
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
  const char* strict = getenv("PORTRES_TEST_STRICT");
  if (strict && strcmp(strict, "1") == 0) {
    fail_msg("would be skipped: %s", reason);
  }
  print_message("# skip: %s\n", reason);
  skip();
}

/* The group's own line comes last. The end of the file may come much later,
 * when a row that failed has left a child behind. */
static bool is_last(const char* line) {
  return strncmp(line, "# ok - ", 7) == 0 ||
         strncmp(line, "# not ok - ", 11) == 0;
}

/* CMocka 1.1.5 writes a skip as "not ok 3 # SKIP name", which TAP readers,
 * meson among them, take for a failure. Say it as TAP does, with the reason. */
static void correct_skips(FILE* in) {
  char line[1024] = "";
  char reason[1024] = "\n";
  while (!is_last(line) && fgets(line, sizeof line, in)) {
    int number = 0;
    int name = 0;
    if (strncmp(line, "# skip: ", 8) == 0) {
      snprintf(reason, sizeof reason, "%s", line + 8);
    } else if (sscanf(line, "not ok %d # SKIP %n", &number, &name) == 1 &&
               name > 0) {
      line[strcspn(line, "\n")] = '\0';
      printf("ok %d - %s # SKIP %s", number, line + name, reason);
    } else {
      fputs(line, stdout);
    }
    fflush(stdout);
  }
}

static pid_t start_filter(void) {
  int ends[2];
  fflush(stdout);
  if (pipe(ends) != 0) {
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[1]);
    correct_skips(fdopen(ends[0], "r"));
    _exit(0);
  }
  close(ends[0]);
  if (pid > 0) {
    dup2(ends[1], STDOUT_FILENO);
  }
  close(ends[1]);
  return pid;
}

static int run_group(const char* group) {
  int failed = _cmocka_run_group_tests(group, tests, tests_count, NULL, NULL);
  for (size_t i = 0; i < tests_count; i++) {
    free(tests[i].initial_state);
  }
  free(tests);
  return failed;
}

int table_run(const char* group) {
  const char* output = getenv("CMOCKA_MESSAGE_OUTPUT");
  if (!output || strcmp(output, "TAP") != 0) {
    return run_group(group) != 0;
  }
  pid_t filter = start_filter();
  run_group(group);
  fclose(stdout);
  if (filter > 0) {
    waitpid(filter, NULL, 0);
  }
  return 0; /* TAP has named the rows that failed; meson wants no more */
}
