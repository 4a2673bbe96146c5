/* The socket calls of portres/calls.h: what bind() does through the hooks they
 * do by name, in libc's dialect. A program may mix both.
 */
#include <errno.h>
#include <portres/calls.h>
#include <unistd.h>

#include "contract.h"

static int open_receiver(int protocol) {
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(s, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(s), 0);
  }
  return s;
}

static int call_bind(int s, struct net_address to) {
  (void)to;
  struct net_address any = net_any(NET_V4, 0);
  return portres_bind(s, &any.as.any, any.len);
}

static int call_connect(int s, struct net_address to) {
  return portres_connect(s, &to.as.any, to.len);
}

static int call_listen(int s, struct net_address to) {
  (void)to;
  return portres_listen(s, 1);
}

static int call_sendto(int s, struct net_address to) {
  return portres_sendto(s, "x", 1, 0, &to.as.any, to.len) == 1 ? 0 : -1;
}

static int call_sendmsg(int s, struct net_address to) {
  char byte = 'x';
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_name = &to.as,
                           .msg_namelen = to.len,
                           .msg_iov = &data,
                           .msg_iovlen = 1};
  return portres_sendmsg(s, &message, 0) == 1 ? 0 : -1;
}

struct call_row {
  const char* name;
  int protocol;
  int (*call)(int s, struct net_address to);
};

static const struct call_row call_rows[] = {
    {"TCP: given portres_bind, then the port is of the block", IPPROTO_TCP,
     call_bind},
    {"UDP: given portres_bind, then the port is of the block", IPPROTO_UDP,
     call_bind},
    {"TCP: given portres_connect, then the port is of the block", IPPROTO_TCP,
     call_connect},
    {"UDP: given portres_connect, then the port is of the block", IPPROTO_UDP,
     call_connect},
    {"TCP: given portres_listen, then the port is of the block", IPPROTO_TCP,
     call_listen},
    {"UDP: given portres_sendto, then the port is of the block", IPPROTO_UDP,
     call_sendto},
    {"UDP: given portres_sendmsg, then the port is of the block", IPPROTO_UDP,
     call_sendmsg},
};

/* A connected socket would leave TIME_WAIT on the block's one port. */
static void reset_on_close(int s) {
  struct linger now = {.l_onoff = 1};
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
}

static void check_call(const void* data) {
  const struct call_row* row = data;
  struct contract_block block = contract_block(row->protocol, 1);
  int receiver = open_receiver(row->protocol);
  struct net_address to = net_loopback(NET_V4, net_port(receiver));
  int s = contract_member(&block, NET_V4);
  errno = ENOTNAM;
  assert_int_equal(row->call(s, to), 0);
  assert_int_equal(errno, ENOTNAM);
  assert_int_equal(net_port(s), block.start);

  int extra = contract_member(&block, NET_V4);
  assert_int_equal(row->call(extra, to), -1);
  assert_int_equal(errno, ENOBUFS);
  assert_int_equal(row->call(-1, to), -1);
  assert_int_equal(errno, EBADF);
  reset_on_close(s);
  assert_int_equal(portres_close(s), 0);
  contract_expect_figures(block.token, 0, 1, 0);
  assert_int_equal(row->call(extra, to), 0);
  assert_int_equal(net_port(extra), block.start);
  net_close(extra);
  net_close(receiver);
  contract_end(&block);
}

static void check_refusals(int protocol) {
  uint16_t start = net_free_block(3);
  struct contract_block block =
      contract_block_at(protocol, (uint16_t)(start + 1), 2);
  struct net_address inside = net_any(NET_V4, block.start);
  struct net_address outside = net_any(NET_V4, start);
  int member = contract_member(&block, NET_V4);
  int stranger = net_socket(protocol, NET_V4);
  assert_int_equal(portres_bind(member, &outside.as.any, outside.len), -1);
  assert_int_equal(errno, EACCES);
  assert_int_equal(portres_bind(stranger, &inside.as.any, inside.len), -1);
  assert_int_equal(errno, EACCES);
  assert_int_equal(portres_bind(stranger, &outside.as.any, outside.len), 0);
  assert_int_equal(portres_bind(member, &inside.as.any, inside.len), 0);
  net_close(member);
  net_close(stranger);
  contract_end(&block);
}

static void check_copies(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  int member = contract_bound_member(&block, NET_V4);
  int copy = portres_dup(member);
  int other = net_socket(protocol, NET_V4);
  assert_true(copy >= 0);
  assert_int_equal(portres_dup2(member, other), other);
  assert_int_equal(portres_close(member), 0);
  contract_expect_figures(block.token, 1, 0, 0);
  assert_int_equal(portres_close(copy), 0);
  contract_expect_figures(block.token, 1, 0, 0);
  assert_int_equal(portres_close(other), 0);
  contract_expect_figures(block.token, 0, 1, 0);
  assert_int_equal(portres_close(other), -1);
  assert_int_equal(errno, EBADF);
  contract_end(&block);
}

static void check_holder(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  struct portres_info info = {.size = sizeof info};
  int copy = portres_dup(block.holder);
  assert_int_equal(portres_close(block.holder), 0);
  contract_expect_figures(block.token, 0, 1, 0);
  assert_int_equal(portres_close(copy), 0);
  assert_int_equal(contract_describe(block.token, &info), PORTRES_EINVAL);
}

/* The promise is allowed where it is not needed. */
static void check_promise(int protocol) {
  portres_use_calls();
  struct contract_block block = contract_block(protocol, 1);
  net_close(contract_bound_member(&block, NET_V4));
  contract_end(&block);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given portres_bind outside the block or without the token, "
                  "then EACCES",
                  check_refusals),
    CONTRACT_BOTH("given portres_dup and portres_dup2, then the port is used "
                  "until the last closes",
                  check_copies),
    CONTRACT_BOTH("given portres_close of the acquiring socket's last "
                  "descriptor, then the reservation ends",
                  check_holder),
    CONTRACT_BOTH("given the promise in a program with hooks, then both work",
                  check_promise),
};

int main(void) {
  TABLE_ADD(call_rows, check_call);
  TABLE_ADD(rows, contract_check);
  return contract_run("calls");
}
