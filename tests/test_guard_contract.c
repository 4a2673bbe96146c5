/* Scope machine: whose are the ports of a block? Each row asks a program that
 * does not know the library. Its path is the first argument. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "guard_support.h"

/* --- Who is kept out --- */

static void check_strangers(int protocol) {
  struct contract_block block = guard_block(protocol, 2);
  guard_expect_kept(protocol, block.start);
  guard_expect_kept(protocol, (uint16_t)(block.start + 1));
  contract_end(&block);
}

static void check_other_user(int protocol) {
  guard_need_other_uid();
  struct contract_block block = guard_block(protocol, 1);
  assert_string_equal(guard_sweep(protocol, block.start, GUARD_OTHER_UID),
                      "none");
  contract_end(&block);
}

static void check_other_protocol(int protocol) {
  const int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block block = guard_block(protocol, 1);
  assert_string_not_equal(guard_sweep(other, block.start, GUARD_OWN_UID),
                          "none");
  contract_end(&block);
}

static void expect_free(int protocol, uint16_t port) {
  assert_string_not_equal(guard_sweep(protocol, port, GUARD_OWN_UID), "none");
}

static void check_released(int protocol) {
  struct contract_block block = guard_block(protocol, 2);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  expect_free(protocol, block.start);
  expect_free(protocol, (uint16_t)(block.start + 1));
  net_close(block.holder);
}

static void check_owner_closed(int protocol) {
  struct contract_block block = guard_block(protocol, 2);
  contract_end(&block);
  expect_free(protocol, block.start);
  expect_free(protocol, (uint16_t)(block.start + 1));
}

/* --- A socket takes over, and gives back --- */

static const enum net_family families[] = {NET_V4, NET_V6, NET_DUAL};
enum { FAMILIES = sizeof families / sizeof families[0] };

static void check_close_bound(int protocol) {
  for (int i = 0; i < FAMILIES; i++) {
    struct contract_block block = guard_block(protocol, 1);
    net_close(contract_bound_member(&block, families[i]));
    contract_expect_figures(block.token, 0, 1, 0);
    guard_expect_kept(protocol, block.start);
    contract_end(&block);
    expect_free(protocol, block.start);
  }
}

static void check_close_listening(int protocol) {
  for (int i = 0; i < FAMILIES; i++) {
    struct contract_block block = guard_block(protocol, 1);
    const int s = contract_bound_member(&block, families[i]);
    assert_int_equal(net_listen(s), 0);
    net_close(s);
    guard_expect_kept(protocol, block.start);
    contract_end(&block);
  }
}

static void check_close_failed(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind(s, "192.0.2.1", block.start), EADDRNOTAVAIL);
  guard_expect_kept(protocol, block.start);
  net_close(s);
  guard_expect_kept(protocol, block.start);
  contract_end(&block);
}

static void check_close_addressed(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", block.start), 0);
  net_close(s);
  guard_expect_kept(protocol, block.start);
  contract_end(&block);
}

/* UDP's guard stays beside a socket that the kernel prefers. */
static void check_rest_of_port(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", block.start), 0);
  guard_expect_kept(protocol, block.start);
  net_close(s);
  contract_end(&block);
}

static void check_released_under_socket(int protocol) {
  struct contract_block block = guard_block(protocol, 2);
  const int s = contract_bound_member(&block, NET_DUAL);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0); /* COMPAT: what comes before that */
  }
  assert_int_equal(contract_release(block.holder, block.token), 0);
  guard_expect_kept(protocol, block.start); /* by the socket */
  expect_free(protocol, (uint16_t)(block.start + 1));
  net_close(s);
  expect_free(protocol, block.start);
  net_close(block.holder);
}

/* While a connection has the port no guard can be bound to it: that is tried
 * again when the block is used. */
static void check_guarded_later(int protocol) {
  const time_t end = time(NULL) + 10;
  const struct linger hard = {1, 0};
  struct contract_block block = guard_block(protocol, 2);
  const int s = contract_bound_member(&block, NET_V4);
  assert_int_equal(net_listen(s), 0);
  const int client = net_connect_to(s);
  const int accepted = net_accept(s);
  net_close(s);
  assert_int_equal(
      setsockopt(accepted, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
  net_close(accepted);
  net_close(client);
  do {
    const int other = contract_member(&block, NET_V4);
    assert_int_equal(net_bind_any(other, (uint16_t)(block.start + 1)), 0);
    net_close(other);
  } while (strcmp(guard_sweep(protocol, block.start, GUARD_OWN_UID), "none") !=
               0 &&
           time(NULL) < end);
  guard_expect_kept(protocol, block.start);
  contract_end(&block);
}

/* --- What it is to the program --- */

static void check_describe(int protocol) {
  struct contract_block block = guard_block(protocol, 3);
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(contract_describe(block.token, &info), 0);
  assert_int_equal(info.scope, PORTRES_SCOPE_MACHINE);
  assert_int_equal(info.free, 3);
  contract_end(&block);
}

static int flag_of(int s, int level, int option) {
  int value = -1;
  socklen_t value_len = sizeof value;
  getsockopt(s, level, option, &value, &value_len);
  return value;
}

static void expect_flags(int s, int address, int port) {
  assert_int_equal(flag_of(s, SOL_SOCKET, SO_REUSEADDR), address);
  assert_int_equal(flag_of(s, SOL_SOCKET, SO_REUSEPORT), port);
  assert_int_equal(flag_of(s, SOL_SOCKET, SO_BINDTOIFINDEX), 0);
}

static void check_flags(int protocol) {
  for (int i = 0; i < 4 * FAMILIES; i++) {
    struct contract_block block = guard_block(protocol, 1);
    const int s = contract_member(&block, families[i / 4]);
    net_set(s, SOL_SOCKET, SO_REUSEADDR, i & 1);
    net_set(s, SOL_SOCKET, SO_REUSEPORT, i >> 1 & 1);
    assert_int_equal(net_bind_any(s, 0), 0);
    expect_flags(s, i & 1, i >> 1 & 1);
    net_close(s);
    contract_end(&block);
  }
}

static void check_flags_after_failure(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = contract_member(&block, NET_V4);
  assert_int_equal(net_bind(s, "192.0.2.1", block.start), EADDRNOTAVAIL);
  expect_flags(s, 0, 0);
  net_close(s);
  contract_end(&block);
}

/* The block's owner and the ledger have one each. The guard of a UDP socket is
 * there while the socket is. */
static void check_descriptors(int protocol) {
  const int before = table_open_descriptors();
  struct contract_block block = guard_block(protocol, 8);
  const int guarded = table_open_descriptors();
  const int s = contract_bound_member(&block, NET_DUAL);
  const int bound = table_open_descriptors();
  net_close(s);
  const int closed = table_open_descriptors();
  contract_end(&block);
  assert_int_equal(guarded, before + 2 + 8);
  assert_int_equal(bound, guarded + (protocol == IPPROTO_UDP));
  assert_int_equal(closed, guarded);
  assert_int_equal(table_open_descriptors(), before);
}

static void check_refused(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_connect(s, "127.0.0.1", block.start), ECONNREFUSED);
  net_close(s);
  contract_end(&block);
}

/* A datagram that comes before the socket is nobody's. */
static void check_swallowed(int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  const int sender = net_socket(protocol, NET_V4);
  const int s = contract_member(&block, NET_V4);
  char byte = 'a';
  assert_int_equal(net_connect(sender, "127.0.0.1", block.start), 0);
  assert_int_equal(send(sender, &byte, 1, 0), 1);
  assert_int_equal(net_bind_any(s, 0), 0);
  byte = 'b';
  assert_int_equal(send(sender, &byte, 1, 0), 1);
  assert_int_equal(recv(s, &byte, 1, 0), 1);
  assert_int_equal(byte, 'b');
  assert_int_equal(recv(s, &byte, 1, MSG_DONTWAIT), -1);
  net_close(s);
  net_close(sender);
  contract_end(&block);
}

/* --- Descriptors are few --- */

static int acquire_status(int s, uint16_t count) {
  struct portres_reservation granted;
  struct portres_options options = {.size = sizeof options,
                                    .range = {0, count},
                                    .scope = PORTRES_SCOPE_MACHINE};
  return contract_acquire_with(s, &options, &granted);
}

static void check_budget(int protocol) {
  struct rlimit old;
  const int s = net_socket(protocol, NET_V4);
  const int before = table_open_descriptors();
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  const struct rlimit low = {256, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  const int too_many = acquire_status(s, 65);
  const int after = table_open_descriptors();
  const int just_enough = acquire_status(s, 64);
  const int one_more = acquire_status(s, 1);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(too_many, PORTRES_ENOBUFS);
  assert_int_equal(after, before);
  assert_int_equal(just_enough, 0);
  assert_int_equal(one_more, PORTRES_ENOBUFS);
  net_close(s);
}

static void check_middle(int protocol) {
  enum { LIMIT = 256, LEFT = 20 };
  struct rlimit old;
  int taken[LIMIT];
  int count = 0;
  const int s = net_socket(protocol, NET_V4);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  const struct rlimit low = {LIMIT, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  while (count < LIMIT && (taken[count] = dup(s)) >= 0) {
    count++;
  }
  for (int i = 0; i < LEFT; i++) {
    close(taken[--count]);
  }
  const int before = contract_count_reservations();
  const int status = acquire_status(s, LEFT + 10);
  int left = 0;
  while ((taken[count] = dup(s)) >= 0) {
    count++;
    left++;
  }
  while (count > 0) {
    close(taken[--count]);
  }
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(status, PORTRES_ENOBUFS);
  assert_int_equal(left, LEFT);
  assert_int_equal(contract_count_reservations(), before);
  assert_int_equal(acquire_status(s, LEFT + 10), 0);
  net_close(s);
}

/* --- Ports that the kernel picks for others --- */

static long picks = 4000;

static void check_kernel_picks(int protocol) {
  uint16_t low;
  uint16_t high;
  net_ephemeral_range(&low, &high);
  const struct portres_range range = {(uint16_t)(low + 16), 64};
  struct contract_block block = guard_block_at(protocol, range.start, 64);
  assert_int_equal(guard_picks(protocol, range, picks), 0);
  contract_end(&block);
  assert_true(guard_picks(protocol, range, 4000) > 0);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a block, when strangers of the same user bind its "
                  "ports in any way, then none can",
                  check_strangers),
    CONTRACT_BOTH("given a block, when another user binds its ports in any "
                  "way, then he cannot",
                  check_other_user),
    CONTRACT_BOTH("given a block, then the same ports of the other protocol "
                  "are free",
                  check_other_protocol),
    CONTRACT_BOTH("given a block, when it is released, then its ports are free",
                  check_released),
    CONTRACT_BOTH("given a block, when its socket is closed, then its ports "
                  "are free",
                  check_owner_closed),
    CONTRACT_BOTH("given a bound socket, when it is closed, then strangers "
                  "cannot bind its port",
                  check_close_bound),
    CONTRACT_TCP("given a listener, when it is closed, then strangers cannot "
                 "bind its port",
                 check_close_listening),
    CONTRACT_TCP("given a connection that outlives its listener, when it is "
                 "over and the block is used, then its port is guarded again",
                 check_guarded_later),
    CONTRACT_BOTH("given an address that is not ours, when bind fails, then "
                  "strangers cannot bind the port",
                  check_close_failed),
    CONTRACT_BOTH("given a socket of one address, when it is closed, then "
                  "strangers cannot bind its port",
                  check_close_addressed),
    CONTRACT_UDP("given a socket of one address, then strangers cannot bind "
                 "its port at others",
                 check_rest_of_port),
    CONTRACT_BOTH("given a bound socket, when the block is released, then the "
                  "socket alone keeps its port",
                  check_released_under_socket),
    CONTRACT_BOTH("given a block, then describe tells its scope",
                  check_describe),
    CONTRACT_BOTH("given any flags, when a socket is bound, then it has these "
                  "and no others",
                  check_flags),
    CONTRACT_BOTH("given a bind that fails, then the socket has the flags that "
                  "it had",
                  check_flags_after_failure),
    CONTRACT_BOTH("given a block, then it costs a descriptor a free port, "
                  "and one of UDP in use",
                  check_descriptors),
    CONTRACT_TCP("given a free port, when a stranger connects to it, then he "
                 "is refused",
                 check_refused),
    CONTRACT_UDP("given a datagram to a free port, when a socket takes the "
                 "port, then it gets later ones only",
                 check_swallowed),
    CONTRACT_BOTH("given a limit of descriptors, when a block wants more than "
                  "a fourth of it, then ENOBUFS and nothing is left behind",
                  check_budget),
    CONTRACT_BOTH("given too few descriptors, when they end amid an acquire, "
                  "then ENOBUFS and nothing is left behind",
                  check_middle),
    CONTRACT_BOTH("given a block where the kernel picks ports, when it picks "
                  "for others, then never from the block",
                  check_kernel_picks),
};

int main(int argc, char** argv) {
  if (argc < 2) {
    return 2;
  }
  guard_adversary = argv[1];
  if (argc > 2) {
    picks = strtol(argv[2], NULL, 10);
  }
  TABLE_ADD(rows, contract_check);
  return contract_run("guard");
}
