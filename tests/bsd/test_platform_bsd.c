/* test_platform_bsd.c - what the files of a BSD answer, over ci/bsd/like. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../contract.h"
#include "address_posix.h"
#include "identity_posix.h"
#include "kind_posix.h"
#include "mark_posix.h"
#include "platform.h"
#include "probe_posix.h"
#include "signal_posix.h"
#include "socket_posix.h"
#include "system_posix.h"

/* --- Lengths --- */

struct length_row {
  const char* name;
  int family;
  socklen_t given;
  socklen_t wanted;
};

static const struct length_row length_rows[] = {
    {"given an IPv4 address of its length, then that counts", AF_INET, 16, 16},
    {"given an IPv4 address one longer, then nothing does", AF_INET, 17, 0},
    {"given an IPv4 address one shorter, then nothing does", AF_INET, 15, 0},
    {"given an IPv6 address of its length, then that counts", AF_INET6, 28, 28},
    {"given an IPv6 address without scope, then nothing does", AF_INET6, 24, 0},
    {"given an IPv6 address one longer, then nothing does", AF_INET6, 29, 0},
    {"given a unix address, then nothing does", AF_UNIX, 16, 0},
};

static void check_length(const void* row) {
  const struct length_row* length = row;
  struct sockaddr_storage address;

  memset(&address, 0, sizeof address);
  address.ss_family = (sa_family_t)length->family;
  assert_int_equal(
      portres__address_length((const struct sockaddr*)&address, length->given),
      length->wanted);
}

static void check_any(void) {
  union portres__address address;

  assert_int_equal(portres__address_any(AF_INET, 4711, &address),
                   sizeof address.in);
  assert_int_equal(address.any.sa_len, sizeof address.in);
  assert_int_equal(address.any.sa_family, AF_INET);
  assert_int_equal(portres__address_port(&address.any), 4711);
  assert_int_equal(portres__address_any(AF_INET6, 4711, &address),
                   sizeof address.in6);
  assert_int_equal(address.any.sa_len, sizeof address.in6);
  assert_int_equal(portres__address_port(&address.any), 4711);
}

/* --- Kinds --- */

struct kind_row {
  const char* name;
  int family;
  int type;
  int status;
  int protocol;
};

static const struct kind_row kind_rows[] = {
    {"given a TCP socket of IPv4, then it is TCP", AF_INET, SOCK_STREAM, 0,
     PORTRES_TCP},
    {"given a UDP socket of IPv4, then it is UDP", AF_INET, SOCK_DGRAM, 0,
     PORTRES_UDP},
    {"given a TCP socket of IPv6, then it is TCP", AF_INET6, SOCK_STREAM, 0,
     PORTRES_TCP},
    {"given a UDP socket of IPv6, then it is UDP", AF_INET6, SOCK_DGRAM, 0,
     PORTRES_UDP},
    {"given a unix stream, then EOPNOTSUPP", AF_UNIX, SOCK_STREAM,
     PORTRES_EOPNOTSUPP, 0},
    {"given unix datagrams, then EOPNOTSUPP", AF_UNIX, SOCK_DGRAM,
     PORTRES_EOPNOTSUPP, 0},
};

static void check_kind(const void* row) {
  const struct kind_row* kind = row;
  struct portres__socket_facts facts;
  int s = socket(kind->family, kind->type, 0);

  assert_true(s >= 0);
  assert_int_equal(portres__platform_socket_facts(s, &facts), kind->status);
  if (kind->status == 0) {
    assert_int_equal(facts.protocol, kind->protocol);
    assert_int_equal(facts.family, kind->family);
    assert_false(facts.is_bound);
  }
  net_close(s);
}

static void check_no_socket(void) {
  struct portres__socket_facts facts;
  int file = open("/dev/null", O_RDONLY);

  assert_int_equal(portres__platform_socket_facts(file, &facts),
                   PORTRES_ENOTSOCK);
  close(file);
  assert_int_equal(portres__platform_socket_facts(file, &facts),
                   PORTRES_ENOTSOCK);
}

/* --- Identity --- */

static void check_identity(void) {
  int one = net_socket(IPPROTO_TCP, NET_V4);
  int other = net_socket(IPPROTO_TCP, NET_V4);
  uint64_t identity = portres__socket_identity(one);

  assert_int_not_equal(identity, 0);
  assert_int_equal(portres__socket_identity(one), identity);
  assert_int_not_equal(portres__socket_identity(other), identity);
  net_close(one);
  assert_int_equal(portres__socket_identity(one), 0);
  net_close(other);
}

static void check_copies(void) {
  int one = net_socket(IPPROTO_UDP, NET_V6);
  int copy = dup(one);
  int command = fcntl(one, F_DUPFD_CLOEXEC, 0);
  int placed = dup(0);
  uint64_t identity = portres__socket_identity(copy);

  assert_int_equal(dup2(copy, placed), placed);
  assert_int_equal(portres__socket_identity(one), identity);
  assert_int_equal(portres__socket_identity(command), identity);
  assert_int_equal(portres__socket_identity(placed), identity);
  net_close(one);
  one = net_socket(IPPROTO_UDP, NET_V6);
  assert_int_not_equal(portres__socket_identity(one), identity);
  net_close(one);
  net_close(copy);
  net_close(command);
  net_close(placed);
}

static void check_number_again(void) {
  int first = net_socket(IPPROTO_TCP, NET_V4);
  uint64_t identity = portres__socket_identity(first);
  int second;

  net_close(first);
  second = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(second, first);
  assert_int_not_equal(portres__socket_identity(second), identity);
  net_close(second);
}

/* Nobody sees that close, nor the socket that comes after it. */
int unseen_close(int fd) __asm__("close");
int unseen_socket(int domain, int type, int protocol) __asm__("socket");

static void check_unseen(void) {
  struct contract_block block = contract_block(IPPROTO_TCP, 2);
  int bound = contract_bound_member(&block, NET_V4);
  uint64_t identity = portres__socket_identity(bound);
  int other;

  assert_int_equal(unseen_close(bound), 0);
  other = unseen_socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(other, bound);
  assert_int_not_equal(portres__socket_identity(other), identity);
  net_close(other);
  contract_end(&block);
}

/* A copy made before its socket was associated is associated, too. */
static void check_early_copy(void) {
  struct contract_block block = contract_block(IPPROTO_TCP, 2);
  int s = net_socket(IPPROTO_TCP, NET_V4);
  int copy = dup(s);

  assert_int_equal(portres_associate(s, block.token), PORTRES_OK);
  assert_int_equal(net_bind_any(copy, 0), 0);
  assert_true(contract_contains(&block, net_port(s)));
  net_close(s);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(copy);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

/* --- The probe --- */

struct probe_row {
  const char* name;
  enum net_family family;
  const char* host;
  int option;
};

static const struct probe_row probe_rows[] = {
    {"given an IPv4 wildcard, when probed, then it is met", NET_V4, "0.0.0.0",
     0},
    {"given an IPv6 wildcard, when probed, then it is met", NET_V6, "::", 0},
    {"given one IPv4 address, when probed, then it is met", NET_V4, "127.0.0.1",
     0},
    {"given one IPv6 address, when probed, then it is met", NET_V6, "::1", 0},
    {"given SO_REUSEADDR on IPv4, when probed, then it is met", NET_V4,
     "127.0.0.1", SO_REUSEADDR},
    {"given SO_REUSEPORT on IPv6, when probed, then it is met", NET_V6, "::1",
     SO_REUSEPORT},
};

static void check_probe_of(const struct probe_row* probe, int protocol) {
  uint16_t port = net_free_block(1);
  struct portres_range range = {port, 1};
  int holder = net_socket(protocol, probe->family);
  uint16_t busy = 0;

  if (probe->option != 0) {
    net_set(holder, SOL_SOCKET, probe->option, 1);
  }
  assert_int_equal(net_bind(holder, probe->host, port), 0);
  assert_int_equal(portres__platform_probe((enum portres_protocol)protocol,
                                           range, true, &busy),
                   PORTRES_EADDRINUSE);
  assert_int_equal(busy, port);
  net_close(holder);
  assert_int_equal(portres__platform_probe((enum portres_protocol)protocol,
                                           range, true, &busy),
                   PORTRES_OK);
}

static void check_probe(const void* row) {
  check_probe_of(row, IPPROTO_TCP);
  check_probe_of(row, IPPROTO_UDP);
}

static void check_privileged(void) {
  struct portres_range range = {1, 1};
  uint16_t busy = 0;

  net_need_netns("ports may be open to everybody here");
  assert_int_equal(portres__platform_probe(PORTRES_TCP, range, false, &busy),
                   PORTRES_EACCES);
}

/* --- bind()'s rules, as ci/bsd/like has them: what NetBSD 7.99 was seen to do.
 */

struct rule_row {
  const char* name;
  int first;  /* option of the socket that is there, at one address */
  int second; /* of the one that comes */
  int same;   /* errno at the same address */
  int wild;   /* errno at the wildcard address */
};

static const struct rule_row rule_rows[] = {
    {"given no options, then a port is one socket's", 0, 0, EADDRINUSE,
     EADDRINUSE},
    {"given SO_REUSEADDR of the second, then the wildcard is its", 0,
     SO_REUSEADDR, EADDRINUSE, 0},
    {"given SO_REUSEADDR of both, then the wildcard is its", SO_REUSEADDR,
     SO_REUSEADDR, EADDRINUSE, 0},
    {"given SO_REUSEPORT of the second, then the wildcard is its", 0,
     SO_REUSEPORT, EADDRINUSE, 0},
    {"given SO_REUSEPORT of both, then all is", SO_REUSEPORT, SO_REUSEPORT, 0,
     0},
};

static int try_second(int protocol, int option, const char* host, uint16_t p) {
  int s = net_socket(protocol, NET_V4);
  int error;

  if (option != 0) {
    net_set(s, SOL_SOCKET, option, 1);
  }
  error = net_bind(s, host, p);
  net_close(s);
  return error;
}

static void check_rule_of(const struct rule_row* rule, int protocol) {
  uint16_t port = net_free_block(1);
  int holder = net_socket(protocol, NET_V4);

  if (rule->first != 0) {
    net_set(holder, SOL_SOCKET, rule->first, 1);
  }
  assert_int_equal(net_bind(holder, "127.0.0.1", port), 0);
  assert_int_equal(try_second(protocol, rule->second, "127.0.0.1", port),
                   rule->same);
  assert_int_equal(try_second(protocol, rule->second, "0.0.0.0", port),
                   rule->wild);
  net_close(holder);
}

static void check_rule(const void* row) {
  check_rule_of(row, IPPROTO_TCP);
  check_rule_of(row, IPPROTO_UDP);
}

/* --- Values of the kernel --- */

static void check_ephemeral(void) {
  struct portres_range range = portres__platform_ephemeral();
  uint16_t low;
  uint16_t high;

  net_ephemeral_range(&low, &high);
  assert_int_equal(range.start, low);
  assert_int_equal(range.count, high - low + 1);
}

static void check_boot(void) {
  uint8_t first[PORTRES__BOOT_SIZE];
  uint8_t second[PORTRES__BOOT_SIZE];
  uint8_t nothing[PORTRES__BOOT_SIZE] = {0};

  assert_int_equal(portres__platform_boot_id(first), PORTRES_OK);
  assert_int_equal(portres__platform_boot_id(second), PORTRES_OK);
  assert_memory_equal(first, second, sizeof first);
  assert_memory_not_equal(first, nothing, sizeof first);
}

static int look_at_mark(void* arg) {
  return *(unsigned char*)arg;
}

/* A fork that runs no handlers does not matter here: the page does. */
static void check_mark(void) {
  unsigned char* mark = portres__mark_map();

#ifdef PORTRES__SYSTEM_INHERIT_ZERO
  assert_non_null(mark);
  *mark = 42;
  assert_int_equal(contract_in_child(look_at_mark, mark), 0);
  assert_int_equal(*mark, 42);
#else
  assert_null(mark);
  (void)look_at_mark;
#endif
}

static volatile sig_atomic_t signals_seen;

static void count_signal(int number) {
  (void)number;
  signals_seen++;
}

static void check_take_back(void) {
  struct sigaction action = {.sa_handler = count_signal};
  struct sigaction former;
  struct sigaction after;
  sigset_t set;
  sigset_t mask;

  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  assert_int_equal(sigaction(SIGXFSZ, &action, &former), 0);
  assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &mask), 0);
  pthread_kill(pthread_self(), SIGXFSZ);
  portres__signal_take_back(SIGXFSZ);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
  assert_int_equal(signals_seen, 0);
  assert_int_equal(sigaction(SIGXFSZ, &former, &after), 0);
  assert_ptr_equal(after.sa_handler, count_signal);
}

static void check_random(void) {
  uint64_t numbers[2] = {0, 0};

  assert_true(portres__platform_random(numbers, sizeof numbers));
  assert_int_not_equal(numbers[0], numbers[1]);
}

/* --- fcntl() --- */

#ifdef F_DUP2FD
static void check_dup_by_command(int command, int flags) {
  struct contract_block block = contract_block(IPPROTO_TCP, 2);
  int s = contract_bound_member(&block, NET_V4);
  int place = dup(0);

  assert_int_equal(fcntl(s, command, place), place);
  assert_int_equal(fcntl(place, F_GETFD), flags);
  net_close(s);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(place);
  contract_expect_figures(block.token, 0, 2, 0);
  contract_end(&block);
}

static void check_commands(void) {
  check_dup_by_command(F_DUP2FD, 0);
  check_dup_by_command(F_DUP2FD_CLOEXEC, FD_CLOEXEC);
}
#elif defined(F_CLOSEM)
static int close_all(void* arg) {
  const struct contract_block* block = arg;
  struct portres_info info = {.size = sizeof info};
  int s = net_socket(block->protocol, NET_V4);
  struct portres_reservation own;

  if (portres_acquire(s, (struct portres_range){0, 1}, &own) != PORTRES_OK ||
      fcntl(s, F_CLOSEM, 0) != 0) {
    return 1;
  }
  return portres_describe(own.token, &info) == PORTRES_EINVAL ? 0 : 2;
}

static void check_commands(void) {
  struct contract_block block = contract_block(IPPROTO_TCP, 2);

  assert_int_equal(contract_in_child(close_all, &block), 0);
  contract_end(&block);
}
#else
static void check_commands(void) {
  int copy = fcntl(0, F_DUPFD, 0);

  assert_true(copy > 0);
  assert_int_equal(close(copy), 0);
}
#endif

/* --- Scopes --- */

struct scope_row {
  const char* name;
  enum portres_scope scope;
  int wanted;
};

static const struct scope_row scope_rows[] = {
    {"given scope process, then it is granted", PORTRES_SCOPE_PROCESS, 0},
    {"given scope shared, then EOPNOTSUPP", PORTRES_SCOPE_SHARED,
     PORTRES_EOPNOTSUPP},
    {"given scope machine, then EOPNOTSUPP", PORTRES_SCOPE_MACHINE,
     PORTRES_EOPNOTSUPP},
};

/* Named by the call, and chosen before it. Nothing is left of a refused one:
 * its place is free. */
static void check_scope(const void* row) {
  const struct scope_row* scope = row;
  struct portres_options options = {.size = sizeof options, .range = {0, 2}};
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_TCP, NET_V4);

  options.scope = scope->scope;
  assert_int_equal(portres_acquire_with(s, &options, &granted), scope->wanted);
  options.scope = PORTRES_SCOPE_DEFAULT;
  assert_int_equal(portres_set_scope(scope->scope), 0);
  assert_int_equal(portres_acquire_with(s, &options, &granted), scope->wanted);
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_PROCESS), 0);
  assert_int_equal(portres_acquire_with(s, &options, &granted), 0);
  assert_int_equal(portres_set_scope(PORTRES_SCOPE_DEFAULT), 0);
  net_close(s);
}

static void check_default(void) {
  struct portres_info info = {.size = sizeof info};
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  const struct portres_range want = {0, 2};

  assert_int_equal(portres_acquire(s, want, &granted), 0);
  assert_int_equal(portres_describe(granted.token, &info), 0);
  assert_int_equal(info.scope, PORTRES_SCOPE_PROCESS);
  net_close(s);
}

int main(void) {
  TABLE_ADD(length_rows, check_length);
  table_add_one("given a wildcard address, then it says its length", check_any);
  TABLE_ADD(kind_rows, check_kind);
  table_add_one("given nobody chooses a scope, then it is process",
                check_default);
  table_add_one("given no socket, then ENOTSOCK", check_no_socket);
  table_add_one("given two sockets, then each has its identity",
                check_identity);
  table_add_one("given copies of every kind, then they are one", check_copies);
  table_add_one("given a number again, then it is another", check_number_again);
  table_add_one("given a close nobody saw, when the port differs, then another",
                check_unseen);
  table_add_one("given a copy made early, then it is associated, too",
                check_early_copy);
  TABLE_ADD(probe_rows, check_probe);
  table_add_one("given a privileged port, when probed, then EACCES",
                check_privileged);
  TABLE_ADD(rule_rows, check_rule);
  table_add_one("given the kernel's range, then it is known", check_ephemeral);
  table_add_one("given one boot, then it has one number", check_boot);
  table_add_one("given a fork, then the mark is gone", check_mark);
  table_add_one("given a signal of ours, then nobody gets it", check_take_back);
  table_add_one("given random numbers, then they differ", check_random);
  table_add_one("given fcntl() commands, then they are seen", check_commands);
  TABLE_ADD(scope_rows, check_scope);
  return contract_run("platform");
}
