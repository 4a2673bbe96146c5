/* guard_child none|chown|raw ADVERSARY [ROUNDS] - UDP sockets of a block that
 * forked children have, too: their ports are nobody else's, whoever closes
 * last, and what the children get is what they would get without a guard.
 *
 * TCP has rows of its own in guard_life.c: its guards stay beside connections
 * and listeners of children, for they take nothing from them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_support.h"

enum { DATAGRAMS = 200, WAIT_S = 20 };

static bool has_rights;
static long rounds_wanted = 150;

/* --- A child that has copies of all sockets --- */

struct child {
  pid_t pid;
  int gate; /* it ends when this is closed */
};

static struct child begin_child(void) {
  struct child child;
  int gate[2];
  char byte;
  assert_int_equal(pipe(gate), 0);
  fflush(stdout);
  child.pid = fork();
  assert_true(child.pid >= 0);
  if (child.pid == 0) {
    close(gate[1]);
    _exit((int)read(gate[0], &byte, 1));
  }
  net_close(gate[0]);
  child.gate = gate[1];
  return child;
}

static void end_child(struct child child) {
  int status;
  net_close(child.gate);
  assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
  assert_int_equal(status, 0);
}

/* --- Who closes last --- */

struct family_row {
  const char* name;
  enum net_family family;
};

static const struct family_row child_last_rows[] = {
    {"given a socket of both families that a child has, too, when the child "
     "closes it last, then nobody gets its port before or after",
     NET_DUAL},
    {"given one of IPv6, when the child closes it last, then nobody does",
     NET_V6},
    {"given one of IPv4, when the child closes it last, then nobody does",
     NET_V4},
};

static void check_child_last(const void* data) {
  const struct family_row* row = data;
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int s = contract_bound_member(&block, row->family);
  const struct child child = begin_child();
  guard_expect_kept(IPPROTO_UDP, block.start);
  net_close(s);
  guard_expect_kept(IPPROTO_UDP, block.start);
  end_child(child);
  guard_expect_kept(IPPROTO_UDP, block.start);
  net_close(contract_bound_member(&block, row->family));
  guard_expect_kept(IPPROTO_UDP, block.start);
  contract_end(&block);
}

/* The bind finds the port with the child, and leaves its guard alone. */
static void check_bind_meanwhile(void) {
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int first = contract_bound_member(&block, NET_DUAL);
  const struct child child = begin_child();
  net_close(first);
  const int second = contract_member(&block, NET_DUAL);
  assert_int_equal(net_bind_any(second, block.start), EADDRINUSE);
  end_child(child);
  guard_expect_kept(IPPROTO_UDP, block.start);
  assert_int_equal(net_bind_any(second, block.start), 0);
  net_close(second);
  contract_end(&block);
}

/* A socket whose options bear others is no free port, whoever has it. */
static void check_options_meanwhile(void) {
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int first = contract_member(&block, NET_DUAL);
  net_set(first, SOL_SOCKET, SO_REUSEADDR, 1);
  net_set(first, SOL_SOCKET, SO_REUSEPORT, 1);
  assert_int_equal(net_bind_any(first, 0), 0);
  const struct child child = begin_child();
  net_close(first);
  const int second = contract_member(&block, NET_DUAL);
  assert_int_equal(net_bind_any(second, block.start), EADDRINUSE);
  end_child(child);
  assert_int_equal(net_bind_any(second, block.start), 0);
  guard_expect_kept(IPPROTO_UDP, block.start);
  net_close(second);
  contract_end(&block);
}

/* What the child has is not in the way; so the guard must not be. */
static void check_other_family(void) {
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int first = contract_bound_member(&block, NET_V6);
  const struct child child = begin_child();
  net_close(first);
  const int second = contract_member(&block, NET_V4);
  assert_int_equal(net_bind_any(second, block.start), 0);
  end_child(child);
  guard_expect_kept(IPPROTO_UDP, block.start);
  net_close(second);
  guard_expect_kept(IPPROTO_UDP, block.start);
  contract_end(&block);
}

static void set_limit(rlim_t limit, rlim_t* old_out) {
  struct rlimit limits;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limits), 0);
  *old_out = limits.rlim_cur;
  limits.rlim_cur = limit;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

/* The guard cannot be called back, and whether it could be not be asked. */
static void check_no_descriptor(void) {
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int first = contract_bound_member(&block, NET_DUAL);
  const struct child child = begin_child();
  net_close(first);
  const int second = contract_member(&block, NET_DUAL);
  rlim_t limit;
  rlim_t unused;
  end_child(child);
  set_limit(0, &limit);
  const int error = net_bind_any(second, block.start);
  set_limit(limit, &unused);
  assert_int_equal(error, 0);
  net_close(second);
  guard_expect_kept(IPPROTO_UDP, block.start);
  contract_end(&block);
}

static void check_released(void) {
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int s = contract_bound_member(&block, NET_DUAL);
  const struct child child = begin_child();
  contract_end(&block);
  net_close(s);
  end_child(child);
  assert_string_not_equal(guard_sweep(IPPROTO_UDP, block.start, GUARD_OWN_UID),
                          "none");
}

/* --- What the sockets get --- */

static void send_from_many(uint16_t port) {
  for (int i = 0; i < DATAGRAMS; i++) {
    const int s = net_socket(IPPROTO_UDP, i % 2 == 0 ? NET_V4 : NET_V6);
    assert_int_equal(net_connect(s, i % 2 == 0 ? "127.0.0.1" : "::1", port), 0);
    assert_int_equal(send(s, "", 1, 0), 1);
    net_close(s);
  }
}

static int count_datagrams(int s) {
  int count = 0;
  char byte;
  while (recv(s, &byte, 1, MSG_DONTWAIT) == 1) {
    count++;
  }
  return count;
}

enum when { NEVER, BEFORE, AFTER };
struct option_row {
  const char* name;
  int option;
  enum when when;
};

static const struct option_row option_rows[] = {
    {"given a socket, then every datagram is its own", SO_REUSEADDR, NEVER},
    {"given one with SO_REUSEADDR, then every datagram is its own",
     SO_REUSEADDR, BEFORE},
    {"given one with SO_REUSEPORT, then every datagram is its own",
     SO_REUSEPORT, BEFORE},
    {"given one that sets SO_REUSEPORT once it is bound, then every datagram "
     "is its own",
     SO_REUSEPORT, AFTER},
};

static void check_datagrams(const void* data) {
  const struct option_row* row = data;
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int s = contract_member(&block, NET_DUAL);
  net_set(s, SOL_SOCKET, row->option, row->when == BEFORE);
  assert_int_equal(net_bind_any(s, 0), 0);
  net_set(s, SOL_SOCKET, row->option, row->when != NEVER);
  send_from_many(block.start);
  assert_int_equal(count_datagrams(s), DATAGRAMS);
  const struct child child = begin_child();
  const int copy = dup(s);
  net_close(s);
  send_from_many(block.start);
  assert_int_equal(count_datagrams(copy), DATAGRAMS);
  net_close(copy);
  end_child(child);
  contract_end(&block);
}

/* Who may join is the program's to say, as it is without a guard: a server's
 * workers may be of another program, each with a socket of its own. */
static void expect_strangers_as_at(int other, int s) {
  char wanted[512];
  snprintf(wanted, sizeof wanted, "%s",
           guard_sweep(IPPROTO_UDP, net_port(other), GUARD_OWN_UID));
  assert_string_equal(guard_sweep(IPPROTO_UDP, net_port(s), GUARD_OWN_UID),
                      wanted);
}

static void check_join(const void* data) {
  const struct option_row* row = data;
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  const int stranger = net_socket(IPPROTO_UDP, NET_DUAL);
  const int first = contract_member(&block, NET_DUAL);
  const int second = contract_member(&block, NET_DUAL);
  net_set(stranger, SOL_SOCKET, row->option, 1);
  net_set(first, SOL_SOCKET, row->option, 1);
  net_set(second, SOL_SOCKET, row->option, 1);
  assert_int_equal(net_bind_any(stranger, 0), 0);
  assert_int_equal(net_bind_any(first, 0), 0);
  expect_strangers_as_at(stranger, first);
  assert_int_equal(net_bind_any(second, block.start), 0);
  expect_strangers_as_at(stranger, first);
  net_close(second);
  net_close(first);
  net_close(stranger);
  guard_expect_kept(IPPROTO_UDP, block.start);
  contract_end(&block);
}

static const struct option_row join_rows[] = {
    {"given a socket with SO_REUSEADDR, then strangers and another one of the "
     "block join it as they would any other",
     SO_REUSEADDR, BEFORE},
    {"given one with SO_REUSEPORT, then they join it as they would any other",
     SO_REUSEPORT, BEFORE},
};

/* --- Against one who tries all the time --- */

struct duel_row {
  const char* name;
  const char* host; /* of the adversary */
  const char* flags;
  enum net_family family;
  bool is_open; /* he gets in where we have no rights: COMPAT */
};

static const struct duel_row duel_rows[] = {
    {"given a plain adversary, when sockets that children had come and go, "
     "then no port is lost",
     "any4", "plain", NET_DUAL, false},
    {"given one with SO_REUSEADDR, when they come and go, then none is lost",
     "any6", "addr", NET_DUAL, false},
    {"given one with SO_REUSEPORT, when they come and go, then none is lost, "
     "or he is the same user and we have no rights",
     "any6", "port", NET_DUAL, true},
    {"given IPv6 alone and one with both, when they come and go, then none is "
     "lost, or he is the same user and we have no rights",
     "any4", "both", NET_V6, true},
};

/* Every other child has ended by the time that the parent closes. */
static bool come_and_go(const struct contract_block* block,
                        enum net_family family,
                        bool is_child_last) {
  const int s = contract_member(block, family);
  const bool is_bound = net_bind_any(s, block->start) == 0;
  const struct child child = begin_child();
  if (!is_child_last) {
    end_child(child);
  }
  net_close(s);
  if (is_child_last) {
    end_child(child);
  }
  return is_bound;
}

static void check_duel(const void* data) {
  const struct duel_row* row = data;
  struct contract_block block = guard_block(IPPROTO_UDP, 1);
  struct guard_spinner spinner = guard_spin(IPPROTO_UDP, row->host, row->flags,
                                            block.start, GUARD_OWN_UID);
  long lost = 0;
  for (long i = 0; i < rounds_wanted; i++) {
    lost += !come_and_go(&block, row->family, i % 2 != 0);
  }
  guard_stop(&spinner);
  print_message("# %s: %ld forks, %ld attempts of %s/%s: %ld gains, %ld lost\n",
                has_rights ? "with rights" : "no rights", rounds_wanted,
                spinner.attempts, row->host, row->flags, spinner.gains, lost);
  contract_end(&block);
  if (!row->is_open || has_rights) {
    assert_int_equal(spinner.gains, 0);
    assert_int_equal(lost, 0);
  }
}

int main(int argc, char** argv) {
  if (argc < 3) {
    return 2;
  }
  has_rights = strcmp(argv[1], "none") != 0;
  guard_adversary = argv[2];
  if (argc > 3) {
    rounds_wanted = strtol(argv[3], NULL, 10);
  }
  TABLE_ADD(child_last_rows, check_child_last);
  table_add_one(
      "given a port that a child has yet, when it is bound, then it "
      "is not had, and nobody gets it when the child closes it",
      check_bind_meanwhile);
  table_add_one(
      "given one whose socket sets both options, when it is bound by "
      "a socket without, then it is not had before the child ends",
      check_options_meanwhile);
  table_add_one(
      "given one of IPv6 alone that a child has yet, when it is bound by IPv4, "
      "then it is had",
      check_other_family);
  table_add_one(
      "given no descriptor, when a port that a child had is bound, then it is "
      "had, and guarded again once it is closed",
      check_no_descriptor);
  table_add_one(
      "given a block that has ended, when the child ends, too, then "
      "its port is free",
      check_released);
  TABLE_ADD(option_rows, check_datagrams);
  TABLE_ADD(join_rows, check_join);
  TABLE_ADD(duel_rows, check_duel);
  return contract_run("guard_child");
}
