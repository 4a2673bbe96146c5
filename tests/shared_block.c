/* PORTRES_BLOCK at scope shared: the block is the process' and its forked
 * children's, until the last of them is gone. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_support.h"

static int acquire_here(uint16_t port) {
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  int status = shared_acquire(s, (struct portres_range){port, 1}, &granted);
  net_close(s);
  return status;
}

static uint16_t first_port(const struct shared_peer* peer) {
  struct shared_request request = {SHARED_BIND, IPPROTO_TCP, {0, 1}, 0};
  struct shared_answer answer = shared_ask(peer, request);
  assert_int_equal(answer.status, 0);
  return answer.range.start;
}

static void check_alone(void) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  uint16_t port = first_port(&peer);
  assert_int_equal(acquire_here(port), PORTRES_EADDRINUSE);
  shared_kill(&peer);
  assert_int_equal(acquire_here(port), 0);
}

/* The child is adopted by this process when its parent is killed. */
static void check_child(void) {
  struct shared_request request = {SHARED_FORK_LINGERING, 0, {0, 0}, 0};
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  assert_int_equal(pipe2(shared_linger, O_CLOEXEC), 0);
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  uint16_t port = first_port(&peer);
  assert_int_equal(shared_ask(&peer, request).status, 0);
  shared_kill(&peer);
  assert_int_equal(acquire_here(port), PORTRES_EADDRINUSE);
  close(shared_linger[1]);
  assert_true(waitpid(-1, NULL, 0) > 0);
  assert_int_equal(acquire_here(port), 0);
  close(shared_linger[0]);
}

/* Two of them, which know nothing of each other: not the same ports. */
static void check_two(void) {
  struct shared_peer one = shared_peer(SHARED_STARTED);
  struct shared_peer other = shared_peer(SHARED_STARTED);
  assert_int_not_equal(first_port(&one), first_port(&other));
  shared_quit(&one);
  shared_quit(&other);
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one("given a block of the environment, then it is its process'",
                check_alone);
  table_add_one(
      "given a block of the environment and a forked child, when the "
      "parent is killed, then it is the child's",
      check_child);
  table_add_one(
      "given two processes with blocks of the environment, then they "
      "have different ports",
      check_two);
  return contract_run("shared_block");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
