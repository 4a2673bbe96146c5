/* Children that are forked while another thread has guards made and closed: of
 * these they have none, and their own acquires know nothing of it. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_support.h"

enum { COUNT = 100, MORE = 4 * COUNT, LIMIT = 1024, FORKS = 300 };

static _Atomic bool is_over;
static _Atomic int failures;

static int open_socket(void) {
  return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int acquire(int s, uint16_t count, enum portres_scope scope) {
  struct portres_options options = {
      .size = sizeof options, .range = {0, count}, .scope = scope};
  struct portres_reservation granted;
  return portres_acquire_with(s, &options, &granted);
}

static void* come_and_go(void* arg) {
  (void)arg;
  while (!atomic_load(&is_over)) {
    int s = open_socket();
    failures += acquire(s, COUNT, PORTRES_SCOPE_MACHINE) != 0;
    close(s);
  }
  return NULL;
}

/* The sockets that are bound. */
static int count_bound(void) {
  int count = 0;
  for (int fd = 0; fd < LIMIT; fd++) {
    struct sockaddr_in6 name = {.sin6_port = 0};
    socklen_t len = sizeof name;
    count += getsockname(fd, (struct sockaddr*)&name, &len) == 0 &&
             name.sin6_port != 0;
  }
  return count;
}

static int has_no_guard(void) {
  return count_bound() == 0 ? 0 : 1;
}

/* A sanitizer's allocator may be locked in the child for ever: hook_thread. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static int acquires_more(void) {
  int s = open_socket();
  if (acquire(s, MORE, PORTRES_SCOPE_PROCESS) != 0) {
    return 2;
  }
  return has_no_guard();
}
#endif

/* 0, or the first other value that a child returned. */
static int fork_often(int (*child)(void)) {
  int result = 0;
  for (int i = 0; i < FORKS && result == 0; i++) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
      _exit(child());
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    result = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  }
  return result;
}

static void check(int (*child)(void)) {
  struct rlimit old;
  pthread_t thread;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  struct rlimit limit = {LIMIT, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  is_over = false;
  failures = 0;
  assert_int_equal(pthread_create(&thread, NULL, come_and_go, NULL), 0);
  int result = fork_often(child);
  is_over = true;
  assert_int_equal(pthread_join(thread, NULL), 0);
  setrlimit(RLIMIT_NOFILE, &old);
  assert_int_equal(result, 0);
  assert_int_equal(failures, 0);
}

static void check_copies(void) {
  check(has_no_guard);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void check_acquires(void) {
  check(acquires_more);
}
#endif

int main(void) {
  table_add_one(
      "given a thread that acquires and closes, when children are "
      "forked, then they have no guard",
      check_copies);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  table_add_one(
      "given the same, when children acquire more ports at scope "
      "process, then they have these and no guard",
      check_acquires);
#endif
  return table_run("guard_fork");
}
