/* Many threads at once: no port is given twice, none is lost, nobody waits
 * forever. Under ThreadSanitizer these rows also look for data races. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "hook_support.h"

enum { MAX_THREADS = 8, WATCHDOG_SECONDS = 60 };

static struct hook_block block;
static pthread_barrier_t barrier;
static _Atomic int wrong;

/* Threads must not run CMocka's assertions: they count, the row asserts. */
static bool claim(bool is_true) {
  if (!is_true) {
    atomic_fetch_add(&wrong, 1);
  }
  return is_true;
}

static void run_threads(int count, void* (*body)(void*)) {
  pthread_t threads[MAX_THREADS];
  alarm(WATCHDOG_SECONDS);
  pthread_barrier_init(&barrier, NULL, (unsigned)count);
  for (intptr_t i = 0; i < count; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, body, (void*)i), 0);
  }
  for (int i = 0; i < count; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  pthread_barrier_destroy(&barrier);
  alarm(0);
  assert_int_equal(atomic_exchange(&wrong, 0), 0);
}

static int new_socket(void) {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  claim(s >= 0);
  return s;
}

static int new_member(portres_token token) {
  const int s = new_socket();
  claim(portres_associate(s, token) == PORTRES_OK);
  return s;
}

/* --- Everything at once, on a shared token and on own ones --- */

static void use_own_block(void) {
  struct portres_reservation own;
  const struct portres_range want = {0, 2};
  const int s = new_socket();
  claim(portres_acquire(s, want, &own) == PORTRES_OK);
  const int member = new_member(own.token);
  claim(hook_bind(member) == 0 && hook_port(member) == own.range.start);
  if (own.token & 1) {
    claim(portres_release(s, own.token) == PORTRES_OK);
  }
  close(s);
  claim(!hook_is_alive(own.token));
  close(member);
}

static void use_shared_block(void) {
  const int member = new_member(block.token);
  const int copy = dup(member);
  claim(hook_bind(member) == 0 && hook_is_inside(&block, hook_port(copy)));
  close(member);
  close(copy);
}

static void* mix(void* arg) {
  (void)arg;
  for (int i = 0; i < 150; i++) {
    use_own_block();
    use_shared_block();
  }
  return NULL;
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static void check_mix(void) {
  int count = 0;
  block = hook_acquire(IPPROTO_TCP, MAX_THREADS);
  run_threads(MAX_THREADS, mix);
  assert_int_equal(portres_list(count_one, &count), PORTRES_OK);
  assert_int_equal(count, 1);
  hook_finish(&block);
}

/* --- No port twice --- */

enum { PER_THREAD = 64 };
static int bound[MAX_THREADS][PER_THREAD];

static void* bind_share(void* arg) {
  const intptr_t me = (intptr_t)arg;
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < PER_THREAD; i++) {
    claim(hook_bind(bound[me][i]) == 0);
  }
  return NULL;
}

static void check_no_port_twice(void) {
  enum { COUNT = 4 };
  block = hook_acquire(IPPROTO_TCP, COUNT * PER_THREAD);
  bool seen[COUNT * PER_THREAD] = {false};
  for (int i = 0; i < COUNT * PER_THREAD; i++) {
    bound[i / PER_THREAD][i % PER_THREAD] = hook_member(&block);
  }
  run_threads(COUNT, bind_share);
  for (int i = 0; i < COUNT * PER_THREAD; i++) {
    const int s = bound[i / PER_THREAD][i % PER_THREAD];
    const int offset = net_port(s) - block.range.start;
    assert_in_range(offset, 0, COUNT * PER_THREAD - 1);
    assert_false(seen[offset]);
    seen[offset] = true;
    net_close(s);
  }
  hook_finish(&block);
}

/* --- More threads than ports --- */

static void* contend(void* arg) {
  (void)arg;
  for (int i = 0; i < 300; i++) {
    const int s = new_member(block.token);
    const int error = hook_bind(s);
    claim(error == 0 || error == ENOBUFS);
    claim((error == 0) == (hook_port(s) > 0));
    close(s);
  }
  return NULL;
}

static void check_contention(void) {
  block = hook_acquire(IPPROTO_TCP, 3);
  run_threads(5, contend);
  hook_finish(&block);
}

/* --- A token that dies while others use it --- */

enum { ROUNDS = 400 };
static struct portres_reservation dying;

static void* release_or_use(void* arg) {
  const struct portres_range want = {0, 2};
  for (int i = 0; i < ROUNDS; i++) {
    const int s = new_socket();
    if (arg == NULL) {
      claim(portres_acquire(s, want, &dying) == PORTRES_OK);
    }
    pthread_barrier_wait(&barrier);
    if (arg == NULL) {
      claim(portres_release(s, dying.token) == PORTRES_OK);
    } else {
      const int status = portres_associate(s, dying.token);
      claim(status == PORTRES_OK || status == PORTRES_EINVAL);
      const int error = hook_bind(s);
      claim(error == 0 || (error == ENOBUFS && status == PORTRES_OK));
    }
    pthread_barrier_wait(&barrier);
    close(s);
  }
  return NULL;
}

static void check_dying_token(void) {
  int count = 0;
  run_threads(3, release_or_use);
  assert_int_equal(portres_list(count_one, &count), PORTRES_OK);
  assert_int_equal(count, 0);
}

/* --- fork() while other threads hold whatever locks there are --- */

static _Atomic bool is_over;

/* The child allocates: it inherits the locks of a sanitizer's allocator as the
 * other threads held them, and would wait for ever. libc's are renewed. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Without a bind: child and parent may well choose the same ports. */
static void use_briefly(void) {
  struct portres_reservation own;
  const struct portres_range want = {0, 2};
  const int s = new_socket();
  claim(portres_acquire(s, want, &own) == PORTRES_OK);
  claim(portres_associate(s, own.token) == PORTRES_OK);
  claim(portres_release(s, own.token) == PORTRES_OK);
  close(s);
}

static void* keep_acquiring(void* arg) {
  (void)arg;
  while (!atomic_load(&is_over)) {
    use_briefly();
  }
  return NULL;
}

static int acquire_in_child(void) {
  alarm(WATCHDOG_SECONDS);
  use_briefly();
  return atomic_load(&wrong) != 0;
}

static void* keep_forking(void* arg) {
  if (arg != NULL) {
    return keep_acquiring(arg);
  }
  for (int i = 0; i < 100; i++) {
    const pid_t pid = fork();
    if (pid == 0) {
      _exit(acquire_in_child());
    }
    claim(pid > 0 && hook_status_of(pid) == 0);
  }
  atomic_store(&is_over, true);
  return NULL;
}

static void check_fork(void) {
  atomic_store(&is_over, false);
  run_threads(3, keep_forking);
}
#endif

/* --- A child that lives on must not hold a port an acquire was just trying ---
 */

enum { CHILDREN = 100, TRIED = 16 };
static uint16_t tried_start;
static pid_t children[CHILDREN];

static void try_ports(void) {
  struct portres_reservation own;
  const struct portres_range want = {tried_start, TRIED};
  const int s = new_socket();
  claim(portres_acquire(s, want, &own) == PORTRES_OK);
  close(s);
}

static void wait_for_end_of(int gate) {
  char byte;
  while (read(gate, &byte, 1) < 0) {
  }
}

static void* acquire_or_fork(void* arg) {
  if (arg == NULL) {
    while (!atomic_load(&is_over)) {
      try_ports();
    }
    return NULL;
  }
  int gate[2];
  claim(pipe(gate) == 0);
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      close(gate[1]);
      wait_for_end_of(gate[0]);
      _exit(0);
    }
  }
  atomic_store(&is_over, true);
  close(gate[0]);
  close(gate[1]);
  for (int i = 0; i < CHILDREN; i++) {
    claim(hook_status_of(children[i]) == 0);
  }
  return NULL;
}

static void check_children_hold_nothing(void) {
  tried_start = net_free_block(TRIED);
  atomic_store(&is_over, false);
  run_threads(2, acquire_or_fork);
}

int main(void) {
  table_add_one(
      "given threads that acquire, associate, bind, close and "
      "release, when all are done, then everything is free",
      check_mix);
  table_add_one(
      "given threads that bind from one block, then no two sockets "
      "get the same port",
      check_no_port_twice);
  table_add_one(
      "given more threads than ports, then each bind works or says "
      "ENOBUFS, and all ports come back",
      check_contention);
  table_add_one(
      "given a token, when it is released while others associate and "
      "bind, then each gets a port or an error",
      check_dying_token);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  table_add_one(
      "given threads that acquire, when one forks, then the child "
      "can acquire too",
      check_fork);
#endif
  table_add_one(
      "given a thread that acquires, when children are forked and live on, "
      "then they hold none of the ports it tries",
      check_children_hold_nothing);
  return table_run("hook_thread");
}
