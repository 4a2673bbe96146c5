/* Every call that binds a socket, by name and by syscall(): on an associated,
 * unbound socket it takes the lowest free port; two ports later it says
 * ENOBUFS and the socket stays unbound. A call that bypassed us would take the
 * kernel's pick, which lies outside the block, and never fail. */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hook_support.h"

/* 0 or -1, as the call. */
typedef int (*binder)(int s, const struct net_address* to);

struct row {
  const char* name;
  int protocol;
  binder bind;
};

static int by_bind(int s, const struct net_address* to) {
  (void)to;
  struct net_address any = net_loopback(NET_V4, 0);
  return bind(s, &any.as.any, any.len);
}

static int by_bindresvport(int s, const struct net_address* to) {
  (void)to;
  return bindresvport(s, NULL);
}

static int by_bindresvport_at(int s, const struct net_address* to) {
  (void)to;
  struct net_address any = net_loopback(NET_V4, 0);
  return bindresvport(s, &any.as.v4);
}

static int by_connect(int s, const struct net_address* to) {
  return connect(s, &to->as.any, to->len);
}

static int by_listen(int s, const struct net_address* to) {
  (void)to;
  return listen(s, 1);
}

/* Without a peer they fail, but not before the kernel has bound the socket. */
static int expect_no_peer(ssize_t sent) {
  if (sent != -1 || errno != EDESTADDRREQ) {
    return -1;
  }
  errno = HOOK_ERRNO;
  return 0;
}

static int by_send(int s, const struct net_address* to) {
  (void)to;
  return expect_no_peer(send(s, "x", 1, 0));
}

static int by_sendto_nobody(int s, const struct net_address* to) {
  (void)to;
  return expect_no_peer(sendto(s, "x", 1, 0, NULL, 0));
}

static int by_sendto(int s, const struct net_address* to) {
  return sendto(s, "x", 1, 0, &to->as.any, to->len) == 1 ? 0 : -1;
}

static int by_fast_open(int s, const struct net_address* to) {
  return sendto(s, "x", 1, MSG_FASTOPEN, &to->as.any, to->len) == 1 ? 0 : -1;
}

static struct mmsghdr one_message(const struct net_address* to,
                                  struct iovec* data) {
  *data = (struct iovec){.iov_base = "x", .iov_len = 1};
  return (struct mmsghdr){.msg_hdr = {.msg_name = (void*)&to->as,
                                      .msg_namelen = to->len,
                                      .msg_iov = data,
                                      .msg_iovlen = 1}};
}

static int by_sendmsg(int s, const struct net_address* to) {
  struct iovec data;
  struct mmsghdr message = one_message(to, &data);
  return sendmsg(s, &message.msg_hdr, 0) == 1 ? 0 : -1;
}

static int by_sendmmsg(int s, const struct net_address* to) {
  struct iovec data;
  struct mmsghdr message = one_message(to, &data);
  return sendmmsg(s, &message, 1, 0) == 1 ? 0 : -1;
}

static int by_raw_bind(int s, const struct net_address* to) {
  (void)to;
  struct net_address any = net_loopback(NET_V4, 0);
  return (int)syscall(SYS_bind, s, &any.as, any.len);
}

static int by_raw_connect(int s, const struct net_address* to) {
  return (int)syscall(SYS_connect, s, &to->as, to->len);
}

static int by_raw_listen(int s, const struct net_address* to) {
  (void)to;
  return (int)syscall(SYS_listen, s, 1);
}

static int by_raw_sendto(int s, const struct net_address* to) {
  return syscall(SYS_sendto, s, "x", 1, 0, &to->as, to->len) == 1 ? 0 : -1;
}

static int by_raw_sendmsg(int s, const struct net_address* to) {
  struct iovec data;
  struct mmsghdr message = one_message(to, &data);
  return syscall(SYS_sendmsg, s, &message.msg_hdr, 0) == 1 ? 0 : -1;
}

static int by_raw_sendmmsg(int s, const struct net_address* to) {
  struct iovec data;
  struct mmsghdr message = one_message(to, &data);
  return syscall(SYS_sendmmsg, s, &message, 1, 0) == 1 ? 0 : -1;
}

#define TAKES ", when a socket is bound by it, then the block gives the port"

static const struct row rows[] = {
    {"given bind on TCP" TAKES, IPPROTO_TCP, by_bind},
    {"given bind on UDP" TAKES, IPPROTO_UDP, by_bind},
    {"given bindresvport on TCP" TAKES, IPPROTO_TCP, by_bindresvport},
    {"given bindresvport on UDP" TAKES, IPPROTO_UDP, by_bindresvport},
    {"given bindresvport with an address" TAKES, IPPROTO_UDP,
     by_bindresvport_at},
    {"given connect on TCP" TAKES, IPPROTO_TCP, by_connect},
    {"given connect on UDP" TAKES, IPPROTO_UDP, by_connect},
    {"given listen" TAKES, IPPROTO_TCP, by_listen},
    {"given send" TAKES, IPPROTO_UDP, by_send},
    {"given sendto without an address" TAKES, IPPROTO_UDP, by_sendto_nobody},
    {"given sendto" TAKES, IPPROTO_UDP, by_sendto},
    {"given sendto with MSG_FASTOPEN" TAKES, IPPROTO_TCP, by_fast_open},
    {"given sendmsg" TAKES, IPPROTO_UDP, by_sendmsg},
    {"given sendmmsg" TAKES, IPPROTO_UDP, by_sendmmsg},
    {"given syscall(SYS_bind)" TAKES, IPPROTO_TCP, by_raw_bind},
    {"given syscall(SYS_connect)" TAKES, IPPROTO_TCP, by_raw_connect},
    {"given syscall(SYS_listen)" TAKES, IPPROTO_TCP, by_raw_listen},
    {"given syscall(SYS_sendto)" TAKES, IPPROTO_UDP, by_raw_sendto},
    {"given syscall(SYS_sendmsg)" TAKES, IPPROTO_UDP, by_raw_sendmsg},
    {"given syscall(SYS_sendmmsg)" TAKES, IPPROTO_UDP, by_raw_sendmmsg},
};

static int open_target(int protocol) {
  const int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0);
  }
  return s;
}

/* A reset leaves no TIME_WAIT, so that the port is free at once. */
static void reset_at_close(int s) {
  const struct linger off = {.l_onoff = 1, .l_linger = 0};
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &off, sizeof off), 0);
}

static int take(const struct row* row,
                const struct hook_block* block,
                const struct net_address* to,
                uint16_t want) {
  const int s = hook_member(block);
  reset_at_close(s);
  errno = HOOK_ERRNO;
  assert_int_equal(row->bind(s, to), 0);
  assert_int_equal(errno, HOOK_ERRNO);
  assert_int_equal(net_port(s), want);
  return s;
}

static void check_row(const void* data) {
  const struct row* row = data;
  const int target = open_target(row->protocol);
  const struct net_address to = net_name(target);
  const struct hook_block block = hook_acquire(row->protocol, 2);
  const int first = take(row, &block, &to, block.range.start);
  const int second = take(row, &block, &to, block.range.start + 1);
  hook_expect(&block, 2, 0);

  const int third = hook_member(&block);
  assert_int_equal(row->bind(third, &to), -1);
  assert_int_equal(errno, ENOBUFS);
  assert_int_equal(net_port(third), 0);

  net_close(second);
  const int fourth = take(row, &block, &to, block.range.start + 1);
  net_close(third);
  net_close(fourth);
  net_close(first);
  hook_finish(&block);
  net_close(target);
}

/* Needs net_bind_service: without it bindresvport itself fails with EACCES.
 * The reserved block lies across the ports that bindresvport tries. */
static void check_stranger_bindresvport(void) {
  struct hook_block block = {.owner = net_socket(IPPROTO_UDP, NET_V4)};
  struct portres_reservation granted;
  const struct portres_range want = {600, 400};
  const int status = portres_acquire(block.owner, want, &granted);
  assert_int_equal(status, PORTRES_OK);
  block.range = granted.range;
  for (int i = 0; i < 200; i++) {
    const int s = net_socket(IPPROTO_UDP, NET_V4);
    assert_int_equal(bindresvport(s, NULL), 0);
    assert_in_range(net_port(s), 512, 1023);
    assert_false(hook_is_inside(&block, net_port(s)));
    net_close(s);
  }
  net_close(block.owner);
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "bindresvport") == 0) {
    table_add_one(
        "given a privileged block, when a stranger calls bindresvport, then "
        "it never lands in it",
        check_stranger_bindresvport);
    return table_run("hook_bindresvport");
  }
  TABLE_ADD(rows, check_row);
  return table_run("hook_bind");
}
