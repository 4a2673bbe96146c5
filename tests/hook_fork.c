/* A forked child shares the sockets and not the reservations: the parent's
 * tokens are foreign to it, and nothing it does changes the parent's books.
 *
 * The last ways to fork run no atfork handler; the child must notice by
 * itself. No child returns to CMocka: it answers by its exit status. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "hook_support.h"

struct way {
  const char* name;
  pid_t (*fork)(void);
};

struct scene {
  struct hook_block block;
  int bound; /* the first port, listening */
  int unbound[4];
};

#ifdef __s390x__ /* the stack comes first, and the flags second */
enum { STACK_OR_FLAGS = 0, FLAGS_OR_STACK = SIGCHLD };
#else
enum { STACK_OR_FLAGS = SIGCHLD, FLAGS_OR_STACK = 0 };
#endif

static pid_t fork_raw(void) {
  return (pid_t)syscall(SYS_clone, STACK_OR_FLAGS, FLAGS_OR_STACK, 0, 0, 0);
}

static pid_t fork_hidden(void) {
  return (pid_t)hook_hidden(SYS_clone, STACK_OR_FLAGS, FLAGS_OR_STACK, 0, 0, 0,
                            0);
}

#define FORKS ", when it has forked, then the reservation is the parent's"

static const struct way ways[] = {
    {"given fork()" FORKS, fork},
    {"given _Fork()" FORKS, _Fork},
    {"given syscall(SYS_clone)" FORKS, fork_raw},
    {"given a clone instruction" FORKS, fork_hidden},
};

static int run_in(const struct way* way, int (*body)(void*), void* arg) {
  const pid_t pid = way->fork();
  if (pid == 0) {
    _exit(body(arg));
  }
  assert_true(pid > 0);
  return hook_status_of(pid);
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static int see_no_token(void* arg) {
  struct scene* scene = arg;
  int count = 0;
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const portres_token token = scene->block.token;
  HOOK_CLAIM(!hook_is_alive(token));
  HOOK_CLAIM(portres_associate(s, token) == PORTRES_EINVAL);
  HOOK_CLAIM(portres_release(s, token) == PORTRES_EINVAL);
  HOOK_CLAIM(portres_associate(scene->unbound[0], token) == PORTRES_EINVAL);
  HOOK_CLAIM(portres_list(count_one, &count) == PORTRES_OK);
  HOOK_CLAIM(count == 0);
  return 0;
}

/* The order matters: each may be the first call of the child. */
static int bind_inherited(void* arg) {
  struct scene* scene = arg;
  HOOK_CLAIM(hook_bind(scene->unbound[0]) == ENOBUFS);
  HOOK_CLAIM(hook_port(scene->unbound[0]) == 0);
  HOOK_CLAIM(hook_bind_at(scene->unbound[0], scene->block.range.start + 1) ==
             EACCES);
  return 0;
}

static int bind_inherited_explicitly(void* arg) {
  struct scene* scene = arg;
  const uint16_t port = scene->block.range.start + 1;
  HOOK_CLAIM(hook_bind_at(scene->unbound[1], port) == EACCES);
  HOOK_CLAIM(hook_port(scene->unbound[1]) == 0);
  return 0;
}

static int listen_inherited(void* arg) {
  struct scene* scene = arg;
  HOOK_CLAIM(listen(scene->unbound[2], 1) == -1 && errno == ENOBUFS);
  HOOK_CLAIM(hook_port(scene->unbound[2]) == 0);
  return 0;
}

static int connect_inherited(void* arg) {
  struct scene* scene = arg;
  struct net_address to = net_loopback(NET_V4, scene->block.range.start);
  HOOK_CLAIM(connect(scene->unbound[3], &to.as.any, to.len) == -1 &&
             errno == ENOBUFS);
  HOOK_CLAIM(hook_port(scene->unbound[3]) == 0);
  return 0;
}

static int close_all(void* arg) {
  struct scene* scene = arg;
  close(scene->bound);
  close(scene->block.owner);
  for (int i = 0; i < 4; i++) {
    close(scene->unbound[i]);
  }
  closefrom(3);
  return 0;
}

static int dup_all(void* arg) {
  struct scene* scene = arg;
  HOOK_CLAIM(dup2(scene->unbound[0], scene->bound) >= 0);
  HOOK_CLAIM(dup(scene->block.owner) >= 0);
  HOOK_CLAIM(close(scene->block.owner) == 0);
  return 0;
}

/* A child's socket is its own: associated in the child, it binds there. */
static int acquire_own(void* arg) {
  struct scene* scene = arg;
  struct portres_reservation own;
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const int second = socket(AF_INET, SOCK_STREAM, 0);
  const struct portres_range want = {0, 1};
  HOOK_CLAIM(portres_acquire(s, want, &own) == PORTRES_OK);
  HOOK_CLAIM(own.token != scene->block.token);
  HOOK_CLAIM(portres_associate(s, own.token) == PORTRES_OK);
  HOOK_CLAIM(hook_bind(s) == 0 && hook_port(s) == own.range.start);
  HOOK_CLAIM(portres_associate(second, own.token) == PORTRES_OK);
  HOOK_CLAIM(hook_bind(second) == ENOBUFS);
  HOOK_CLAIM(close(s) == 0);
  HOOK_CLAIM(!hook_is_alive(own.token));
  HOOK_CLAIM(portres_associate(scene->unbound[0], own.token) == PORTRES_EINVAL);
  return 0;
}

/* An inherited socket that is not bound may get a token of the child's own. */
static int associate_inherited(void* arg) {
  struct scene* scene = arg;
  struct portres_reservation own;
  const struct portres_range want = {0, 1};
  const int s = scene->unbound[0];
  HOOK_CLAIM(portres_acquire(scene->bound, want, &own) == PORTRES_OK);
  HOOK_CLAIM(portres_associate(s, own.token) == PORTRES_OK);
  HOOK_CLAIM(hook_bind(s) == 0 && hook_port(s) == own.range.start);
  return 0;
}

static int grandchild(void* arg) {
  HOOK_CLAIM(hook_is_alive(((struct scene*)arg)->block.token) == false);
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(bind_inherited(arg));
  }
  return hook_status_of(pid);
}

static int serve_one(void* arg) {
  struct scene* scene = arg;
  const int client = accept(scene->bound, NULL, NULL);
  HOOK_CLAIM(client >= 0);
  HOOK_CLAIM(write(client, "x", 1) == 1);
  char byte;
  HOOK_CLAIM(read(client, &byte, 1) == 0);
  return 0;
}

static struct scene open_scene(void) {
  struct scene scene = {.block = hook_acquire(IPPROTO_TCP, 2)};
  scene.bound = hook_bound_member(&scene.block);
  assert_int_equal(net_listen(scene.bound), 0);
  for (int i = 0; i < 4; i++) {
    scene.unbound[i] = hook_member(&scene.block);
  }
  return scene;
}

static void close_scene(const struct scene* scene) {
  for (int i = 0; i < 4; i++) {
    net_close(scene->unbound[i]);
  }
  net_close(scene->bound);
  hook_finish(&scene->block);
}

static void check_child_is_foreign(const void* data) {
  static int (*const bodies[])(void*) = {
      see_no_token,     bind_inherited,    bind_inherited_explicitly,
      listen_inherited, connect_inherited, close_all,
      dup_all,          acquire_own,       grandchild,
  };
  struct scene scene = open_scene();
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    const int line = run_in(data, bodies[i], &scene);
    if (line != 0) {
      fail_msg("body %zu: line %d (modulo 255)", i, line - 1);
    }
    hook_expect(&scene.block, 1, 1);
    assert_true(hook_is_alive(scene.block.token));
  }
  assert_int_equal(hook_bind(scene.unbound[3]), 0);
  assert_int_equal(net_port(scene.unbound[3]), scene.block.range.start + 1);
  close_scene(&scene);
}

static void check_listener_works(const void* data) {
  const struct way* way = data;
  struct scene scene = open_scene();
  const pid_t pid = way->fork();
  if (pid == 0) {
    _exit(serve_one(&scene));
  }
  assert_true(pid > 0);
  const int client = net_connect_to(scene.bound);
  char byte = 0;
  assert_int_equal(read(client, &byte, 1), 1);
  assert_int_equal(byte, 'x');
  net_close(client);
  assert_int_equal(hook_status_of(pid), 0);
  close_scene(&scene);
}

/* The pipe holds the child until the parent has looked. */
static pid_t hold_copies(const struct way* way, int gate[2]) {
  assert_int_equal(pipe(gate), 0);
  const pid_t pid = way->fork();
  if (pid == 0) {
    char byte;
    close(gate[1]);
    _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
  }
  assert_true(pid > 0);
  return pid;
}

static void check_held_by_child(const void* data) {
  struct scene scene = open_scene();
  int gate[2];
  const pid_t pid = hold_copies(data, gate);
  net_close(scene.bound);
  assert_int_equal(hook_bind(scene.unbound[0]), 0);
  assert_int_equal(net_port(scene.unbound[0]), scene.block.range.start + 1);
  hook_expect(&scene.block, 1, 0);
  assert_int_equal(hook_bind(scene.unbound[1]), ENOBUFS);
  net_close(gate[1]);
  net_close(gate[0]);
  assert_int_equal(hook_status_of(pid), 0);
  assert_int_equal(hook_bind_soon(scene.unbound[1]), 0);
  assert_int_equal(net_port(scene.unbound[1]), scene.block.range.start);
  hook_expect(&scene.block, 2, 0);
  scene.bound = net_socket(IPPROTO_TCP, NET_V4);
  close_scene(&scene);
}

/* The child bound the socket that both have: the parent cannot any more, and
 * loses nothing by trying. */
static void check_bound_by_child(const void* data) {
  struct scene scene = open_scene();
  assert_int_equal(run_in(data, associate_inherited, &scene), 0);
  assert_true(net_port(scene.unbound[0]) > 0);
  assert_int_equal(hook_bind(scene.unbound[0]), EINVAL);
  net_close(scene.unbound[0]);
  assert_int_equal(hook_bind_soon(scene.unbound[1]), 0);
  assert_int_equal(net_port(scene.unbound[1]), scene.block.range.start + 1);
  scene.unbound[0] = net_socket(IPPROTO_TCP, NET_V4);
  close_scene(&scene);
}

/* --- A handler forks amid a close, and its child goes on from there --- */

static const struct way* handlers_way;
static volatile sig_atomic_t handlers_pid;

static void fork_in_handler(int signal_number) {
  (void)signal_number;
  handlers_pid = (sig_atomic_t)handlers_way->fork();
}

/* Its close lingers, as nobody reads, until the signal comes. */
static int open_lingering(int listener) {
  static const char data[1 << 16];
  const struct portres_range any = {0, 1};
  const struct linger linger = {1, 1};
  struct portres_reservation granted;
  const int s = net_connect_to(listener);
  assert_int_equal(portres_acquire(s, any, &granted), PORTRES_OK);
  while (send(s, data, sizeof data, MSG_DONTWAIT) > 0) {
  }
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger),
                   0);
  return s;
}

/* What the close left behind must not be dropped for the next one's. */
static int acquire_and_reuse(int s) {
  const struct portres_range any = {0, 1};
  struct portres_reservation granted;
  HOOK_CLAIM(portres_acquire(s, any, &granted) == PORTRES_OK);
  HOOK_CLAIM(socket(AF_INET, SOCK_STREAM, 0) >= 0);
  HOOK_CLAIM(hook_is_alive(granted.token));
  HOOK_CLAIM(close(s) == 0);
  HOOK_CLAIM(!hook_is_alive(granted.token));
  return 0;
}

static void close_amid_signal(int s) {
  const struct sigaction action = {.sa_handler = fork_in_handler};
  const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
  handlers_pid = -1;
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
  close(s);
  while (handlers_pid < 0) {
  }
}

static void check_forked_by_handler(const void* data) {
  const int listener = net_socket(IPPROTO_TCP, NET_V4);
  const int other = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(net_bind(listener, "127.0.0.1", 0), 0);
  assert_int_equal(net_listen(listener), 0);
  handlers_way = data;
  close_amid_signal(open_lingering(listener));
  if (handlers_pid == 0) {
    _exit(acquire_and_reuse(other));
  }
  assert_int_equal(hook_status_of(handlers_pid), 0);
  net_close(other);
  net_close(listener);
}

static void check_way(const void* way) {
  if (((const struct way*)way)->fork == fork_hidden) {
    hook_need_hidden();
  }
  check_child_is_foreign(way);
  check_listener_works(way);
  check_held_by_child(way);
  check_bound_by_child(way);
  check_forked_by_handler(way);
}

int main(void) {
  TABLE_ADD(ways, check_way);
  return table_run("hook_fork");
}
