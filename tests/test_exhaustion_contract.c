/* A block of N ports serves exactly N sockets: each a different port of the
 * block, lowest first, and the one after them fails with ENOBUFS and stays
 * unbound; a closed socket's port is the next one handed out. Whatever binds
 * an associated socket - bind, connect, listen, sendto, sendmsg, sendmmsg -
 * obeys it, for TCP and UDP, IPv4, IPv6 and dual-stack.
 *
 * Windows promises the port "from the specified reservation" and WSAENOBUFS;
 * lowest first is our choice (COMPAT), which real Windows need not share.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

#define ROWS_MAX 256

/* Where connect and the senders go; a TCP peer is closed at once, so that the
 * client's side is the one without TIME_WAIT. */
struct peer {
  int s;
  struct net_address address;
};

struct way {
  const char* text;
  int (*take)(int s, const struct peer* peer); /* 0, or errno */
  int protocol;                                /* 0: both */
  const uint16_t* counts;                      /* ends with 0 */
};

struct exhaustion_row {
  const char* name;
  const struct way* way;
  int protocol;
  enum net_family family;
  uint16_t count;
};

static int take_by_bind(int s, const struct peer* peer) {
  (void)peer;
  return net_bind_any(s, 0);
}

static int take_by_listen(int s, const struct peer* peer) {
  (void)peer;
  return net_listen(s);
}

static int take_by_connect(int s, const struct peer* peer) {
  if (connect(s, &peer->address.as.any, peer->address.len) != 0) {
    return errno;
  }
  int type = 0;
  socklen_t len = sizeof type;
  getsockopt(s, SOL_SOCKET, SO_TYPE, &type, &len);
  if (type == SOCK_STREAM) {
    net_close(net_accept(peer->s));
  }
  return 0;
}

static int take_by_sendto(int s, const struct peer* peer) {
  ssize_t sent = sendto(s, "x", 1, 0, &peer->address.as.any, peer->address.len);
  return sent == 1 ? 0 : errno;
}

static struct msghdr message_to(const struct peer* peer, struct iovec* data) {
  static char byte = 'x';
  *data = (struct iovec){&byte, 1};
  return (struct msghdr){.msg_name = (void*)&peer->address.as,
                         .msg_namelen = peer->address.len,
                         .msg_iov = data,
                         .msg_iovlen = 1};
}

static int take_by_sendmsg(int s, const struct peer* peer) {
  struct iovec data;
  struct msghdr message = message_to(peer, &data);
  return sendmsg(s, &message, 0) == 1 ? 0 : errno;
}

static int take_by_sendmmsg(int s, const struct peer* peer) {
  struct iovec data;
  struct mmsghdr two[2] = {{.msg_hdr = message_to(peer, &data)},
                           {.msg_hdr = message_to(peer, &data)}};
  return sendmmsg(s, two, 2, 0) == 2 ? 0 : errno;
}

/* 255, 256, 257 and 4096 stand at the edges of bitmap words and levels. */
static const uint16_t all_counts[] = {1,   2,   3,    16,    255,
                                      256, 257, 4096, 16384, 0};
static const uint16_t some_counts[] = {1, 2, 65, 257, 16384, 0};

static const struct way ways[] = {
    {"bind port 0", take_by_bind, 0, all_counts},
    {"listen unbound", take_by_listen, IPPROTO_TCP, some_counts},
    {"connect unbound", take_by_connect, 0, some_counts},
    {"sendto unbound", take_by_sendto, IPPROTO_UDP, some_counts},
    {"sendmsg unbound", take_by_sendmsg, IPPROTO_UDP, some_counts},
    {"sendmmsg unbound", take_by_sendmmsg, IPPROTO_UDP, some_counts},
};

/* A dual-stack socket goes to IPv4, its v6 side being the v6 rows' matter. */
static struct peer open_peer(int protocol, enum net_family family) {
  enum net_family own = family == NET_DUAL ? NET_V4 : family;
  struct peer peer = {.s = net_socket(protocol, own)};
  assert_int_equal(net_bind_any(peer.s, 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(peer.s), 0);
  }
  peer.address = net_address(family == NET_V4   ? "127.0.0.1"
                             : family == NET_V6 ? "::1"
                                                : "::ffff:127.0.0.1",
                             net_port(peer.s));
  return peer;
}

static int take(const struct exhaustion_row* row,
                const struct contract_block* block,
                const struct peer* peer,
                uint16_t want) {
  int s = contract_member(block, row->family);
  assert_int_equal(row->way->take(s, peer), 0);
  assert_int_equal(net_port(s), want);
  return s;
}

static void expect_exhausted(const struct exhaustion_row* row,
                             const struct contract_block* block,
                             const struct peer* peer) {
  int s = contract_member(block, row->family);
  assert_int_equal(row->way->take(s, peer), ENOBUFS);
  assert_int_equal(net_port(s), 0);
  net_close(s);
}

static void check_exhaustion(const void* data) {
  const struct exhaustion_row* row = data;
  net_need_descriptors(row->count + 2u);
  net_need_room(row->count);
  struct contract_block block = contract_block(row->protocol, row->count);
  struct peer peer = open_peer(row->protocol, row->family);
  int* sockets = calloc(row->count, sizeof *sockets);
  assert_non_null(sockets);
  for (unsigned i = 0; i < row->count; i++) {
    sockets[i] = take(row, &block, &peer, (uint16_t)(block.start + i));
  }
  contract_expect_figures(block.token, row->count, 0, 0);
  expect_exhausted(row, &block, &peer);

  unsigned middle = row->count / 2u;
  net_close(sockets[middle]);
  contract_expect_figures(block.token, row->count - 1u, 1, 0);
  sockets[middle] = take(row, &block, &peer, (uint16_t)(block.start + middle));
  expect_exhausted(row, &block, &peer);

  for (unsigned i = 0; i < row->count; i++) {
    net_close(sockets[i]);
  }
  contract_expect_figures(block.token, 0, row->count, 0);
  free(sockets);
  net_close(peer.s);
  contract_end(&block);
}

static struct exhaustion_row rows[ROWS_MAX];
static char names[ROWS_MAX][128];
static size_t rows_count;

static void add_row(const struct way* way,
                    int protocol,
                    enum net_family family,
                    uint16_t count) {
  static const char* const family_names[] = {"IPv4", "IPv6", "dual-stack"};
  assert_true(rows_count < ROWS_MAX);
  snprintf(names[rows_count], sizeof names[0],
           "given %u %s ports, when %u %s sockets %s, then the last gets none",
           count, protocol == IPPROTO_TCP ? "TCP" : "UDP", count + 1u,
           family_names[family], way->text);
  rows[rows_count] =
      (struct exhaustion_row){names[rows_count], way, protocol, family, count};
  rows_count++;
}

static void add_way(const struct way* way, int protocol) {
  if (way->protocol != 0 && way->protocol != protocol) {
    return;
  }
  for (const uint16_t* count = way->counts; *count != 0; count++) {
    add_row(way, protocol, NET_V4, *count);
    add_row(way, protocol, NET_V6, *count);
    add_row(way, protocol, NET_DUAL, *count);
  }
}

/* One protocol a run, so that meson can run both at once. */
int main(int argc, char** argv) {
  bool is_tcp = argc == 2 && strcmp(argv[1], "tcp") == 0;
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    add_way(&ways[i], is_tcp ? IPPROTO_TCP : IPPROTO_UDP);
  }
  table_add(rows, rows_count, sizeof rows[0], check_exhaustion);
  return contract_run("exhaustion");
}
