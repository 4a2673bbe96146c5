/* select() over counted arrays of sockets.
 *
 * What is ready is Winsock's: a connect() that failed shows in the except set
 * alone, and a stream without a peer in none, where poll() says of both that
 * they are hung up.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "winsock.h"

static const struct timeval now = {.tv_sec = 0};

static portres_ws_fd_set set_of(SOCKET first, SOCKET second) {
  portres_ws_fd_set set = {2, {first, second}};
  return set;
}

/* How many of the two are in the set after select(), with no wait. */
static int readable(SOCKET first, SOCKET second) {
  portres_ws_fd_set set = set_of(first, second);
  int count = portres_ws_select(0, &set, NULL, NULL, &now);
  assert_int_equal(count, set.fd_count);
  return count;
}

static void check_read(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  portres_ws_fd_set set = set_of(pair.client, pair.server);
  assert_int_equal(readable(pair.client, pair.server), 0);
  assert_int_equal(portres_ws_send(pair.client, "x", 1, 0), 1);
  WS_WORKS(portres_ws_select(-5, &set, NULL, NULL, NULL) - 1);
  assert_int_equal(set.fd_count, 1);
  assert_int_equal(set.fd_array[0], pair.server);
  assert_true(__WSAFDIsSet(pair.server, &set));
  assert_false(__WSAFDIsSet(pair.client, &set));
  ws_close_pair(pair);
}

static void check_three_sets(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  portres_ws_fd_set reads = set_of(pair.client, pair.server);
  portres_ws_fd_set writes = reads;
  portres_ws_fd_set excepts = reads;
  assert_int_equal(portres_ws_send(pair.client, "x", 1, 0), 1);
  assert_int_equal(portres_ws_select(0, &reads, &writes, &excepts, &now), 3);
  assert_int_equal(reads.fd_count, 1);
  assert_int_equal(writes.fd_count, 2);
  assert_int_equal(excepts.fd_count, 0);
  ws_close_pair(pair);
}

static void check_listener(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET client = ws_socket(protocol, NET_V4);
  assert_int_equal(readable(listener, client), 0);
  assert_int_equal(ws_connect(client, ws_port(listener)), 0);
  assert_int_equal(readable(listener, client), 1);
  ws_close(client);
  ws_close(listener);
}

static void check_ends(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  portres_ws_fd_set writes = {1, {pair.client}};
  (void)protocol;
  WS_WORKS(portres_ws_shutdown(pair.server, SD_SEND));
  assert_int_equal(readable(pair.client, pair.server), 1);
  WS_WORKS(portres_ws_shutdown(pair.client, SD_SEND));
  assert_int_equal(readable(pair.client, pair.server), 2);
  assert_int_equal(portres_ws_select(0, NULL, &writes, NULL, &now), 1);
  ws_close_pair(pair);
}

/* --- Streams without a peer --- */

static void check_unconnected(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  portres_ws_fd_set reads = {1, {s}};
  portres_ws_fd_set writes = {1, {s}};
  portres_ws_fd_set excepts = {1, {s}};
  struct timeval soon = {.tv_usec = 30000};
  struct timespec before;
  struct timespec after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  assert_int_equal(portres_ws_select(0, &reads, &writes, &excepts, &soon), 0);
  clock_gettime(CLOCK_MONOTONIC, &after);
  long waited_us = (after.tv_sec - before.tv_sec) * 1000000 +
                   (after.tv_nsec - before.tv_nsec) / 1000;
  assert_true(waited_us >= 30000);
  assert_int_equal(reads.fd_count + writes.fd_count + excepts.fd_count, 0);
  ws_close(s);
}

static void check_failed_connect(int protocol) {
  SOCKET listener = ws_bound(protocol, NET_V4);
  SOCKET s = ws_socket(protocol, NET_V4);
  portres_ws_fd_set reads = {1, {s}};
  portres_ws_fd_set writes = {1, {s}};
  portres_ws_fd_set excepts = {1, {s}};
  ws_set_blocking(s, false);
  assert_int_equal(ws_connect(s, ws_port(listener)), WSAEWOULDBLOCK);
  assert_int_equal(portres_ws_select(0, &reads, &writes, &excepts, NULL), 1);
  assert_int_equal(reads.fd_count, 0);
  assert_int_equal(writes.fd_count, 0);
  assert_int_equal(excepts.fd_count, 1);
  ws_close(s);
  ws_close(listener);
}

static void check_connect(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET s = ws_socket(protocol, NET_V4);
  portres_ws_fd_set writes = {1, {s}};
  portres_ws_fd_set excepts = {1, {s}};
  struct linger reset = {.l_onoff = 1};
  ws_set_blocking(s, false);
  assert_int_equal(ws_connect(s, ws_port(listener)), WSAEWOULDBLOCK);
  assert_int_equal(portres_ws_select(0, NULL, &writes, &excepts, NULL), 1);
  assert_int_equal(writes.fd_count, 1);
  assert_int_equal(ws_connect(s, ws_port(listener)), WSAEISCONN);
  /* A reset afterwards is none of connect(). */
  SOCKET peer = portres_ws_accept(listener, NULL, NULL);
  WS_WORKS(portres_ws_setsockopt(peer, SOL_SOCKET, SO_LINGER, (char*)&reset,
                                 sizeof reset));
  ws_close(peer);
  excepts = (portres_ws_fd_set){1, {s}};
  assert_int_equal(portres_ws_select(0, NULL, NULL, &excepts, &now), 0);
  assert_int_equal(readable(s, listener), 1);
  ws_close(s);
  ws_close(listener);
}

/* --- Arguments --- */

static void check_nothing(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  portres_ws_fd_set empty = {0, {s}};
  portres_ws_fd_set reads = {1, {s}};
  struct timeval negative = {.tv_sec = -1};
  WS_FAILS(portres_ws_select(0, NULL, NULL, NULL, NULL), WSAEINVAL);
  WS_FAILS(portres_ws_select(0, NULL, NULL, NULL, &now), WSAEINVAL);
  WS_FAILS(portres_ws_select(0, &empty, &empty, &empty, &now), WSAEINVAL);
  WS_FAILS(portres_ws_select(0, &reads, NULL, NULL, &negative), WSAEINVAL);
  ws_close(s);
}

static void check_pointers(int protocol) {
  SOCKET s = ws_bound(protocol, NET_V4);
  portres_ws_fd_set reads = {1, {s}};
  WS_FAILS(portres_ws_select(0, ws_unmapped(), NULL, NULL, &now), WSAEFAULT);
  WS_FAILS(portres_ws_select(0, &reads, ws_unmapped(), NULL, &now), WSAEFAULT);
  WS_FAILS(portres_ws_select(0, &reads, NULL, ws_unmapped(), &now), WSAEFAULT);
  WS_FAILS(portres_ws_select(0, &reads, NULL, NULL, ws_unmapped()), WSAEFAULT);
  ws_close(s);
}

static void check_not_sockets(int protocol) {
  SOCKET good = ws_bound(protocol, NET_V4);
  SOCKET closed = ws_bound(protocol, NET_V4);
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  ws_close(closed);
  SOCKET bad[] = {INVALID_SOCKET, closed, (SOCKET)ends[0], (1ULL << 32) + good};
  for (int i = 0; i < 4; i++) {
    portres_ws_fd_set set = set_of(good, bad[i]);
    WS_FAILS(portres_ws_select(0, NULL, NULL, &set, &now), WSAENOTSOCK);
    assert_int_equal(set.fd_count, 2);
  }
  net_close(ends[0]);
  net_close(ends[1]);
  ws_close(good);
}

/* --- Sizes --- */

/* As of a program with a larger FD_SETSIZE, and with descriptors above 1024. */
static void check_large(int protocol) {
  enum { COUNT = 1500 };
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max < COUNT + 64) {
    table_skip("the limit on open descriptors is too low");
    return;
  }
  limit.rlim_cur = limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  portres_ws_fd_set* set = malloc(sizeof(u_int) * 2 + sizeof(SOCKET) * COUNT);
  assert_non_null(set);
  SOCKET* members = set->fd_array;
  SOCKET sockets[COUNT];
  for (int i = 0; i < COUNT; i++) {
    sockets[i] = ws_socket(protocol, NET_V4);
    members[i] = sockets[i];
  }
  set->fd_count = COUNT;
  assert_int_equal(ws_bind(sockets[COUNT - 1], 0), 0);
  struct net_address to = ws_loopback_of(sockets[COUNT - 1]);
  assert_int_equal(
      portres_ws_sendto(sockets[0], "x", 1, 0, &to.as.any, (int)to.len), 1);
  assert_int_equal(portres_ws_select(0, set, NULL, NULL, NULL), 1);
  assert_int_equal(set->fd_count, 1);
  assert_int_equal(members[0], sockets[COUNT - 1]);
  for (int i = 0; i < COUNT; i++) {
    ws_close(sockets[i]);
  }
  free(set);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given data, then its socket stays in the read set",
                  check_read),
    CONTRACT_BOTH("given three sets, then each has what is ready of it, and "
                  "the sum is returned",
                  check_three_sets),
    CONTRACT_TCP("given a listener, then a connection makes it readable",
                 check_listener),
    CONTRACT_TCP("given shut-down streams, then they are readable and writable",
                 check_ends),
    CONTRACT_TCP("given a stream without a peer, then no set has it, and the "
                 "time is waited",
                 check_unconnected),
    CONTRACT_TCP("given a connect that failed, then the except set alone has "
                 "it",
                 check_failed_connect),
    CONTRACT_TCP("given a connect that succeeded, then the write set has it, "
                 "and connect is WSAEISCONN",
                 check_connect),
    CONTRACT_UDP("given no sets, empty sets or a negative time, then WSAEINVAL",
                 check_nothing),
    CONTRACT_UDP("given bad pointers, then WSAEFAULT", check_pointers),
    CONTRACT_UDP("given what is no socket, then WSAENOTSOCK, and the sets stay",
                 check_not_sockets),
    CONTRACT_UDP("given 1500 sockets in one set, then the right one is found",
                 check_large),
};

int main(void) {
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_select");
}
