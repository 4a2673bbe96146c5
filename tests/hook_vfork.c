/* A vfork() child runs in the parent's memory with descriptors of its own: its
 * close() is no close of the parent's, and its new descriptors are none.
 * Programs tidy up there before exec (node does for every child it starts). */
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"

/* What the child finds; static, for it must not touch the parent's stack. */
static struct {
  struct hook_block block;
  int bound;
  int unbound;
  int plain;
  int listener;
  int ends[2];
} scene;

struct row {
  const char* name;
  void (*tidy)(void);
};

static void tidy_close(void) {
  close(scene.bound);
  close(scene.unbound);
  close(scene.block.owner);
}

static void tidy_raw_close(void) {
  syscall(SYS_close, scene.bound);
  syscall(SYS_close, scene.unbound);
  syscall(SYS_close, scene.block.owner);
}

static void tidy_close_range(void) {
  close_range(3, ~0u, 0);
}

static void tidy_close_range_unshare(void) {
  close_range(3, ~0u, CLOSE_RANGE_UNSHARE);
}

static void tidy_raw_close_range(void) {
  syscall(SYS_close_range, 3, ~0u, 0);
}

static void tidy_closefrom(void) {
  closefrom(3);
}

static void tidy_dup2(void) {
  dup2(STDERR_FILENO, scene.bound);
  dup2(scene.plain, scene.unbound);
  dup2(STDERR_FILENO, scene.block.owner);
}

static void tidy_dup3(void) {
  dup3(STDERR_FILENO, scene.bound, O_CLOEXEC);
  dup3(scene.bound, scene.unbound, O_CLOEXEC);
  dup3(STDERR_FILENO, scene.block.owner, 0);
}

/* Copies the child makes are gone with it: no close of them will come. */
static void tidy_copies(void) {
  (void)!dup(scene.bound);
  dup2(scene.bound, 100);
  fcntl(scene.bound, F_DUPFD, 101);
  fcntl(scene.unbound, F_DUPFD_CLOEXEC, 102);
  dup2(scene.block.owner, 0);
  dup2(scene.bound, 1);
}

/* New sockets of the child take numbers the parent uses. */
static void tidy_then_create(void) {
  int pair[2];
  tidy_close();
  (void)!socket(AF_INET, SOCK_STREAM, 0);
  (void)!accept(scene.listener, NULL, NULL);
  (void)!socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static void tidy_then_receive(void) {
  close(scene.bound);
  hook_by_recvmsg(scene.ends[1]);
}

static void tidy_then_dup(void) {
  close(scene.bound);
  close(scene.unbound);
  (void)!dup(scene.plain);
  fcntl(scene.plain, F_DUPFD, scene.unbound);
}

#define CHILD ", when a vfork child does so, then the parent keeps all it has"

static const struct row rows[] = {
    {"given close" CHILD, tidy_close},
    {"given syscall(SYS_close)" CHILD, tidy_raw_close},
    {"given close_range" CHILD, tidy_close_range},
    {"given CLOSE_RANGE_UNSHARE" CHILD, tidy_close_range_unshare},
    {"given syscall(SYS_close_range)" CHILD, tidy_raw_close_range},
    {"given closefrom" CHILD, tidy_closefrom},
    {"given dup2 over all" CHILD, tidy_dup2},
    {"given dup3 over all" CHILD, tidy_dup3},
    {"given copies of all" CHILD, tidy_copies},
    {"given close and new sockets" CHILD, tidy_then_create},
    {"given close and recvmsg" CHILD, tidy_then_receive},
    {"given close and dup" CHILD, tidy_then_dup},
};

static void (*current)(void);

/* vfork() must not be left by return: the child would run on the frame that
 * the parent continues on. */
/* NOLINTBEGIN(clang-analyzer-unix.Vfork,clang-analyzer-security.*): what vfork
 * children do against all advice is the subject. */
static int by_vfork_and_exit(void) {
  const pid_t pid = vfork();
  if (pid == 0) {
    current();
    _exit(0);
  }
  return hook_status_of(pid);
}

static int by_vfork_and_exec(void) {
  const pid_t pid = vfork();
  if (pid == 0) {
    current();
    execl("/bin/true", "true", (char*)NULL);
    _exit(127);
  }
  return hook_status_of(pid);
}

/* NOLINTEND(clang-analyzer-unix.Vfork,clang-analyzer-security.*) */

static int child_main(void* arg) {
  (void)arg;
  current();
  _exit(0);
}

static int by_clone(void) {
  static char stack[1 << 16] __attribute__((aligned(64)));
  const int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
  return hook_status_of(clone(child_main, stack + sizeof stack, flags, NULL));
}

static void open_scene(void) {
  scene.block = hook_acquire(IPPROTO_TCP, 2);
  scene.bound = hook_bound_member(&scene.block);
  scene.unbound = hook_member(&scene.block);
  scene.plain = net_socket(IPPROTO_TCP, NET_V4);
  scene.listener = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(net_bind(scene.listener, "127.0.0.1", 0), 0);
  assert_int_equal(net_listen(scene.listener), 0);
  hook_rights_send(scene.plain, scene.ends);
}

static void close_scene(void) {
  net_close(scene.plain);
  net_close(scene.listener);
  hook_rights_finish(scene.ends);
  net_close(scene.unbound);
  net_close(scene.bound);
  hook_finish(&scene.block);
}

/* All is there, and the books go on: what is closed comes back, once. */
static void check_kept(void) {
  assert_true(hook_is_alive(scene.block.token));
  hook_expect(&scene.block, 1, 1);
  assert_int_equal(hook_port(scene.bound), scene.block.range.start);
  assert_int_equal(hook_bind(scene.unbound), 0);
  assert_int_equal(hook_port(scene.unbound), scene.block.range.start + 1);
  assert_int_equal(hook_bind(scene.plain), 0);
  assert_false(hook_is_inside(&scene.block, hook_port(scene.plain)));
  hook_expect(&scene.block, 2, 0);
}

/* accept() in the child needs somebody who calls. */
static void check_with(const struct row* row, int (*spawn)(void)) {
  open_scene();
  const int client = net_connect_to(scene.listener);
  current = row->tidy;
  const int status = spawn();
  check_kept();
  close_scene();
  net_close(client);
  assert_int_equal(status, 0);
}

static void check_row(const void* data) {
  check_with(data, by_vfork_and_exit);
  check_with(data, by_vfork_and_exec);
  check_with(data, by_clone);
}

/* The child's bind looks for ports that came back unseen. */
static void tidy_then_bind(void) {
  close(scene.bound);
  hook_bind(scene.unbound);
}

static void check_full(const void* data) {
  scene.block = hook_acquire(IPPROTO_TCP, 1);
  scene.bound = hook_bound_member(&scene.block);
  scene.unbound = hook_member(&scene.block);
  current = ((const struct row*)data)->tidy;
  const int status = by_vfork_and_exit();
  hook_expect(&scene.block, 1, 0);
  net_close(scene.unbound);
  net_close(scene.bound);
  hook_finish(&scene.block);
  assert_int_equal(status, 0);
}

static const struct row full_rows[] = {
    {"given a full block, when a vfork child closes a socket and binds "
     "another, then the parent keeps the port",
     tidy_then_bind},
};

int main(void) {
  TABLE_ADD(rows, check_row);
  TABLE_ADD(full_rows, check_full);
  return table_run("hook_vfork");
}
