/* Guards and processes: forks, programs started, descriptors closed wholesale,
 * the owner killed, another user. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_support.h"

static void expect_free(int protocol, uint16_t port) {
  assert_string_not_equal(guard_sweep(protocol, port, GUARD_OWN_UID), "none");
}

/* --- Killed --- */

static void check_killed(int protocol) {
  int told[2];
  uint16_t start = 0;
  int status;
  assert_int_equal(pipe(told), 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    struct portres_options options = {.size = sizeof options,
                                      .range = {0, 32},
                                      .scope = PORTRES_SCOPE_MACHINE};
    struct portres_reservation granted;
    const int s = net_socket(protocol, NET_V4);
    if (portres_acquire_with(s, &options, &granted) == 0 &&
        write(told[1], &granted.range.start, sizeof start) == sizeof start) {
      raise(SIGKILL);
    }
    _exit(1);
  }
  assert_int_equal(read(told[0], &start, sizeof start), sizeof start);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status));
  net_close(told[0]);
  net_close(told[1]);
  struct contract_block block = guard_block_at(protocol, start, 32);
  contract_end(&block);
}

/* --- Closed wholesale --- */

static void close_by_range(void) {
  close_range(3, ~0U, 0);
}

static void close_from(void) {
  closefrom(3);
}

static void close_each(void) {
  for (int fd = 3; fd < 20000; fd++) {
    close(fd);
  }
}

struct closing {
  int protocol;
  void (*close_all)(void);
};

/* In a child, since the harness has descriptors, too. The owner is closed with
 * the others: a copy far below keeps it. */
static int close_and_look(void* arg) {
  const struct closing* closing = arg;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 4}, .scope = PORTRES_SCOPE_MACHINE};
  struct portres_reservation granted;
  const int s = net_socket(closing->protocol, NET_V4);
  if (portres_acquire_with(s, &options, &granted) != 0 || dup2(s, 0) != 0) {
    return 1;
  }
  closing->close_all();
  for (int i = 0; i < 4; i++) {
    const uint16_t port = (uint16_t)(granted.range.start + i);
    if (strcmp(guard_sweep(closing->protocol, port, GUARD_OWN_UID), "none") !=
        0) {
      return 2;
    }
  }
  const int member = net_socket(closing->protocol, NET_DUAL);
  if (portres_associate(member, granted.token) != 0 ||
      net_bind_any(member, 0) != 0) {
    return 3;
  }
  return 0;
}

static void check_wholesale(int protocol, void (*close_all)(void)) {
  struct closing closing = {protocol, close_all};
  assert_int_equal(contract_in_child(close_and_look, &closing), 0);
}

static void check_close_range(int protocol) {
  check_wholesale(protocol, close_by_range);
}

static void check_closefrom(int protocol) {
  check_wholesale(protocol, close_from);
}

static void check_close_each(int protocol) {
  check_wholesale(protocol, close_each);
}

/* --- Forked --- */

/* The child lives on: it must not have kept the ports. */
static void check_forked(int protocol) {
  struct contract_block block = guard_block(protocol, 4);
  int gate[2];
  char byte = 0;
  assert_int_equal(pipe(gate), 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    byte = (char)read(gate[0], &byte, 1);
    _exit(0);
  }
  const int s = contract_bound_member(&block, NET_DUAL);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0);
  }
  net_close(s);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  struct contract_block again = guard_block_at(protocol, block.start, 4);
  contract_end(&again);
  assert_int_equal(write(gate[1], &byte, 1), 1);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  net_close(gate[0]);
  net_close(gate[1]);
  net_close(block.holder);
}

/* The usual server: the child serves, the parent closes. */
static void check_listener_of_child(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_bound_member(&block, NET_V4);
  int status;
  assert_int_equal(net_listen(s), 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    const int accepted = accept(s, NULL, NULL);
    _exit(accepted >= 0 ? 0 : 1);
  }
  const uint16_t port = net_port(s);
  net_close(s);
  const int client = net_socket(protocol, NET_V4);
  assert_int_equal(net_connect(client, "127.0.0.1", port), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  net_close(client);
  contract_end(&block);
}

/* It is the child that makes it a listener. */
static void check_child_listens(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_bound_member(&block, NET_DUAL);
  int gate[2];
  int status;
  char byte = 0;
  assert_int_equal(pipe(gate), 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    const bool is_told = read(gate[0], &byte, 1) == 1;
    _exit(is_told && listen(s, 1) == 0 ? 0 : 1);
  }
  net_close(s);
  assert_int_equal(write(gate[1], &byte, 1), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  net_close(gate[0]);
  net_close(gate[1]);
  contract_end(&block);
}

/* The same for datagrams. */
static void check_child_receives(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_bound_member(&block, NET_DUAL);
  const uint16_t port = net_port(s);
  char byte = 'a';
  int status;
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    _exit(recv(s, &byte, 1, 0) == 1 ? 0 : 1);
  }
  net_close(s);
  const int sender = net_socket(protocol, NET_V6);
  assert_int_equal(net_connect(sender, "::1", port), 0);
  assert_int_equal(send(sender, &byte, 1, 0), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  net_close(sender);
  contract_end(&block);
}

/* --- Started --- */

static _Atomic bool is_over;

static void* keep_starting(void* unused) {
  char* const words[] = {"true", NULL};
  char* const environment[] = {NULL};
  (void)unused;
  while (!atomic_load(&is_over)) {
    pid_t pid;
    if (posix_spawn(&pid, "/bin/true", NULL, NULL, words, environment) == 0) {
      waitpid(pid, NULL, 0);
    }
  }
  return NULL;
}

/* While a program is being started it has copies of all sockets, and a port of
 * a closed one is not free yet: so a bind may find none. */
static void check_listen_while_starting(int protocol) {
  enum { ROUNDS = 400 };
  struct contract_block block = guard_block(protocol, 16);
  pthread_t thread;
  int bound = 0;
  int failures = 0;
  atomic_store(&is_over, false);
  assert_int_equal(pthread_create(&thread, NULL, keep_starting, NULL), 0);
  while (bound < ROUNDS) {
    const int s = contract_member(&block, NET_DUAL);
    assert_int_equal(fcntl(s, F_SETFD, FD_CLOEXEC), 0);
    const int error = net_bind_any(s, 0);
    if (error == 0) {
      bound++;
      failures += net_listen(s) != 0;
    } else {
      assert_int_equal(error, ENOBUFS);
      sched_yield();
    }
    net_close(s);
  }
  atomic_store(&is_over, true);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(failures, 0);
  contract_end(&block);
}

/* --- Many at once --- */

enum { THREADS = 4, SWAPS = 1000 };
static struct contract_block shared;
static _Atomic int lost;

static void* swap_and_swap(void* unused) {
  (void)unused;
  for (int i = 0; i < SWAPS; i++) {
    const int type = shared.protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    const int s = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
    if (portres_associate(s, shared.token) != 0 || net_bind_any(s, 0) != 0) {
      atomic_fetch_add(&lost, 1);
    }
    close(s);
  }
  return NULL;
}

static void check_threads(int protocol) {
  pthread_t threads[THREADS];
  shared = guard_block(protocol, THREADS);
  struct guard_spinner spinner =
      guard_spin(protocol, "any4", "plain", shared.start, GUARD_OWN_UID);
  atomic_store(&lost, 0);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, swap_and_swap, NULL), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  contract_expect_figures(shared.token, 0, THREADS, 0);
  for (int i = 0; i < THREADS; i++) {
    guard_expect_kept(protocol, (uint16_t)(shared.start + i));
  }
  guard_stop(&spinner);
  print_message("# %d swaps in %d threads, %ld attempts: %ld gains, %d lost\n",
                THREADS * SWAPS, THREADS, spinner.attempts, spinner.gains,
                atomic_load(&lost));
  assert_int_equal(atomic_load(&lost), 0);
  assert_int_equal(spinner.gains, 0);
  contract_end(&shared);
}

/* --- Another user --- */

static int bind_as_other(void* arg) {
  const int protocol = *(int*)arg;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 2}, .scope = PORTRES_SCOPE_MACHINE};
  struct portres_reservation granted;
  const int owner = net_socket(protocol, NET_V4);
  if (portres_acquire_with(owner, &options, &granted) != 0) {
    return 1;
  }
  if (setuid(GUARD_OTHER_UID) != 0) {
    return 2;
  }
  for (int i = 0; i < 4; i++) {
    const int s = net_socket(protocol, i < 2 ? NET_V4 : NET_DUAL);
    if (portres_associate(s, granted.token) != 0 || net_bind_any(s, 0) != 0 ||
        net_port(s) != granted.range.start) {
      return 3;
    }
    close(s);
  }
  return strcmp(guard_sweep(protocol, granted.range.start, GUARD_OWN_UID),
                "none") == 0
             ? 0
             : 4;
}

static void check_other_user(int protocol) {
  guard_need_other_uid();
  assert_int_equal(contract_in_child(bind_as_other, &protocol), 0);
}

static void check_gone(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  contract_end(&block);
  expect_free(protocol, block.start);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given an owner, when it is killed, then its ports can be "
                  "acquired at once",
                  check_killed),
    CONTRACT_BOTH("given close_range() over all descriptors, then the guards "
                  "stay",
                  check_close_range),
    CONTRACT_BOTH("given closefrom(), then the guards stay", check_closefrom),
    CONTRACT_BOTH("given a loop that closes all descriptors, then the guards "
                  "stay",
                  check_close_each),
    CONTRACT_BOTH("given a forked child that lives on, then the parent's ports "
                  "are the parent's to use and to give back",
                  check_forked),
    CONTRACT_TCP("given a listener, when a child serves it and the parent "
                 "closes it, then the child is served",
                 check_listener_of_child),
    CONTRACT_TCP("given a bound socket, when the parent closes it, then the "
                 "child can listen",
                 check_child_listens),
    CONTRACT_UDP("given a bound socket, when the parent closes it, then the "
                 "child receives",
                 check_child_receives),
    CONTRACT_TCP("given programs that are started all the time, when sockets "
                 "listen, then none fails",
                 check_listen_while_starting),
    CONTRACT_BOTH("given many threads, when they swap at once, then no port is "
                  "lost",
                  check_threads),
    CONTRACT_BOTH("given a block, when the process becomes another user, then "
                  "its sockets still get their ports, and keep strangers out",
                  check_other_user),
    CONTRACT_BOTH("given a block that has ended, then nothing of it is left",
                  check_gone),
};

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  guard_adversary = argv[1];
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_life");
}
