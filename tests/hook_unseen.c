/* A close that nobody saw (io_uring, Go, an assembler routine) leaves a stale
 * entry behind. The next descriptor of that number must not be taken for the
 * old socket, whatever creates it, and the old port must come back. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"

/* Makes a descriptor, which is to get the number `s` that was just freed; what
 * else it needs it opened before, in `prepare`. */
struct maker {
  int listener;
  int client;
  int spare; /* a socket that is not associated */
  int ends[2];
  int other; /* a second new descriptor, or -1 */
};

struct row {
  const char* name;
  int (*make)(struct maker* maker, int s);
  bool is_fresh; /* a TCP socket that may be bound */
};

static int make_socket(struct maker* maker, int s) {
  (void)maker, (void)s;
  return socket(AF_INET, SOCK_STREAM, 0);
}

static int make_raw_socket(struct maker* maker, int s) {
  (void)maker, (void)s;
  return (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static int make_accept(struct maker* maker, int s) {
  (void)s;
  return accept(maker->listener, NULL, NULL);
}

static int make_accept4(struct maker* maker, int s) {
  (void)s;
  return accept4(maker->listener, NULL, NULL, SOCK_CLOEXEC);
}

#ifdef SYS_accept
static int make_raw_accept(struct maker* maker, int s) {
  (void)s;
  return (int)syscall(SYS_accept, maker->listener, NULL, NULL);
}
#endif

static int make_raw_accept4(struct maker* maker, int s) {
  (void)s;
  return (int)syscall(SYS_accept4, maker->listener, NULL, NULL, 0);
}

static int pick_of_pair(struct maker* maker, int s, const int pair[2]) {
  const int first_is_s = pair[0] == s;
  maker->other = pair[first_is_s];
  return pair[!first_is_s];
}

static int make_pair(struct maker* maker, int s) {
  int pair[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  return pick_of_pair(maker, s, pair);
}

static int make_raw_pair(struct maker* maker, int s) {
  int pair[2];
  assert_int_equal(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair), 0);
  return pick_of_pair(maker, s, pair);
}

static int make_recvmsg(struct maker* maker, int s) {
  (void)s;
  return hook_by_recvmsg(maker->ends[1]);
}

static int make_recvmmsg(struct maker* maker, int s) {
  (void)s;
  return hook_by_recvmmsg(maker->ends[1]);
}

static int make_dup(struct maker* maker, int s) {
  (void)s;
  return dup(maker->spare);
}

static int make_dup2(struct maker* maker, int s) {
  return dup2(maker->spare, s);
}

static int make_dup3(struct maker* maker, int s) {
  return dup3(maker->spare, s, 0);
}

static int make_f_dupfd(struct maker* maker, int s) {
  return fcntl(maker->spare, F_DUPFD, s);
}

#define UNSEEN \
  ", when it reuses a number closed unseen, then it is a new socket"

static const struct row rows[] = {
    {"given socket" UNSEEN, make_socket, true},
    {"given syscall(SYS_socket)" UNSEEN, make_raw_socket, true},
    {"given accept" UNSEEN, make_accept, false},
    {"given accept4" UNSEEN, make_accept4, false},
#ifdef SYS_accept
    {"given syscall(SYS_accept)" UNSEEN, make_raw_accept, false},
#endif
    {"given syscall(SYS_accept4)" UNSEEN, make_raw_accept4, false},
    {"given socketpair" UNSEEN, make_pair, false},
    {"given syscall(SYS_socketpair)" UNSEEN, make_raw_pair, false},
    {"given recvmsg" UNSEEN, make_recvmsg, true},
    {"given recvmmsg" UNSEEN, make_recvmmsg, true},
    {"given dup" UNSEEN, make_dup, true},
    {"given dup2" UNSEEN, make_dup2, true},
    {"given dup3" UNSEEN, make_dup3, true},
    {"given F_DUPFD" UNSEEN, make_f_dupfd, true},
};

static struct maker prepare(void) {
  struct maker maker = {.other = -1};
  maker.listener = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(net_bind(maker.listener, "127.0.0.1", 0), 0);
  assert_int_equal(net_listen(maker.listener), 0);
  maker.client = net_connect_to(maker.listener);
  maker.spare = net_socket(IPPROTO_TCP, NET_V4);
  hook_rights_send(maker.spare, maker.ends);
  return maker;
}

static void finish(const struct maker* maker) {
  net_close(maker->listener);
  net_close(maker->client);
  net_close(maker->spare);
  hook_rights_finish(maker->ends);
  if (maker->other >= 0) {
    net_close(maker->other);
  }
}

/* The number of a member must be the lowest one free when it is closed, so
 * that the kernel gives it to the next descriptor. */
static int reuse(const struct row* row, struct maker* maker, int s) {
  hook_hidden_close(s);
  const int again = row->make(maker, s);
  assert_int_equal(again, s);
  return again;
}

static void check_stale_bound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = hook_bound_member(&block);
  struct maker maker = prepare();
  const int again = reuse(row, &maker, s);
  hook_expect(&block, 0, 1);
  if (row->is_fresh) {
    assert_int_equal(hook_bind(again), 0);
    assert_false(hook_is_inside(&block, net_port(again)));
  }
  const int next = hook_member(&block);
  assert_int_equal(hook_bind(next), 0);
  assert_int_equal(net_port(next), block.range.start);
  net_close(again);
  hook_expect(&block, 1, 0);
  net_close(next);
  finish(&maker);
  hook_finish(&block);
}

static void check_stale_unbound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = hook_member(&block);
  struct maker maker = prepare();
  const int again = reuse(row, &maker, s);
  if (row->is_fresh) {
    assert_int_equal(hook_bind(again), 0);
    assert_false(hook_is_inside(&block, net_port(again)));
  }
  hook_expect(&block, 0, 1);
  net_close(again);
  finish(&maker);
  hook_finish(&block);
}

static void check_row(const void* data) {
  hook_need_hidden();
  check_stale_bound(data);
  check_stale_unbound(data);
}

/* The reservation of an acquiring socket that was closed unseen may linger,
 * but not for its successor's sake. */
static void check_stale_owner(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  hook_hidden_close(block.owner);
  const int again = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(again, block.owner);
  assert_false(hook_is_alive(block.token));
  net_close(again);
}

static int hidden_socket(void) {
  const long s = hook_hidden(SYS_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0);
  assert_true(s >= 0);
  return (int)s;
}

/* Neither end was seen: only the socket's cookie tells. */
static void check_both_unseen(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 2);
  const int first = hook_bound_member(&block);
  const int second = hook_bound_member(&block);
  hook_hidden_close(first);
  const int stranger = hidden_socket();
  assert_int_equal(stranger, first);
  const int next = hook_member(&block);
  assert_int_equal(hook_bind_soon(next), 0);
  assert_int_equal(net_port(next), block.range.start);
  net_close(stranger);
  hook_expect(&block, 2, 0);
  net_close(second);
  net_close(next);
  hook_finish(&block);
}

/* Nothing came after the close: the number is simply empty. */
static void check_nothing_followed(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  hook_hidden_close(s);
  const int low = net_socket(IPPROTO_UDP, NET_V4);
  const int next = fcntl(low, F_DUPFD, s + 1);
  net_close(low);
  assert_int_equal(portres_associate(next, block.token), PORTRES_OK);
  assert_int_equal(hook_bind_soon(next), 0);
  net_close(next);
  hook_finish(&block);
}

/* What is no socket cannot be told apart by a cookie either. */
static void check_no_socket_followed(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  hook_hidden_close(s);
  const int event = eventfd(0, 0);
  assert_int_equal(event, s);
  assert_int_equal(hook_bind(event), ENOTSOCK);
  const int next = hook_member(&block);
  assert_int_equal(hook_bind_soon(next), 0);
  net_close(event);
  hook_expect(&block, 1, 0);
  net_close(next);
  hook_finish(&block);
}

/* One member's number is reused unseen while a copy of it lives on. */
static void check_copy_outlives(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  const int copy = dup(s);
  hook_hidden_close(s);
  const int again = net_socket(IPPROTO_UDP, NET_V4);
  assert_int_equal(again, s);
  hook_expect(&block, 1, 0);
  net_close(again);
  hook_expect(&block, 1, 0);
  net_close(copy);
  hook_finish(&block);
}

/* accept() gives a socket on a port of the block that is none of its own. */
static void check_accepted(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int listener = hook_bound_member(&block);
  assert_int_equal(net_listen(listener), 0);
  const int client = net_connect_to(listener);
  const int served = net_accept(listener);
  assert_int_equal(net_port(served), block.range.start);
  assert_int_equal(portres_associate(served, block.token), PORTRES_EINVAL);
  hook_expect(&block, 1, 0);
  net_close(served);
  hook_expect(&block, 1, 0);
  const struct linger off = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  net_close(client);
  net_close(listener);
  hook_expect(&block, 0, 1);
  net_close(block.owner);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  table_add_one(
      "given an acquiring socket closed unseen, when its number is "
      "reused, then its token is dead",
      check_stale_owner);
  table_add_one(
      "given a close and a socket unseen, when the block looks full, "
      "then the port comes back",
      check_both_unseen);
  table_add_one(
      "given a close unseen and nothing after it, when the block "
      "looks full, then the port comes back",
      check_nothing_followed);
  table_add_one(
      "given a close unseen and an eventfd after it, when the block "
      "looks full, then the port comes back",
      check_no_socket_followed);
  table_add_one(
      "given a copy, when the other number is reused, then the copy "
      "keeps the port",
      check_copy_outlives);
  table_add_one(
      "given a listener of the block, when it accepts, then the new "
      "socket is no member",
      check_accepted);
  return table_run("hook_unseen");
}
