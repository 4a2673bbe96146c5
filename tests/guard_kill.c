/* guard_kill none|chown|raw ADVERSARY [KILLS] - owners of blocks at scope
 * machine are killed: at random instants, amid swaps, closes and forks, while
 * programs of others want their ports; at every system call; and with a child
 * that lives on.
 *
 * The first argument says which of the rights that help the launcher left us.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"
#include "kill_owner.h"
#include "kill_support.h"
#include "shared_support.h"

enum { AREA = 240, BLOCK = 4 };

static unsigned kills_wanted = 168;
static const char* rights;
static const char* adversary;

/* --- At random instants --- */

static void expect_all_free(uint16_t start) {
  for (int i = 0; i < 2; i++) {
    kill_expect_free(PORTRES_SCOPE_MACHINE, i == 0 ? IPPROTO_TCP : IPPROTO_UDP,
                     (struct portres_range){start, AREA});
  }
}

static void report(unsigned kills) {
  print_message(
      "# machine, rights %s: %u kills at random instants, %u acquires, %u "
      "binds, %u forks: %u overlaps, %u lost; tcp: %ld attempts, %ld gains; "
      "udp: %ld attempts, %ld gains; the first acquire of %d ports afterwards: "
      "0 failures, %.1f ms at most\n",
      rights, kills, kill_ground->acquires,
      kill_ground->acquires + kill_ground->swaps, kill_ground->forks,
      kill_ground->overlaps, kill_ground->lost, kill_ground->attempts[0],
      kill_ground->gains[0], kill_ground->attempts[1], kill_ground->gains[1],
      AREA, kill_longest_ms());
}

/* Who has the same user's SO_REUSEPORT gets in where we have no rights: COMPAT
 * 93; so there he has none. */
static void check_kills(void) {
  unsigned seed = (unsigned)getpid();
  unsigned kills = 0;
  const uint16_t start = kill_first_start();
  print_message("# seed %u\n", seed);
  kill_hunt(adversary, strcmp(rights, "none") == 0 ? "addr" : "both", start);
  for (; kills < kills_wanted; kills += KILLGROUND_OWNERS) {
    kill_wipe();
    kill_resume_hunt();
    kill_run_round(PORTRES_SCOPE_MACHINE, &seed);
    kill_pause_hunt();
    expect_all_free(start);
    kill_expect_no_trace();
  }
  kill_end_hunt();
  report(kills);
  assert_int_equal(kill_ground->overlaps, 0);
  assert_int_equal(kill_ground->trouble, 0);
  assert_int_equal(kill_ground->lost, 0);
  assert_int_equal(kill_ground->gains[0], 0);
  assert_int_equal(kill_ground->gains[1], 0);
  assert_true(kill_ground->acquires > kills);
}

/* --- At every system call --- */

static int protocol_now;
static uint16_t start_now;

static int open_socket(void) {
  return socket(
      AF_INET6,
      (protocol_now == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC,
      0);
}

static int take(portres_token token, uint16_t port) {
  const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                       .sin6_port = htons(port)};
  const int s = open_socket();
  return portres_associate(s, token) == 0 &&
                 bind(s, (const struct sockaddr*)&address, sizeof address) ==
                     0 &&
                 (protocol_now != IPPROTO_TCP || listen(s, 1) == 0)
             ? s
             : -1;
}

static int acquire(int s, struct portres_reservation* out) {
  const struct portres_options options = {.size = sizeof options,
                                          .range = {0, BLOCK},
                                          .scope = PORTRES_SCOPE_MACHINE};
  return portres_acquire_with(s, &options, out);
}

static void fork_briefly(void) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

/* Each thing that an owner does, once. */
static int live(void* arg) {
  struct portres_reservation granted;
  (void)arg;
  kill_follow_from_here();
  const int owner = open_socket();
  if (acquire(owner, &granted) != 0) {
    return 1;
  }
  const int first = take(granted.token, 0);
  const int second = take(granted.token, (uint16_t)(granted.range.start + 2));
  if (first < 0 || second < 0) {
    return 2;
  }
  close(second);
  fork_briefly();
  close(first);
  const int third = take(granted.token, 0);
  if (third < 0 || portres_release(owner, granted.token) != 0) {
    return 3;
  }
  close(third);
  return acquire(owner, &granted);
}

static void prepare_nothing(void) {
}

/* A child of the dead one may just be ending. */
static void expect_block_free(pid_t dead) {
  kill_await_children(dead);
  kill_expect_free(PORTRES_SCOPE_MACHINE, protocol_now,
                   (struct portres_range){start_now, BLOCK});
  kill_expect_no_trace();
}

static void check_calls(int protocol) {
  protocol_now = protocol;
  start_now = kill_first_start();
  kill_everywhere(
      &(struct kill_scene){
          .name = protocol == IPPROTO_TCP ? "machine, tcp" : "machine, udp",
          .prepare = prepare_nothing,
          .work = live,
          .check = expect_block_free},
      kills_wanted / 10);
}

/* --- With a child that lives on --- */

static int gate[2]; /* ends the child when the test closes it */
static unsigned changed;

enum { PORT_FLAG = 1, DEVICE = 2, USER = 4, UNTOLD = 8 };

/* What the child's socket may have kept of a swap whose end never came: COMPAT
 * has it. UDP's sockets are not touched when they may be a child's. */
static int may_change(void) {
  if (protocol_now == IPPROTO_UDP) {
    return 0;
  }
  return strcmp(rights, "chown") == 0 ? USER | PORT_FLAG
         : strcmp(rights, "raw") == 0 ? DEVICE
                                      : PORT_FLAG;
}

static int changes_of(int s) {
  struct stat facts = {.st_uid = geteuid()};
  int changes = 0;
  int value = 0;
  socklen_t value_len = sizeof value;
  getsockopt(s, SOL_SOCKET, SO_REUSEPORT, &value, &value_len);
  changes |= value != 0 ? PORT_FLAG : 0;
  getsockopt(s, SOL_SOCKET, SO_BINDTOIFINDEX, &value, &value_len);
  changes |= value != 0 ? DEVICE : 0;
  fstat(s, &facts);
  changes |= facts.st_uid != geteuid() ? USER : 0;
  return changes;
}

/* The first port is the child's, too; the owner goes on, without. */
static int live_with_child(void* arg) {
  struct portres_reservation granted;
  char byte;
  int up[2];
  const int owner = open_socket();
  const int status = acquire(owner, &granted);
  const int shared = status == 0 ? take(granted.token, 0) : -1;
  (void)arg;
  if (shared < 0 || pipe2(up, O_CLOEXEC) != 0) {
    return 1;
  }
  if (fork() == 0) {
    close(gate[1]);
    const bool is_told =
        write(up[1], "", 1) == 1 && read(gate[0], &byte, 1) == 0;
    _exit(is_told ? changes_of(shared) : UNTOLD);
  }
  if (read(up[0], &byte, 1) != 1) {
    return 2;
  }
  kill_follow_from_here();
  const int other = take(granted.token, 0);
  close(shared);
  close(other);
  return other < 0 ? 3 : portres_release(owner, granted.token);
}

static void open_gate(void) {
  assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
}

static void expect_busy(uint16_t port) {
  struct portres_options options = {.size = sizeof options,
                                    .range = {port, 1},
                                    .scope = PORTRES_SCOPE_MACHINE};
  struct portres_reservation granted;
  const int s = net_socket(protocol_now, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   PORTRES_EADDRINUSE);
  net_close(s);
}

static void expect_childs(pid_t dead) {
  int status = -1;
  expect_busy(start_now);
  kill_expect_free(PORTRES_SCOPE_MACHINE, protocol_now,
                   (struct portres_range){(uint16_t)(start_now + 1), BLOCK});
  net_close(gate[1]);
  assert_true(waitpid(-dead, &status, 0) > 0);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status) & ~may_change(), 0);
  changed += status != 0;
  net_close(gate[0]);
  kill_expect_free(PORTRES_SCOPE_MACHINE, protocol_now,
                   (struct portres_range){start_now, BLOCK});
  kill_expect_no_trace();
}

static void check_child(int protocol) {
  changed = 0;
  protocol_now = protocol;
  start_now = kill_first_start();
  kill_everywhere(
      &(struct kill_scene){.name = protocol == IPPROTO_TCP
                                       ? "machine, tcp, a child lives on"
                                       : "machine, udp, a child lives on",
                           .prepare = open_gate,
                           .work = live_with_child,
                           .check = expect_childs},
      kills_wanted / 10);
  print_message("# %u of them left the child's socket changed\n", changed);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given an owner that is killed at any call, then its ports "
                  "can be acquired at once, and nothing is left",
                  check_calls),
    CONTRACT_BOTH("given an owner whose child lives on, when it is killed at "
                  "any call, then the child's port is busy, and no other is",
                  check_child),
};

static int run(int argc, char** argv) {
  if (argc < 3 || !kill_begin()) {
    return 2;
  }
  rights = argv[1];
  adversary = argv[2];
  if (argc > 3) {
    kills_wanted = (unsigned)strtoul(argv[3], NULL, 10);
  }
  table_add_one(
      "given owners that are killed at random instants, then no port is "
      "another's before, and each can be acquired at once afterwards",
      check_kills);
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_kill");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
