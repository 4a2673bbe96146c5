/* All descriptors of one socket are one socket, however they came about: made
 * while it is being associated, before this program began, or received.
 *
 * And many copies are no burden: associating asks the kernel about a few. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"
#include "life_support.h"

enum {
  PORTS = 4,
  ROUNDS = 50000,
  MOMENT = 600,
  MANY = 5000,
  HANDFUL = 16,
  HIGH_FD = 40 /* COMPAT 40: not from 64 on */
};
static const double row_seconds = 0.5;

/* The library's calls come here, too: it has none of its own. */
static _Atomic unsigned questions;

/* libc names its parameters in its own way. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int asked(int s, int level, int name, void* value, socklen_t* len) __asm__(
    "getsockopt");
int asked(int s, int level, int name, void* value, socklen_t* len) {
  atomic_fetch_add(&questions, 1);
  return (int)syscall(SYS_getsockopt, s, level, name, value, len);
}

/* --- Copied while it is associated --- */

/* Written by one thread before a meeting, read by the other one after it. */
static struct life_meeting meeting;
static bool is_over;
static int original;
static int copy;

struct race_row {
  const char* name;
  int (*settle)(const struct hook_block* block);
};

static int open_reusable(void) {
  const int one = 1;
  const int s = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  return s;
}

static int bind_the_copy(const struct hook_block* block) {
  HOOK_CLAIM(hook_bind(copy) == 0);
  HOOK_CLAIM(hook_is_inside(block, hook_port(copy)));
  HOOK_CLAIM(hook_used(block) == 1);
  HOOK_CLAIM(close(original) == 0);
  HOOK_CLAIM(hook_used(block) == 1);
  HOOK_CLAIM(close(copy) == 0);
  HOOK_CLAIM(hook_used(block) == 0);
  return 0;
}

/* SO_REUSEADDR: the kernel would not mind two UDP sockets on a port. */
static int keep_the_copy(const struct hook_block* block) {
  const int second = open_reusable();
  HOOK_CLAIM(hook_bind(original) == 0);
  HOOK_CLAIM(close(original) == 0);
  HOOK_CLAIM(portres_associate(second, block->token) == PORTRES_OK);
  HOOK_CLAIM(hook_bind(second) == 0);
  HOOK_CLAIM(hook_port(second) != hook_port(copy));
  HOOK_CLAIM(hook_used(block) == 2);
  HOOK_CLAIM(close(second) == 0);
  HOOK_CLAIM(close(copy) == 0);
  HOOK_CLAIM(hook_used(block) == 0);
  return 0;
}

static const struct race_row race_rows[] = {
    {"given dup amid associate, then the copy is associated, too",
     bind_the_copy},
    {"given dup amid associate, when the original is bound and closed, then "
     "its port is not given out again",
     keep_the_copy},
};

static void* copy_again_and_again(void* unused) {
  (void)unused;
  unsigned turn = 0;
  unsigned seed = 1;
  for (;;) {
    life_meet(&meeting, &turn);
    if (is_over) {
      return NULL;
    }
    life_dally(&seed, MOMENT);
    copy = dup(original);
    life_meet(&meeting, &turn);
  }
}

static int race_once(const struct race_row* row,
                     const struct hook_block* block,
                     unsigned* turn) {
  static unsigned seed = 2;
  original = open_reusable();
  life_meet(&meeting, turn);
  life_dally(&seed, MOMENT);
  const int status = portres_associate(original, block->token);
  life_meet(&meeting, turn);
  HOOK_CLAIM(status == PORTRES_OK && copy >= 0);
  return row->settle(block);
}

static void check_race(const void* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, PORTS);
  const double end = hook_end_of_race(row_seconds);
  pthread_t thread;
  unsigned turn = 0;
  int line = 0;
  is_over = false;
  atomic_store(&meeting.arrivals, 0);
  assert_int_equal(pthread_create(&thread, NULL, copy_again_and_again, NULL),
                   0);
  for (int i = 0; line == 0 && i < ROUNDS && hook_seconds() < end; i++) {
    line = race_once(row, &block, &turn);
  }
  is_over = true;
  life_meet(&meeting, &turn);
  assert_int_equal(pthread_join(thread, NULL), 0);
  if (line != 0) {
    fail_msg("line %d (modulo 255)", line - 1);
  }
  hook_finish(&block);
}

/* --- Copied before exec --- */

struct exec_row {
  const char* name;
  const char* word; /* by which the program finds its row again */
  int fds[3];       /* what the socket is known as */
  int (*body)(const int fds[3]);
};

static int associate_inherited(const int fds[3]) {
  struct portres_reservation mine;
  const struct portres_range want = {0, PORTS};
  struct hook_block block = {.owner = socket(AF_INET, SOCK_DGRAM, 0)};
  HOOK_CLAIM(portres_acquire(block.owner, want, &mine) == PORTRES_OK);
  block.token = mine.token;
  block.range = mine.range;
  HOOK_CLAIM(portres_associate(fds[1], mine.token) == PORTRES_OK);
  HOOK_CLAIM(hook_bind(fds[0]) == 0);
  HOOK_CLAIM(hook_is_inside(&block, hook_port(fds[2])));
  HOOK_CLAIM(close(fds[0]) == 0 && hook_used(&block) == 1);
  HOOK_CLAIM(close(fds[1]) == 0 && hook_used(&block) == 1);
  HOOK_CLAIM(close(fds[2]) == 0 && hook_used(&block) == 0);
  return 0;
}

static int acquire_by_inherited(const int fds[3]) {
  struct portres_reservation mine;
  const struct portres_range want = {0, PORTS};
  HOOK_CLAIM(portres_acquire(fds[0], want, &mine) == PORTRES_OK);
  HOOK_CLAIM(close(fds[0]) == 0 && hook_is_alive(mine.token));
  HOOK_CLAIM(close(fds[1]) == 0 && hook_is_alive(mine.token));
  HOOK_CLAIM(close(fds[2]) == 0 && !hook_is_alive(mine.token));
  return 0;
}

static const struct exec_row exec_rows[] = {
    {"given a program whose 0, 1 and 2 are one socket, when one of them is "
     "associated, then all are",
     "associate",
     {0, 1, 2},
     associate_inherited},
    {"given a program whose 0, 1 and 2 are one socket, when one of them "
     "acquires, then the reservation lives as long as the last",
     "acquire",
     {0, 1, 2},
     acquire_by_inherited},
    {"given a program that got a socket as three numbers far apart, when one "
     "of them is associated, then all are",
     "associate-far",
     {HIGH_FD, 3, 10},
     associate_inherited},
    {"given a program that got a socket as three numbers far apart, when one "
     "of them acquires, then the reservation lives as long as the last",
     "acquire-far",
     {HIGH_FD, 3, 10},
     acquire_by_inherited},
};

/* No other descriptor of the socket goes along. */
static int become_the_program(void* arg) {
  const struct exec_row* row = arg;
  const int s = fcntl(net_socket(IPPROTO_UDP, NET_V4), F_DUPFD, HIGH_FD + 1);
  close_range(STDERR_FILENO + 1, HIGH_FD, 0);
  for (int i = 0; i < 3; i++) {
    HOOK_CLAIM(dup2(s, row->fds[i]) == row->fds[i]);
  }
  HOOK_CLAIM(close(s) == 0);
  execl("/proc/self/exe", "life_copy", row->word, (char*)NULL);
  return 255;
}

static void check_exec(const void* row) {
  const int line = hook_in_child(become_the_program, (void*)row);
  if (line != 0) {
    fail_msg("line %d (modulo 255)", line - 1);
  }
}

static int run_as_program(const char* word) {
  for (size_t i = 0; i < sizeof exec_rows / sizeof exec_rows[0]; i++) {
    if (strcmp(exec_rows[i].word, word) == 0) {
      return exec_rows[i].body(exec_rows[i].fds);
    }
  }
  return 255;
}

/* --- Received --- */

struct received_row {
  const char* name;
  hook_receive receive;
};

#define RECEIVED                                                              \
  ", when one of them is associated later, then both are, and hold the port " \
  "together"

static const struct received_row received_rows[] = {
    {"given a copy by recvmsg" RECEIVED, hook_by_recvmsg},
    {"given a copy by recvmsg, close-on-exec" RECEIVED,
     hook_by_recvmsg_cloexec},
    {"given a copy by recvmmsg" RECEIVED, hook_by_recvmmsg},
    {"given a copy by syscall(SYS_recvmsg)" RECEIVED, hook_by_raw_recvmsg},
    {"given a copy by syscall(SYS_recvmmsg)" RECEIVED, hook_by_raw_recvmmsg},
};

static void hold_together(const struct hook_block* block, int one, int other) {
  assert_int_equal(portres_associate(one, block->token), PORTRES_OK);
  assert_int_equal(hook_bind(other), 0);
  assert_true(hook_is_inside(block, net_port(one)));
  hook_expect(block, 1, PORTS - 1);
  net_close(one);
  hook_expect(block, 1, PORTS - 1);
  net_close(other);
  hook_expect(block, 0, PORTS);
}

static int receive_copy(const struct received_row* row, int s) {
  int ends[2];
  hook_rights_send(s, ends);
  const int received = row->receive(ends[1]);
  assert_true(received >= 0);
  hook_rights_finish(ends);
  return received;
}

static void check_received(const void* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, PORTS);
  int s = net_socket(IPPROTO_UDP, NET_V4);
  hold_together(&block, s, receive_copy(row, s));
  s = net_socket(IPPROTO_UDP, NET_V4);
  hold_together(&block, receive_copy(row, s), s);
  s = net_socket(IPPROTO_UDP, NET_V4);
  const int received = receive_copy(row, s);
  const int second = receive_copy(row, received);
  net_close(s);
  hold_together(&block, second, received);
  hook_finish(&block);
}

/* --- Many --- */

struct many_row {
  const char* name;
  int (*copy_of)(int s);
};

static int receive_plainly(int s) {
  return receive_copy(&received_rows[0], s);
}

static const struct many_row many_rows[] = {
    {"given thousands of sockets that were copied, when a new one is "
     "associated, then the kernel is asked a handful of questions",
     dup},
    {"given thousands of sockets that were received, when a new one is "
     "associated, then the kernel is asked a handful of questions",
     receive_plainly},
};

static unsigned questions_for(int s, portres_token token) {
  const unsigned before = atomic_load(&questions);
  assert_int_equal(portres_associate(s, token), PORTRES_OK);
  return atomic_load(&questions) - before;
}

static void check_many(const void* data) {
  static int copies[MANY];
  const struct many_row* row = data;
  net_need_descriptors(MANY);
  const struct hook_block block = hook_acquire(IPPROTO_UDP, PORTS);
  for (int i = 0; i < MANY; i++) {
    const int s = net_socket(IPPROTO_UDP, NET_V4);
    copies[i] = row->copy_of(s);
    assert_true(copies[i] >= 0);
    net_close(s);
  }
  const int fresh = net_socket(IPPROTO_UDP, NET_V4);
  assert_in_range(questions_for(fresh, block.token), 1, HANDFUL);
  assert_true(questions_for(copies[MANY / 2], block.token) > 0);
  assert_int_equal(hook_bind(fresh), 0);
  assert_int_equal(hook_bind(copies[MANY / 2]), 0);
  hook_expect(&block, 2, PORTS - 2);
  net_close(fresh);
  for (int i = 0; i < MANY; i++) {
    net_close(copies[i]);
  }
  hook_finish(&block);
}

int main(int argc, char** argv) {
  if (argc > 1) {
    _exit(run_as_program(argv[1]));
  }
  TABLE_ADD(race_rows, check_race);
  TABLE_ADD(exec_rows, check_exec);
  TABLE_ADD(received_rows, check_received);
  TABLE_ADD(many_rows, check_many);
  return table_run("life_copy");
}
