/* Another user: what root has reserved it may look up and not change; and in a
 * directory of its own it may do all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "store_support.h"

enum { SOMEBODY = 54321 };

#define CLAIM(claim)           \
  if (!(claim)) {              \
    return __LINE__ % 255 + 1; \
  }

static void become_somebody(void) {
  if (setresuid(SOMEBODY, SOMEBODY, SOMEBODY) != 0) {
    _exit(254);
  }
  /* Or this program could not start itself again. */
  prctl(PR_SET_DUMPABLE, 1);
}

static int in_child(int (*body)(void)) {
  int status;
  fflush(stdout);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    become_somebody();
    _exit(body());
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void need_root(void) {
  if (geteuid() != 0) {
    table_skip("only root can become another user");
  }
}

static portres_token root_token;

static int bind_at(int s, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  return bind(s, (struct sockaddr*)&address, sizeof address) == 0 ? 0 : errno;
}

static int look_only(void) {
  struct store_slot slot = store_slot(0);
  portres_token token = 0;
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CLAIM(portres_persistent_lookup(slot.protocol, slot.range, &token) == 0);
  CLAIM(token == root_token);
  CLAIM(portres_associate(s, token) == PORTRES_EACCES);
  CLAIM(portres_associate(s, token + 1) == PORTRES_EINVAL);
  CLAIM(bind_at(s, slot.range.start) == EACCES);
  CLAIM(store_delete(0) == PORTRES_EACCES);
  CLAIM(store_delete(1) == PORTRES_EACCES);
  CLAIM(store_create(0, &token) == PORTRES_EACCES);
  CLAIM(store_create(1, &token) == PORTRES_EACCES);
  close(s);
  return 0;
}

static void check_root_directory(void) {
  need_root();
  store_clear();
  assert_int_equal(store_create(0, &root_token), PORTRES_OK);
  struct store_image image = store_save();
  assert_int_equal(in_child(look_only), 0);
  store_expect_unchanged(&image);
  store_free(&image);
  assert_int_equal(store_delete(0), PORTRES_OK);
  store_clear();
}

/* Nor may it make one where it may not write. */
static int make_nothing(void) {
  portres_token token;
  CLAIM(store_create(0, &token) == PORTRES_EACCES);
  CLAIM(store_delete(0) == PORTRES_EACCES);
  CLAIM(portres_persistent_lookup(store_slot(0).protocol, store_slot(0).range,
                                  &token) == PORTRES_ENOTFOUND);
  return 0;
}

static void check_no_directory(void) {
  need_root();
  store_clear();
  store_slot(0);
  assert_int_equal(in_child(make_nothing), 0);
  assert_int_equal(access(store_dir(), F_OK), -1);
}

/* --- A directory of its own --- */

static int use_own(void) {
  portres_token token;
  portres_token found;
  struct stat facts;
  struct store_slot slot = store_slot(0);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  CLAIM(geteuid() == SOMEBODY);
  CLAIM(store_create(0, &token) == PORTRES_OK);
  CLAIM(stat(store_path("reservations"), &facts) == 0);
  CLAIM(facts.st_uid == SOMEBODY);
  CLAIM(portres_persistent_lookup(slot.protocol, slot.range, &found) == 0);
  CLAIM(found == token);
  CLAIM(portres_associate(s, token) == PORTRES_OK);
  CLAIM(bind_at(s, 0) == 0);
  CLAIM(net_port(s) == slot.range.start);
  CLAIM(store_delete(0) == PORTRES_OK);
  close(s);
  return 0;
}

static int start_with_own(void) {
  char folder[] = "/tmp/portres-test-XXXXXX";
  char path[96];
  int status = 1;
  CLAIM(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/of/my/own", folder);
  setenv("PORTRES_STATE_DIR", path, 1);
  setenv("PORTRES_TEST_STORE", path, 1);
  pid_t pid = fork();
  if (pid == 0) {
    execl("/proc/self/exe", "own", "own", (char*)NULL);
    _exit(253);
  }
  waitpid(pid, &status, 0);
  store_clear();
  for (int i = 0; i < 3; i++) {
    *strrchr(path, '/') = '\0';
    rmdir(path);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 252;
}

static void check_own_directory(void) {
  need_root();
  assert_int_equal(in_child(start_with_own), 0);
}

/* Root does not take it from a user. */
static int leave_own(void) {
  portres_token token;
  return store_create(0, &token) == PORTRES_EACCES ? 0 : 1;
}

static void check_foreign_to_root(void) {
  need_root();
  store_clear();
  assert_int_equal(mkdir(store_dir(), 0755), 0);
  assert_int_equal(in_child(leave_own), 0);
  store_clear();
}

static int run(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "own") == 0) {
    return use_own();
  }
  table_add_one(
      "given another user, then it looks up, and create, delete and associate "
      "are EACCES",
      check_root_directory);
  table_add_one(
      "given another user and no directory, then lookup is ENOTFOUND, and "
      "create and delete are EACCES",
      check_no_directory);
  table_add_one(
      "given another user with a directory of its own, then all works",
      check_own_directory);
  table_add_one(
      "given another user, then an empty directory of root's is "
      "EACCES",
      check_foreign_to_root);
  return table_run("store_rights");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
