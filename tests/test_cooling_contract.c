/* Ports the kernel refuses although nobody of ours uses them: TIME_WAIT, a
 * stranger who came after acquire, a copy of a closed socket in another
 * process. They are skipped, told as cooling and never as free, and come back
 * by themselves once the kernel gives them.
 *
 * Windows knows no such thing: its reservation binds strangers, too. Scope
 * process cannot (COMPAT).
 *
 * argv[1] is the program tests/stranger.c, which does not link the library.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contract.h"

static const char* stranger_path;

/* A process that holds something until it is let go. */
struct keeper {
  pid_t pid;
  int leash;
};

static struct keeper start_stranger(int protocol,
                                    const char* host,
                                    uint16_t port) {
  int in[2];
  int out[2];
  char number[8];
  char answer[8] = "";
  snprintf(number, sizeof number, "%u", port);
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    execl(stranger_path, stranger_path, protocol == IPPROTO_TCP ? "tcp" : "udp",
          host, number, (char*)NULL);
    _exit(127);
  }
  net_close(in[0]);
  net_close(out[1]);
  ssize_t n = read(out[0], answer, sizeof answer - 1);
  assert_true(n > 0);
  assert_string_equal(answer, "ok\n");
  net_close(out[0]);
  return (struct keeper){pid, in[1]};
}

/* A forked child keeps its copies of every socket; it only waits and leaves. */
static struct keeper start_copy(void) {
  int in[2];
  assert_int_equal(pipe2(in, O_CLOEXEC), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    char byte;
    close(in[1]);
    _exit(read(in[0], &byte, 1) == 0 ? 0 : 1);
  }
  net_close(in[0]);
  return (struct keeper){pid, in[1]};
}

static void let_go(const struct keeper* keeper) {
  int wait_status;
  net_close(keeper->leash);
  assert_int_equal(waitpid(keeper->pid, &wait_status, 0), keeper->pid);
  assert_int_equal(WEXITSTATUS(wait_status), 0);
}

/* A full block looks again at most every 10 ms, so that the first answer
 * after a change may still be the old one. */
static int bind_eventually(int s, int unwanted) {
  time_t deadline = time(NULL) + 10;
  int error = net_bind_any(s, 0);
  while (error == unwanted && time(NULL) < deadline) {
    sched_yield();
    error = net_bind_any(s, 0);
  }
  return error;
}

static void expect_come_back(const struct contract_block* block,
                             uint16_t port) {
  int s = contract_member(block, NET_V4);
  assert_int_equal(bind_eventually(s, ENOBUFS), 0);
  assert_int_equal(net_port(s), port);
  net_close(s);
}

static void check_stranger(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct keeper stranger = start_stranger(protocol, "0.0.0.0", block.start);
  int member = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_port(member), block.start + 1);
  contract_expect_figures(block.token, 1, 0, 1);
  int extra = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(extra, 0), ENOBUFS);
  assert_int_equal(net_bind_any(extra, block.start), EADDRINUSE);
  assert_int_equal(net_port(extra), 0);
  contract_expect_figures(block.token, 1, 0, 1);
  let_go(&stranger);
  assert_int_equal(bind_eventually(extra, ENOBUFS), 0);
  assert_int_equal(net_port(extra), block.start);
  contract_expect_figures(block.token, 2, 0, 0);
  net_close(extra);
  net_close(member);
  contract_end(&block);
}

/* The refusal on the way to a port is nobody's business. */
static void check_errno(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct keeper stranger = start_stranger(protocol, "0.0.0.0", block.start);
  struct net_address any = net_any(NET_V4, 0);
  int s = contract_member(&block, NET_V4);
  errno = ENOTNAM;
  assert_int_equal(bind(s, &any.as.any, any.len), 0);
  assert_int_equal(errno, ENOTNAM);
  assert_int_equal(net_port(s), block.start + 1);
  net_close(s);
  let_go(&stranger);
  contract_end(&block);
}

/* An explicit bind that succeeds proves that the port is cool. */
static void check_explicit(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct keeper stranger = start_stranger(protocol, "127.0.0.1", block.start);
  int member = contract_bound_member(&block, NET_V4);
  let_go(&stranger);
  int explicit = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(explicit, block.start), 0);
  contract_expect_figures(block.token, 2, 0, 0);
  net_close(explicit);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(member);
  contract_end(&block);
}

static void check_every_port(int protocol) {
  enum { COUNT = 3 };
  struct keeper strangers[COUNT];
  struct contract_block block = contract_block(protocol, COUNT);
  for (int i = 0; i < COUNT; i++) {
    strangers[i] = start_stranger(protocol, "::", (uint16_t)(block.start + i));
  }
  int s = contract_member(&block, NET_V6);
  assert_int_equal(net_bind_any(s, 0), ENOBUFS);
  contract_expect_figures(block.token, 0, 0, COUNT);
  net_close(s);
  for (int i = 0; i < COUNT; i++) {
    let_go(&strangers[i]);
  }
  expect_come_back(&block, block.start);
  contract_end(&block);
}

static void check_copy(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int member = contract_bound_member(&block, NET_V4);
  struct keeper copy = start_copy();
  net_close(member);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(s, 0), ENOBUFS);
  contract_expect_figures(block.token, 0, 0, 1);
  let_go(&copy);
  assert_int_equal(bind_eventually(s, ENOBUFS), 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

/* Connections of a listener that is gone */

static void reset_on_close(int s) {
  struct linger now = {.l_onoff = 1};
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
}

static void check_accepted(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int listener = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_listen(listener), 0);
  int client = net_connect_to(listener);
  int accepted = net_accept(listener);
  contract_expect_figures(block.token, 1, 0, 0);
  net_close(listener);
  int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(s, 0), ENOBUFS);
  reset_on_close(accepted);
  net_close(accepted);
  net_close(client);
  assert_int_equal(bind_eventually(s, ENOBUFS), 0);
  assert_int_equal(net_port(s), block.start);
  net_close(s);
  contract_end(&block);
}

static int open_listener(const struct contract_block* block) {
  int s = contract_member(block, NET_V4);
  net_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
  assert_int_equal(bind_eventually(s, ENOBUFS), 0);
  assert_int_equal(net_listen(s), 0);
  return s;
}

/* The server closes first, and the minute of TIME_WAIT begins. */
static void leave_time_wait(int listener) {
  char byte;
  int client = net_connect_to(listener);
  int accepted = net_accept(listener);
  net_close(accepted);
  assert_int_equal(read(client, &byte, 1), 0);
  net_close(client);
}

static void check_time_wait(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  int listener = open_listener(&block);
  assert_int_equal(net_port(listener), block.start);
  leave_time_wait(listener);
  net_close(listener);
  int member = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_port(member), block.start + 1);
  contract_expect_figures(block.token, 1, 0, 1);
  int extra = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(extra, 0), ENOBUFS);
  net_close(extra);
  net_close(member);
  contract_end(&block);
}

/* Who says SO_REUSEADDR may step over TIME_WAIT, as with any bind. */
static void check_reused_time_wait(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  for (int i = 0; i < 3; i++) {
    int listener = open_listener(&block);
    assert_int_equal(net_port(listener), block.start);
    leave_time_wait(listener);
    net_close(listener);
  }
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a stranger on the lowest port, then it is skipped "
                  "and comes back when he leaves",
                  check_stranger),
    CONTRACT_BOTH("given a stranger on the lowest port, when another is taken, "
                  "then errno is as before",
                  check_errno),
    CONTRACT_BOTH("given a cooling port, when it is bound explicitly, then it "
                  "is used and free afterwards",
                  check_explicit),
    CONTRACT_BOTH("given strangers on every port, then ENOBUFS and nothing is "
                  "told as free",
                  check_every_port),
    CONTRACT_BOTH("given a copy of a closed member in another process, then "
                  "its port comes back when that leaves",
                  check_copy),
    CONTRACT_TCP("given an open connection of a closed listener, then its "
                 "port comes back when that closes",
                 check_accepted),
    CONTRACT_TCP("given TIME_WAIT on the lowest port, then it is skipped",
                 check_time_wait),
    CONTRACT_TCP("given TIME_WAIT, when a member with SO_REUSEADDR comes, "
                 "then it gets the port",
                 check_reused_time_wait),
};

int main(int argc, char** argv) {
  if (argc != 2) {
    fputs("Usage: test-cooling STRANGER\n", stderr);
    return 2;
  }
  stranger_path = argv[1];
  TABLE_ADD(rows, contract_check);
  return contract_run("cooling");
}
