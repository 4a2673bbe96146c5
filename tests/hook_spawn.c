/* libc's own ways to start a program: their children tidy up descriptors by
 * calls inside libc, or by vfork; the parent keeps its ports and reservations.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hook_support.h"

struct scene {
  struct hook_block block;
  int bound;
  int unbound;
};

struct row {
  const char* name;
  int (*start)(const struct scene* scene); /* the exit status */
};

static int spawn(const posix_spawn_file_actions_t* actions) {
  char* const argv[] = {"true", NULL};
  char* const environment[] = {NULL};
  pid_t pid;
  assert_int_equal(
      posix_spawn(&pid, "/bin/true", actions, NULL, argv, environment), 0);
  return hook_status_of(pid);
}

static int start_plain(const struct scene* scene) {
  (void)scene;
  return spawn(NULL);
}

static int start_closing(const struct scene* scene) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, scene->bound);
  posix_spawn_file_actions_addclose(&actions, scene->block.owner);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, scene->unbound);
  const int status = spawn(&actions);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

static int start_closing_from(const struct scene* scene) {
  (void)scene;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  const int status = spawn(&actions);
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

/* NOLINTBEGIN(cert-env33-c): fixed commands, and the shell is the subject. */
static int start_system(const struct scene* scene) {
  char command[128];
  snprintf(command, sizeof command, "exec %d>&- %d>&-; exit 7", scene->bound,
           scene->block.owner);
  return WEXITSTATUS(system(command)) == 7 ? 0 : 1;
}

static int start_popen(const struct scene* scene) {
  (void)scene;
  char line[16] = "";
  FILE* stream = popen("echo hello", "r");
  assert_non_null(stream);
  assert_non_null(fgets(line, sizeof line, stream));
  assert_string_equal(line, "hello\n");
  return pclose(stream);
}

/* NOLINTEND(cert-env33-c) */

#define STARTS ", when it has started a program, then all is still there"

static const struct row rows[] = {
    {"given posix_spawn" STARTS, start_plain},
    {"given posix_spawn with close and dup2" STARTS, start_closing},
    {"given posix_spawn with closefrom" STARTS, start_closing_from},
    {"given system" STARTS, start_system},
    {"given popen" STARTS, start_popen},
};

static void check_row(const void* data) {
  const struct row* row = data;
  struct scene scene = {.block = hook_acquire(IPPROTO_TCP, 2)};
  scene.bound = hook_bound_member(&scene.block);
  scene.unbound = hook_member(&scene.block);
  assert_int_equal(row->start(&scene), 0);
  hook_expect(&scene.block, 1, 1);
  assert_int_equal(hook_bind(scene.unbound), 0);
  assert_int_equal(net_port(scene.unbound), scene.block.range.start + 1);
  net_close(scene.unbound);
  net_close(scene.bound);
  hook_finish(&scene.block);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  return table_run("hook_spawn");
}
