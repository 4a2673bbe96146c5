/* Acquire sees ports in use. A bound socket of the same protocol, whatever its
 * address and state, makes a specific range EADDRINUSE and a wildcard step
 * over it; a connection left open by its listener counts, TIME_WAIT alone does
 * not; what this process has reserved already counts, and the other protocol
 * never does.
 *
 * Windows lets servers bind over TIME_WAIT, and the NFS client's comments say
 * that acquire does so, too.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "contract.h"

/* Strangers */

struct stranger_row {
  const char* name;
  const char* host;
  enum net_family family;
  bool shares; /* with SO_REUSEADDR and SO_REUSEPORT */
};

static const struct stranger_row stranger_rows[] = {
    {"given a stranger on 0.0.0.0, then its port is busy", "0.0.0.0", NET_V4,
     false},
    {"given a stranger on 127.0.0.1, then its port is busy", "127.0.0.1",
     NET_V4, false},
    {"given a stranger on 127.0.0.2, then its port is busy", "127.0.0.2",
     NET_V4, false},
    {"given a stranger on [::] v6-only, then its port is busy", "::", NET_V6,
     false},
    {"given a stranger on [::] dual-stack, then its port is busy",
     "::", NET_DUAL, false},
    {"given a stranger on [::1], then its port is busy", "::1", NET_V6, false},
    {"given a stranger on ::ffff:127.0.0.1, then its port is busy",
     "::ffff:127.0.0.1", NET_DUAL, false},
    {"given a sharing stranger on 0.0.0.0, then its port is busy", "0.0.0.0",
     NET_V4, true},
    {"given a sharing stranger on [::1], then its port is busy", "::1", NET_V6,
     true},
};

/* In the namespace nobody else is there, so that the first fit is known. */
static void check_wildcard(int protocol, uint16_t first, uint16_t busy) {
  struct contract_block block = contract_block(protocol, 4);
  assert_false(contract_contains(&block, busy));
  if (net_has_netns()) {
    assert_int_equal(block.start, busy - first < 4 ? busy + 1 : first);
  }
  contract_end(&block);
}

static void check_specific(int protocol, uint16_t start, int want) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(s, start, 4, &granted), want);
  net_close(s);
}

static void check_stranger_of(const struct stranger_row* row, int protocol) {
  int other = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  uint16_t start = net_free_block(8);
  for (uint16_t at = start; at < start + 4; at++) {
    int s = net_socket(protocol, row->family);
    net_set(s, SOL_SOCKET, SO_REUSEADDR, row->shares);
    net_set(s, SOL_SOCKET, SO_REUSEPORT, row->shares);
    assert_int_equal(net_bind(s, row->host, at), 0);
    check_specific(protocol, start, PORTRES_EADDRINUSE);
    check_specific(other, start, 0);
    check_wildcard(protocol, start, at);
    if (protocol == IPPROTO_TCP) {
      assert_int_equal(net_listen(s), 0);
      check_specific(protocol, start, PORTRES_EADDRINUSE);
    }
    net_close(s);
    check_specific(protocol, start, 0);
  }
}

static void check_stranger(const void* data) {
  check_stranger_of(data, IPPROTO_TCP);
  check_stranger_of(data, IPPROTO_UDP);
}

/* Connections */

enum remnant { OPEN_CONNECTION, TIME_WAIT };

struct remnant_row {
  const char* name;
  enum net_family family;
  bool reuse; /* SO_REUSEADDR on the listener */
  enum remnant remnant;
  int want;
};

static const struct remnant_row remnant_rows[] = {
    {"given an open IPv4 connection without its listener, then busy", NET_V4,
     false, OPEN_CONNECTION, PORTRES_EADDRINUSE},
    {"given the same of a listener with SO_REUSEADDR, then busy", NET_V4, true,
     OPEN_CONNECTION, PORTRES_EADDRINUSE},
    {"given an open IPv6 connection without its listener, then busy", NET_V6,
     false, OPEN_CONNECTION, PORTRES_EADDRINUSE},
    {"given the same IPv6 of a listener with SO_REUSEADDR, then busy", NET_V6,
     true, OPEN_CONNECTION, PORTRES_EADDRINUSE},
    {"given an open dual-stack connection of such a listener, then busy",
     NET_DUAL, true, OPEN_CONNECTION, PORTRES_EADDRINUSE},
    {"given IPv4 TIME_WAIT alone, then free", NET_V4, false, TIME_WAIT, 0},
    {"given IPv4 TIME_WAIT of a listener with SO_REUSEADDR, then free", NET_V4,
     true, TIME_WAIT, 0},
    {"given IPv6 TIME_WAIT alone, then free", NET_V6, false, TIME_WAIT, 0},
    {"given IPv6 TIME_WAIT of a listener with SO_REUSEADDR, then free", NET_V6,
     true, TIME_WAIT, 0},
};

/* The sockets' port in TIME_WAIT, by the kernel's own table: state 06. */
static bool is_in_time_wait(const char* table, uint16_t port) {
  char line[512];
  char wanted[8];
  bool is_found = false;
  FILE* file = fopen(table, "r");
  assert_non_null(file);
  snprintf(wanted, sizeof wanted, ":%04X", port);
  while (!is_found && fgets(line, sizeof line, file)) {
    char local[64];
    unsigned state;
    is_found = sscanf(line, " %*d: %63s %*s %x", local, &state) == 2 &&
               state == 6 && strcmp(strchr(local, ':'), wanted) == 0;
  }
  fclose(file);
  return is_found;
}

/* Loopback delivers in a soft interrupt, which may come a little later. */
static void wait_for_time_wait(enum net_family family, uint16_t port) {
  const char* table = family == NET_V4 ? "/proc/net/tcp" : "/proc/net/tcp6";
  time_t deadline = time(NULL) + 10;
  while (!is_in_time_wait(table, port)) {
    assert_true(time(NULL) < deadline);
    sched_yield();
  }
}

static int open_listener(enum net_family family, bool reuse, uint16_t port) {
  int s = net_socket(IPPROTO_TCP, family);
  net_set(s, SOL_SOCKET, SO_REUSEADDR, reuse);
  assert_int_equal(net_bind_any(s, port), 0);
  assert_int_equal(net_listen(s), 0);
  return s;
}

static void check_remnant(const void* data) {
  const struct remnant_row* row = data;
  int listener = open_listener(row->family, row->reuse, net_free_block(1));
  uint16_t port = net_port(listener);
  int client = net_connect_to(listener);
  int accepted = net_accept(listener);
  net_close(listener);

  struct portres_reservation granted;
  int holder = net_socket(IPPROTO_TCP, NET_V4);
  if (row->remnant == TIME_WAIT) {
    net_close(accepted); /* first: TIME_WAIT is the side that closes first */
    net_close(client);
    wait_for_time_wait(row->family, port);
  }
  assert_int_equal(contract_acquire(holder, port, 1, &granted), row->want);
  if (row->remnant == OPEN_CONNECTION) {
    net_close(accepted);
    net_close(client);
  }
  net_close(holder);
}

/* TIME_WAIT is free alone, not beside a connection that is still open. */
static void check_time_wait_and_open(int protocol) {
  struct portres_reservation granted;
  uint16_t port = net_free_block(1);
  int listener = open_listener(NET_V4, true, port);
  int gone = net_connect_to(listener);
  net_close(net_accept(listener));
  net_close(gone);
  wait_for_time_wait(NET_V4, port);
  int client = net_connect_to(listener);
  int accepted = net_accept(listener);
  net_close(listener);
  int holder = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(holder, port, 1, &granted),
                   PORTRES_EADDRINUSE);
  net_close(accepted);
  net_close(client);
  net_close(holder);
}

/* A wildcard has the choice, and leaves such a port for later. */
static void check_wildcard_past_time_wait(int protocol) {
  uint16_t port = net_free_block(1);
  int listener = open_listener(NET_V4, false, port);
  int client = net_connect_to(listener);
  net_close(net_accept(listener));
  net_close(listener);
  net_close(client);
  wait_for_time_wait(NET_V4, port);
  struct contract_block block = contract_block(protocol, 2);
  assert_false(contract_contains(&block, port));
  struct contract_block cold = contract_block_at(protocol, port, 1);
  contract_end(&cold);
  contract_end(&block);
}

/* The client's end of a connection is a socket in use as well. */
static void check_client_end(int protocol) {
  struct portres_reservation granted;
  int listener = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(listener, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(listener), 0);
  }
  int client = net_socket(protocol, NET_V4);
  assert_int_equal(net_connect(client, "127.0.0.1", net_port(listener)), 0);
  int holder = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire(holder, net_port(client), 1, &granted),
                   PORTRES_EADDRINUSE);
  net_close(holder);
  net_close(client);
  net_close(listener);
}

/* Own reservations */

struct overlap_row {
  const char* name;
  uint16_t offset; /* the first block is 4 to 7 */
  uint16_t count;
  int want;
};

static const struct overlap_row overlap_rows[] = {
    {"given a reservation, when the same range is acquired, then busy", 4, 4,
     PORTRES_EADDRINUSE},
    {"given a reservation, when a part of it is acquired, then busy", 5, 2,
     PORTRES_EADDRINUSE},
    {"given a reservation, when its first port is the last, then busy", 1, 4,
     PORTRES_EADDRINUSE},
    {"given a reservation, when its last port is the first, then busy", 7, 4,
     PORTRES_EADDRINUSE},
    {"given a reservation, when a range around it is acquired, then busy", 0,
     12, PORTRES_EADDRINUSE},
    {"given a reservation, when the range before it is acquired, then granted",
     0, 4, 0},
    {"given a reservation, when the range after it is acquired, then granted",
     8, 4, 0},
};

static void check_overlap_of(const struct overlap_row* row, int protocol) {
  uint16_t start = net_free_block(12);
  struct contract_block block =
      contract_block_at(protocol, (uint16_t)(start + 4), 4);
  int other_protocol = protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
  struct contract_block other =
      contract_block_at(other_protocol, (uint16_t)(start + row->offset), 1);
  contract_end(&other);

  struct portres_reservation granted;
  int s = net_socket(protocol, NET_DUAL);
  assert_int_equal(contract_acquire(s, (uint16_t)(start + row->offset),
                                    row->count, &granted),
                   row->want);
  assert_int_equal(contract_count_reservations(), row->want == 0 ? 2 : 1);
  contract_expect_figures(block.token, 0, 4, 0);
  net_close(s);
  contract_end(&block);
}

static void check_overlap(const void* data) {
  check_overlap_of(data, IPPROTO_TCP);
  check_overlap_of(data, IPPROTO_UDP);
}

/* A member is as busy as a stranger once its reservation is gone. */
static void check_bound_member(int protocol) {
  struct portres_reservation granted;
  struct contract_block block = contract_block(protocol, 4);
  int member = contract_bound_member(&block, NET_V4);
  assert_int_equal(contract_release(block.holder, block.token), 0);
  assert_int_equal(contract_acquire(block.holder, block.start, 4, &granted),
                   PORTRES_EADDRINUSE);
  net_close(member);
  assert_int_equal(contract_acquire(block.holder, block.start, 4, &granted), 0);
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_TCP("given TIME_WAIT and an open connection, then busy",
                 check_time_wait_and_open),
    CONTRACT_TCP("given TIME_WAIT, then a wildcard steps over it",
                 check_wildcard_past_time_wait),
    CONTRACT_BOTH("given a connected client, then its port is busy",
                  check_client_end),
    CONTRACT_BOTH("given a member bound after release, then its port is busy "
                  "until it closes",
                  check_bound_member),
};

int main(void) {
  TABLE_ADD(stranger_rows, check_stranger);
  TABLE_ADD(remnant_rows, check_remnant);
  TABLE_ADD(overlap_rows, check_overlap);
  TABLE_ADD(rows, contract_check);
  return contract_run("busy");
}
