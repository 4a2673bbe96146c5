/* Acquire among many ports in TIME_WAIT is about as fast as among free ones;
 * a call the kernel refuses before it would bind takes no port; and nothing a
 * program does with its PORTRES_BLOCK costs it the block.
 *
 * With the argument "block": PORTRES_BLOCK is tcp:600:424, where bindresvport
 * looks, and the program may bind there. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hook_support.h"
#include "life_support.h"

/* --- TIME_WAIT --- */

enum { PORTS = 500, TRIES = 3, MOST_TIMES_SLOWER = 20 };

/* The server closes first, so that TIME_WAIT is at its port. */
static void leave_time_wait(uint16_t port) {
  char byte;
  const int listener = net_socket(IPPROTO_TCP, NET_V4);
  net_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  assert_int_equal(net_bind(listener, "127.0.0.1", port), 0);
  assert_int_equal(net_listen(listener), 0);
  const int client = net_connect_to(listener);
  const int server = net_accept(listener);
  assert_int_equal(shutdown(server, SHUT_WR), 0);
  assert_int_equal(read(client, &byte, 1), 0);
  net_close(client);
  net_close(server);
  net_close(listener);
}

static double seconds_to_acquire(uint16_t start) {
  struct portres_reservation granted;
  const struct portres_range want = {start, PORTS};
  const int s = net_socket(IPPROTO_TCP, NET_V4);
  const double before = hook_seconds();
  assert_int_equal(portres_acquire(s, want, &granted), PORTRES_OK);
  const double after = hook_seconds();
  net_close(s);
  return after - before;
}

static double best_seconds(uint16_t start) {
  double best = seconds_to_acquire(start);
  for (int i = 1; i < TRIES; i++) {
    const double seconds = seconds_to_acquire(start);
    best = seconds < best ? seconds : best;
  }
  return best;
}

static bool is_in_time_wait(uint16_t port) {
  const int s = net_socket(IPPROTO_TCP, NET_V4);
  const int error = net_bind(s, "127.0.0.1", port);
  net_close(s);
  return error == EADDRINUSE;
}

static void check_time_wait(void) {
  const uint16_t start = net_free_block(2 * PORTS);
  for (unsigned i = 0; i < PORTS; i++) {
    leave_time_wait((uint16_t)(start + i));
  }
  assert_true(is_in_time_wait(start));
  const double busy = best_seconds(start);
  const double clean = best_seconds((uint16_t)(start + PORTS));
  assert_true(is_in_time_wait((uint16_t)(start + PORTS - 1)));
  if (busy > clean * MOST_TIMES_SLOWER) {
    fail_msg("%.1f ms, %.1f times the %.1f ms of free ports", busy * 1e3,
             busy / clean, clean * 1e3);
  }
}

/* --- Calls that bind nothing --- */

struct refused_row {
  const char* name;
  struct net_kind kind;
  int (*call)(int s); /* 0, or errno */
  bool may_bind; /* the kernel binds a UDP socket before it refuses connect */
};

static int connect_shortly(int s) {
  const struct net_address to = net_loopback(net_family_of(s), 9);
  return connect(s, &to.as.any, 8) == 0 ? 0 : errno;
}

/* All of an IPv4 address, which is too little of an IPv6 one. */
static int connect_by_v4_length(int s) {
  const struct net_address to = net_loopback(net_family_of(s), 9);
  return connect(s, &to.as.any, sizeof to.as.v4 - 1) == 0 ? 0 : errno;
}

static int connect_to_v6(int s) {
  const struct net_address to = net_loopback(NET_V6, 9);
  return connect(s, &to.as.any, to.len) == 0 ? 0 : errno;
}

/* As long as an IPv6 address: only the family is wrong. */
static int connect_to_v4(int s) {
  struct net_address to = net_loopback(NET_V4, 9);
  return connect(s, &to.as.any, sizeof to.as.v6) == 0 ? 0 : errno;
}

static int send_no_messages(int s) {
  struct mmsghdr none;
  memset(&none, 0, sizeof none);
  return sendmmsg(s, &none, 0, 0) == 0 ? 0 : errno;
}

#define REFUSED(protocol, family) \
  { IPPROTO_##protocol, NET_##family }

static const struct refused_row refused_rows[] = {
    {"TCP: given connect with a short address, then no port is taken",
     REFUSED(TCP, V4), connect_shortly, false},
    {"TCP, IPv6: given connect with a short address, then no port is taken",
     REFUSED(TCP, V6), connect_by_v4_length, false},
    {"TCP: given connect to an IPv6 address, then no port is taken",
     REFUSED(TCP, V4), connect_to_v6, false},
    {"TCP, IPv6: given connect to an IPv4 address, then no port is taken",
     REFUSED(TCP, V6), connect_to_v4, false},
    {"UDP: given connect with a short address, then no port from elsewhere",
     REFUSED(UDP, V4), connect_shortly, true},
    {"UDP: given connect to an IPv6 address, then no port from elsewhere",
     REFUSED(UDP, V4), connect_to_v6, true},
    {"UDP: given sendmmsg of no message, then no port is taken",
     REFUSED(UDP, V4), send_no_messages, false},
    {"UDP, IPv6: given sendmmsg of no message, then no port is taken",
     REFUSED(UDP, V6), send_no_messages, false},
};

/* Twice: a port taken and lost each time would use up the block. */
static void check_refused(const void* data) {
  const struct refused_row* row = data;
  const struct hook_block block = hook_acquire(row->kind.protocol, 1);
  const int plain = net_socket(row->kind.protocol, row->kind.family);
  const int member = net_socket(row->kind.protocol, row->kind.family);
  const int error = row->call(plain);
  assert_int_equal(portres_associate(member, block.token), PORTRES_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(row->call(member), error);
    if (net_port(member) != 0) {
      assert_true(row->may_bind && hook_is_inside(&block, net_port(member)));
    }
    hook_expect(&block, net_port(member) != 0, net_port(member) == 0);
  }
  net_close(plain);
  net_close(member);
  hook_finish(&block);
}

/* --- The block of PORTRES_BLOCK --- */

enum { FIRST_PORT = 600, END_PORT = 1024 };

struct block_row {
  const char* name;
  int (*body)(void* arg);
};

static int take_port(int* port_out) {
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  HOOK_CLAIM(hook_bind(s) == 0);
  *port_out = hook_port(s);
  HOOK_CLAIM(*port_out >= FIRST_PORT && *port_out < END_PORT);
  return s >= 0 && close(s) == 0 ? 0 : __LINE__ % 255 + 1;
}

/* The first call: the block is not acquired yet. */
static int bind_reserved(struct sockaddr_in* address) {
  struct portres_info block = {0};
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  int port = 0;
  errno = HOOK_ERRNO;
  HOOK_CLAIM(bindresvport(s, address) == 0);
  HOOK_CLAIM(errno == HOOK_ERRNO);
  HOOK_CLAIM(hook_port(s) >= FIRST_PORT && hook_port(s) < END_PORT);
  HOOK_CLAIM(address == NULL || ntohs(address->sin_port) == hook_port(s));
  HOOK_CLAIM(take_port(&port) == 0);
  HOOK_CLAIM(port != hook_port(s));
  HOOK_CLAIM(life_block(IPPROTO_TCP, &block) && block.used == 1);
  HOOK_CLAIM(close(s) == 0);
  HOOK_CLAIM(life_block(IPPROTO_TCP, &block) && block.used == 0);
  return life_fill(IPPROTO_TCP);
}

static int bind_reserved_anywhere(void* unused) {
  (void)unused;
  return bind_reserved(NULL);
}

static int bind_reserved_at_address(void* unused) {
  (void)unused;
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind_reserved(&address);
}

static int release_block(void* unused) {
  (void)unused;
  struct portres_info block = {0};
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  int port = 0;
  HOOK_CLAIM(take_port(&port) == 0);
  HOOK_CLAIM(life_block(IPPROTO_TCP, &block));
  HOOK_CLAIM(portres_release(s, block.token) == PORTRES_EINVAL);
  HOOK_CLAIM(hook_is_alive(block.token));
  HOOK_CLAIM(take_port(&port) == 0);
  HOOK_CLAIM(close(s) == 0);
  return life_fill(IPPROTO_TCP);
}

static const struct block_row block_rows[] = {
    {"given PORTRES_BLOCK where bindresvport looks, when that is the first "
     "call, then it takes a port of the block, which works",
     bind_reserved_anywhere},
    {"given PORTRES_BLOCK where bindresvport looks, when it gets an address, "
     "then it takes a port of the block, which works",
     bind_reserved_at_address},
    {"given the token portres_list tells of PORTRES_BLOCK, when it is "
     "released, then EINVAL, and the block works",
     release_block},
};

static void check_block(const void* data) {
  const struct block_row* row = data;
  const int line = hook_in_child(row->body, NULL);
  if (line != 0) {
    fail_msg("line %d (modulo 255)", line - 1);
  }
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "block") == 0) {
    TABLE_ADD(block_rows, check_block);
    return table_run("life_block");
  }
  table_add_one(
      "given hundreds of ports in TIME_WAIT, when they are acquired, then "
      "that takes not much longer than of free ones",
      check_time_wait);
  TABLE_ADD(refused_rows, check_refused);
  return table_run("life_busy");
}
