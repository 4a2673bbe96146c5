/* The socket argument of acquire, acquire_with, associate and release, wrong
 * in every way and right in every state: the documented status, errno as it
 * was, nothing written, nothing leaked, nothing half reserved.
 *
 * Windows: WSAENOTSOCK, WSAEOPNOTSUPP and WSAEINVAL in the same places.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/un.h>
#include <unistd.h>

#include "contract.h"

#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Two, so that a pipe or a pair has room; -1 where there is nothing. */
struct opened {
  int s;
  int other;
};

struct socket_row {
  const char* name;
  struct opened (*open)(int protocol);
  int acquire;
  int associate;
  int release;
};

static struct opened open_nothing(int protocol) {
  (void)protocol;
  return (struct opened){-1, -1};
}

static struct opened open_out_of_range(int protocol) {
  (void)protocol;
  return (struct opened){INT_MAX, -1};
}

static struct opened open_closed(int protocol) {
  int s = net_socket(protocol, NET_V4);
  net_close(s);
  return (struct opened){s, -1};
}

static struct opened open_pipe(int protocol) {
  int ends[2];
  (void)protocol;
  assert_int_equal(pipe(ends), 0);
  return (struct opened){ends[0], ends[1]};
}

static struct opened open_file(int protocol) {
  (void)protocol;
  int fd = open("/dev/null", O_RDWR);
  assert_true(fd >= 0);
  return (struct opened){fd, -1};
}

static struct opened open_unix_stream(int protocol) {
  int ends[2];
  (void)protocol;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  return (struct opened){ends[0], ends[1]};
}

static struct opened open_unix_datagram(int protocol) {
  (void)protocol;
  return (struct opened){socket(AF_UNIX, SOCK_DGRAM, 0), -1};
}

static struct opened open_netlink(int protocol) {
  (void)protocol;
  return (struct opened){socket(AF_NETLINK, SOCK_RAW, 0), -1};
}

static struct opened open_udplite(int protocol) {
  (void)protocol;
  int s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
  if (s < 0) {
    table_skip("this kernel has no UDP-Lite");
  }
  return (struct opened){s, -1};
}

static struct opened open_raw(int protocol) {
  (void)protocol;
  net_need_netns("a raw socket needs a right that the launcher keeps");
  int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  assert_true(s >= 0);
  return (struct opened){s, -1};
}

static struct opened open_fresh(int protocol) {
  return (struct opened){net_socket(protocol, NET_DUAL), -1};
}

static struct opened open_bound(int protocol) {
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", 0), 0);
  return (struct opened){s, -1};
}

/* TCP: a listener; UDP has none, and a dual-stack bind stands for it. */
static struct opened open_listening(int protocol) {
  int s = net_socket(protocol, NET_DUAL);
  assert_int_equal(net_bind(s, "::", 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0);
  }
  return (struct opened){s, -1};
}

static struct opened open_connected(int protocol) {
  struct opened peer = open_bound(protocol);
  int s = net_socket(protocol, NET_V4);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(peer.s), 0);
  }
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(peer.s)), 0);
  return (struct opened){s, peer.s};
}

static const struct socket_row rows[] = {
    {"given descriptor -1, then ENOTSOCK", open_nothing, PORTRES_ENOTSOCK,
     PORTRES_ENOTSOCK, PORTRES_ENOTSOCK},
    {"given descriptor INT_MAX, then ENOTSOCK", open_out_of_range,
     PORTRES_ENOTSOCK, PORTRES_ENOTSOCK, PORTRES_ENOTSOCK},
    {"given a closed descriptor, then ENOTSOCK", open_closed, PORTRES_ENOTSOCK,
     PORTRES_ENOTSOCK, PORTRES_ENOTSOCK},
    {"given a pipe, then ENOTSOCK", open_pipe, PORTRES_ENOTSOCK,
     PORTRES_ENOTSOCK, PORTRES_ENOTSOCK},
    {"given a file, then ENOTSOCK", open_file, PORTRES_ENOTSOCK,
     PORTRES_ENOTSOCK, PORTRES_ENOTSOCK},
    {"given a unix stream socket, then EOPNOTSUPP", open_unix_stream,
     PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given a unix datagram socket, then EOPNOTSUPP", open_unix_datagram,
     PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given a netlink socket, then EOPNOTSUPP", open_netlink,
     PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given a raw socket, then EOPNOTSUPP", open_raw, PORTRES_EOPNOTSUPP,
     PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given a UDP-Lite socket, then EOPNOTSUPP", open_udplite,
     PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given a fresh socket, then every call succeeds", open_fresh, 0, 0, 0},
    {"given a bound socket, then only associate refuses it", open_bound, 0,
     PORTRES_EINVAL, 0},
    {"given a listener, then only associate refuses it", open_listening, 0,
     PORTRES_EINVAL, 0},
    {"given a connected socket, then only associate refuses it", open_connected,
     0, PORTRES_EINVAL, 0},
};

static void close_opened(struct opened opened, int expected) {
  if (expected != PORTRES_ENOTSOCK) {
    net_close(opened.s);
  } else if (opened.s >= 0 && opened.s != INT_MAX) {
    close(opened.s); /* a pipe or a file; closed already otherwise */
  }
  if (opened.other >= 0) {
    net_close(opened.other);
  }
}

static void expect_acquirable(int protocol, uint16_t start, uint16_t count) {
  struct contract_block block = contract_block_at(protocol, start, count);
  contract_end(&block);
}

static void check_acquire(const struct socket_row* row,
                          int protocol,
                          bool with_options) {
  struct portres_reservation granted;
  uint16_t start = net_free_block(4);
  struct portres_options options = {.size = sizeof options,
                                    .range = {start, 4}};
  struct opened opened = row->open(protocol);
  int status = with_options
                   ? contract_acquire_with(opened.s, &options, &granted)
                   : contract_acquire(opened.s, start, 4, &granted);
  assert_int_equal(status, row->acquire);
  if (status == 0) {
    assert_int_equal(granted.range.start, start);
    assert_int_equal(granted.range.count, 4);
    assert_true(granted.token != 0);
  }
  close_opened(opened, row->acquire);
  expect_acquirable(protocol, start, 4);
}

static void check_associate(const struct socket_row* row, int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct opened opened = row->open(protocol);
  assert_int_equal(contract_associate(opened.s, block.token), row->associate);
  contract_expect_figures(block.token, 0, 2, 0);
  close_opened(opened, row->associate);
  contract_end(&block);
}

static void check_release(const struct socket_row* row, int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  struct portres_info info = {.size = sizeof info};
  struct opened opened = row->open(protocol);
  assert_int_equal(contract_release(opened.s, block.token), row->release);
  assert_int_equal(contract_describe(block.token, &info),
                   row->release == 0 ? PORTRES_EINVAL : 0);
  close_opened(opened, row->release);
  contract_end(&block);
}

static void check_row(const void* data) {
  static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  for (int i = 0; i < 2; i++) {
    check_acquire(data, protocols[i], false);
    check_acquire(data, protocols[i], true);
    check_associate(data, protocols[i]);
    check_release(data, protocols[i]);
  }
}

/* MPTCP has no ports of its own on Linux. */
static void check_mptcp(void) {
  struct portres_reservation granted;
  int s = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  if (s < 0) {
    table_skip("this kernel has no MPTCP");
  }
  struct contract_block block = contract_block(IPPROTO_TCP, 2);
  assert_int_equal(contract_acquire(s, block.start, 2, &granted),
                   PORTRES_EADDRINUSE);
  assert_int_equal(net_bind_any(s, block.start), EACCES);
  assert_int_equal(contract_associate(s, block.token), 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(net_port(s), block.start);
  contract_expect_figures(block.token, 1, 1, 0);
  net_close(s);
  contract_end(&block);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  table_add_one("given an MPTCP socket, then it counts as TCP", check_mptcp);
  return contract_run("sockets");
}
