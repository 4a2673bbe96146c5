/* Where a SOCKET gets its port, by Winsock's calls: sections 4 and 5 of the
 * semantics, B1, B2, B4 and B5 of the clients.
 *
 * The reservation is made and the socket associated by the portable calls; the
 * control codes have tests of their own.
 */
#include <string.h>

#include "winsock.h"

/* --- Reservations --- */

/* Microsoft's sample, MsQuic and the NFS client have one socket do it all. */
static void check_one_socket(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  struct portres_reservation granted;
  assert_int_equal(contract_acquire((int)s, 0, 4, &granted), 0);
  assert_int_equal(contract_associate((int)s, granted.token), 0);
  assert_int_equal(ws_bind(s, 0), 0);
  assert_int_equal(ws_port(s), granted.range.start);
  ws_close(s);
}

static void check_port_0(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  SOCKET first = ws_member(&block, NET_V4);
  SOCKET second = ws_member(&block, NET_V6);
  SOCKET third = ws_member(&block, NET_V4);
  assert_int_equal(ws_bind(first, 0), 0);
  assert_int_equal(ws_bind(second, 0), 0);
  assert_int_equal(ws_port(first), block.start);
  assert_int_equal(ws_port(second), block.start + 1);
  assert_int_equal(ws_bind(third, 0), WSAENOBUFS);
  ws_close(first);
  assert_int_equal(ws_bind(third, 0), 0);
  assert_int_equal(ws_port(third), block.start);
  ws_close(second);
  ws_close(third);
  contract_end(&block);
}

static void check_inside(int protocol) {
  struct contract_block block = contract_block(protocol, 3);
  SOCKET s = ws_member(&block, NET_V4);
  SOCKET other = ws_member(&block, NET_V4);
  assert_int_equal(ws_bind(s, (uint16_t)(block.start + 1)), 0);
  assert_int_equal(ws_port(s), block.start + 1);
  assert_int_equal(ws_bind(other, (uint16_t)(block.start + 1)), WSAEADDRINUSE);
  ws_close(s);
  ws_close(other);
  contract_end(&block);
}

static void check_outside(int protocol) {
  uint16_t start = net_free_block(3);
  struct contract_block block =
      contract_block_at(protocol, (uint16_t)(start + 1), 1);
  SOCKET s = ws_member(&block, NET_V4);
  assert_int_equal(ws_bind(s, start), WSAEACCES);
  assert_int_equal(ws_bind(s, (uint16_t)(start + 2)), WSAEACCES);
  assert_int_equal(ws_bind(s, 0), 0);
  ws_close(s);
  contract_end(&block);
}

static void check_dead(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET s = ws_member(&block, NET_V4);
  contract_end(&block);
  assert_int_equal(ws_bind(s, 0), WSAENOBUFS);
  assert_int_equal(ws_bind(s, block.start), WSAEACCES);
  ws_close(s);
}

/* Also where the port is in use: "reserved" is found first (5). */
static void check_stranger(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  SOCKET member = ws_member(&block, NET_V4);
  SOCKET stranger = ws_socket(protocol, NET_V4);
  int is_on = 1;
  assert_int_equal(ws_bind(member, 0), 0);
  WS_WORKS(portres_ws_setsockopt(stranger, SOL_SOCKET, SO_REUSEADDR,
                                 (const char*)&is_on, sizeof is_on));
  assert_int_equal(ws_bind(stranger, block.start), WSAEACCES);
  assert_int_equal(ws_bind(stranger, (uint16_t)(block.start + 1)), WSAEACCES);
  ws_close(member);
  ws_close(stranger);
  contract_end(&block);
}

/* --- Without bind() --- */

static void check_connect(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET target = protocol == IPPROTO_TCP ? ws_listener(NET_V4)
                                          : ws_bound(protocol, NET_V4);
  SOCKET s = ws_member(&block, NET_V4);
  SOCKET extra = ws_member(&block, NET_V4);
  struct linger now = {.l_onoff = 1};
  assert_int_equal(ws_connect(s, ws_port(target)), 0);
  assert_int_equal(ws_port(s), block.start);
  assert_int_equal(ws_connect(extra, ws_port(target)), WSAENOBUFS);
  setsockopt((int)s, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ws_close(s);
  ws_close(extra);
  ws_close(target);
  contract_end(&block);
}

static void check_sendto(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET target = ws_bound(protocol, NET_V4);
  SOCKET s = ws_member(&block, NET_V4);
  SOCKET extra = ws_member(&block, NET_V4);
  struct net_address to = ws_loopback_of(target);
  WSABUF buffer = {1, (CHAR[]){'x'}};
  DWORD sent = 0;
  assert_int_equal(portres_ws_sendto(s, "x", 1, 0, &to.as.any, (int)to.len), 1);
  assert_int_equal(ws_port(s), block.start);
  WS_FAILS(portres_ws_sendto(extra, "x", 1, 0, &to.as.any, (int)to.len),
           WSAENOBUFS);
  WS_FAILS(WSASendTo(extra, &buffer, 1, &sent, 0, &to.as.any, (int)to.len, NULL,
                     NULL),
           WSAENOBUFS);
  ws_close(s);
  WS_WORKS(WSASendTo(extra, &buffer, 1, &sent, 0, &to.as.any, (int)to.len, NULL,
                     NULL));
  assert_int_equal(ws_port(extra), block.start);
  ws_close(extra);
  ws_close(target);
  contract_end(&block);
}

static void check_listen(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET s = ws_member(&block, NET_V4);
  WS_FAILS(portres_ws_listen(s, 1), WSAEINVAL);
  contract_expect_figures(block.token, 0, 1, 0);
  assert_int_equal(ws_bind(s, 0), 0);
  WS_WORKS(portres_ws_listen(s, 1));
  WS_WORKS(portres_ws_listen(s, 0x7fffffff)); /* SOMAXCONN of Windows */
  assert_int_equal(ws_port(s), block.start);
  ws_close(s);
  contract_end(&block);
}

/* --- Arguments --- */

static void check_bind_pointers(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  SOCKET v6 = ws_socket(protocol, NET_V6);
  struct net_address in = net_any(NET_V4, 0);
  struct net_address in6 = net_any(NET_V6, 0);
  WS_FAILS(portres_ws_bind(s, NULL, 16), WSAEFAULT);
  WS_FAILS(portres_ws_bind(s, ws_unmapped(), 16), WSAEFAULT);
  WS_FAILS(portres_ws_bind(s, &in.as.any, 0), WSAEFAULT);
  WS_FAILS(portres_ws_bind(s, &in.as.any, -1), WSAEFAULT);
  WS_FAILS(portres_ws_bind(s, &in.as.any, 15), WSAEFAULT);
  WS_FAILS(portres_ws_bind(v6, &in6.as.any, 27), WSAEFAULT);
  WS_FAILS(portres_ws_bind(v6, &in6.as.any, 16), WSAEFAULT);
  WS_WORKS(portres_ws_bind(v6, &in6.as.any, sizeof in6.as));
  WS_WORKS(portres_ws_bind(s, &in.as.any, sizeof in.as));
  WS_FAILS(portres_ws_bind(INVALID_SOCKET, NULL, 0), WSAENOTSOCK);
  ws_close(s);
  ws_close(v6);
}

static void check_bind_refusals(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  struct net_address other = net_address("192.0.2.1", 0);
  struct net_address in = net_any(NET_V4, 0);
  struct net_address in6 = net_any(NET_V6, 0);
  WS_FAILS(portres_ws_bind(s, &in6.as.any, (int)in6.len), WSAEAFNOSUPPORT);
  in.as.any.sa_family = AF_UNSPEC;
  WS_FAILS(portres_ws_bind(s, &in.as.any, (int)in.len), WSAEAFNOSUPPORT);
  WS_FAILS(portres_ws_bind(s, &other.as.any, (int)other.len), WSAEADDRNOTAVAIL);
  assert_int_equal(ws_bind(s, 0), 0);
  assert_int_equal(ws_bind(s, 0), WSAEINVAL);
  ws_close(s);
}

/* What the program passes is left as it is. */
static void check_family_23(int protocol) {
  SOCKET s = portres_ws_socket(PORTRES_WS_AF_INET6,
                               protocol == IPPROTO_TCP ? 1 : 2, protocol);
  struct net_address in6 = net_any(NET_V6, 0);
  in6.as.any.sa_family = PORTRES_WS_AF_INET6;
  WS_WORKS(portres_ws_bind(s, &in6.as.any, (int)in6.len));
  assert_int_equal(in6.as.any.sa_family, PORTRES_WS_AF_INET6);
  int len = sizeof in6.as;
  WS_WORKS(portres_ws_getsockname(s, &in6.as.any, &len));
  assert_int_equal(in6.as.any.sa_family, AF_INET6);
  assert_int_equal(len, sizeof in6.as.v6);
  ws_close(s);
}

static void check_in_use(int protocol) {
  SOCKET s = ws_bound(protocol, NET_V4);
  SOCKET other = ws_socket(protocol, NET_V4);
  SOCKET v6 = ws_socket(protocol, NET_V6);
  assert_int_equal(ws_bind(other, ws_port(s)), WSAEADDRINUSE);
  assert_int_equal(ws_bind(v6, ws_port(s)), 0); /* of IPv6 alone */
  ws_close(s);
  ws_close(other);
  ws_close(v6);
}

/* The end that closes first leaves TIME_WAIT on its port. */
static void leave_remnant(SOCKET listener) {
  SOCKET client = ws_socket(IPPROTO_TCP, NET_V4);
  char byte;
  assert_int_equal(ws_connect(client, ws_port(listener)), 0);
  SOCKET server = portres_ws_accept(listener, NULL, NULL);
  ws_close(server);
  WS_WORKS(portres_ws_recv(client, &byte, 1, 0));
  ws_close(client);
}

static void check_remnant(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET again = ws_socket(protocol, NET_V4);
  SOCKET third = ws_socket(protocol, NET_V4);
  uint16_t port = ws_port(listener);
  int is_reusing = 5;
  int len = sizeof is_reusing;
  WS_WORKS(portres_ws_getsockopt(listener, SOL_SOCKET, SO_REUSEADDR,
                                 (char*)&is_reusing, &len));
  assert_int_equal(is_reusing, 0);
  leave_remnant(listener);
  assert_int_equal(ws_bind(again, port), WSAEADDRINUSE);
  ws_close(listener);
  assert_int_equal(net_bind_any((int)third, port), EADDRINUSE);
  assert_int_equal(ws_bind(again, port), 0);
  assert_int_equal(ws_bind(third, port), WSAEADDRINUSE);
  WS_WORKS(portres_ws_listen(again, 1));
  assert_int_equal(ws_bind(third, port), WSAEADDRINUSE);
  ws_close(again);
  ws_close(third);
}

static void check_remnant_in_block(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET listener = ws_member(&block, NET_V4);
  SOCKET again = ws_member(&block, NET_V4);
  assert_int_equal(ws_bind(listener, block.start), 0);
  WS_WORKS(portres_ws_listen(listener, 1));
  leave_remnant(listener);
  ws_close(listener);
  assert_int_equal(ws_bind(again, block.start), 0);
  ws_close(again);
  contract_end(&block);
}

static void check_names(int protocol) {
  SOCKET s = ws_bound(protocol, NET_V4);
  struct net_address name;
  int short_len = 15;
  int good_len = 16;
  WS_FAILS(portres_ws_getsockname(s, NULL, &good_len), WSAEFAULT);
  WS_FAILS(portres_ws_getsockname(s, ws_unmapped(), &good_len), WSAEFAULT);
  WS_FAILS(portres_ws_getsockname(s, &name.as.any, NULL), WSAEFAULT);
  WS_FAILS(portres_ws_getsockname(s, &name.as.any, ws_unmapped()), WSAEFAULT);
  WS_FAILS(portres_ws_getsockname(s, &name.as.any, &short_len), WSAEFAULT);
  WS_WORKS(portres_ws_getsockname(s, &name.as.any, &good_len));
  good_len = 16;
  WS_FAILS(portres_ws_getpeername(s, &name.as.any, &good_len), WSAENOTCONN);
  WS_FAILS(portres_ws_getpeername(s, NULL, &good_len), WSAEFAULT);
  ws_close(s);
}

/* --- connect() --- */

static void check_connect_pointers(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  struct net_address to = net_loopback(NET_V4, 9);
  WS_FAILS(portres_ws_connect(s, NULL, 16), WSAEFAULT);
  WS_FAILS(portres_ws_connect(s, ws_unmapped(), 16), WSAEFAULT);
  WS_FAILS(portres_ws_connect(s, &to.as.any, 15), WSAEFAULT);
  WS_FAILS(portres_ws_connect(s, &to.as.any, -1), WSAEFAULT);
  to = net_loopback(NET_V6, 9);
  WS_FAILS(portres_ws_connect(s, &to.as.any, (int)to.len), WSAEAFNOSUPPORT);
  ws_close(s);
}

static void check_connect_refusals(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  uint16_t port = ws_port(listener);
  SOCKET s = ws_socket(protocol, NET_V4);
  struct net_address any = net_any(NET_V4, port);
  assert_int_equal(ws_connect(s, 0), WSAEADDRNOTAVAIL);
  WS_FAILS(portres_ws_connect(s, &any.as.any, (int)any.len), WSAEADDRNOTAVAIL);
  assert_int_equal(ws_connect(listener, port), WSAEINVAL);
  assert_int_equal(ws_connect(s, port), 0);
  assert_int_equal(ws_connect(s, port), WSAEISCONN);
  WS_FAILS(portres_ws_listen(s, 1), WSAEISCONN);
  ws_close(s);
  ws_close(listener);
  s = ws_socket(protocol, NET_V4);
  assert_int_equal(ws_connect(s, port), WSAECONNREFUSED);
  ws_close(s);
}

static void check_connect_later(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET s = ws_socket(protocol, NET_V4);
  ws_set_blocking(s, false);
  int error = ws_connect(s, ws_port(listener));
  assert_int_equal(error, WSAEWOULDBLOCK);
  SOCKET peer = portres_ws_accept(listener, NULL, NULL);
  assert_int_equal(ws_connect(s, ws_port(listener)), WSAEISCONN);
  assert_int_equal(ws_connect(s, ws_port(listener)), WSAEISCONN);
  ws_close(peer);
  ws_close(s);
  ws_close(listener);
}

/* A listener whose queue is full lets the next one wait. */
static void check_connect_pending(int protocol) {
  SOCKET listener = ws_bound(protocol, NET_V4);
  SOCKET clients[4];
  WS_WORKS(portres_ws_listen(listener, 0));
  for (int i = 0; i < 4; i++) {
    clients[i] = ws_socket(protocol, NET_V4);
    ws_set_blocking(clients[i], false);
    assert_int_equal(ws_connect(clients[i], ws_port(listener)), WSAEWOULDBLOCK);
  }
  assert_int_equal(ws_connect(clients[3], ws_port(listener)), WSAEALREADY);
  for (int i = 0; i < 4; i++) {
    ws_close(clients[i]);
  }
  ws_close(listener);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("B1, 2.2: given the acquiring socket, when it associates and "
                  "binds, then it works",
                  check_one_socket),
    CONTRACT_BOTH("4.2, 4.4: given port 0, then the block's lowest, and "
                  "WSAENOBUFS when there is none",
                  check_port_0),
    CONTRACT_BOTH("B2, 4.2: given an explicit port of the block, then it is "
                  "bound, and WSAEADDRINUSE the second time",
                  check_inside),
    CONTRACT_BOTH("11 Q5: given a port outside the block, then WSAEACCES",
                  check_outside),
    CONTRACT_BOTH("11 Q6: given a dead token, then WSAENOBUFS for port 0 and "
                  "WSAEACCES otherwise",
                  check_dead),
    CONTRACT_BOTH("5, 11 Q16: given a stranger with SO_REUSEADDR, when it "
                  "binds a reserved port, then WSAEACCES",
                  check_stranger),
    CONTRACT_BOTH("B4, 4.3: given connect without bind, then the port is of "
                  "the block, or WSAENOBUFS",
                  check_connect),
    CONTRACT_UDP("4.3: given sendto and WSASendTo without bind, then the port "
                 "is of the block, or WSAENOBUFS",
                 check_sendto),
    CONTRACT_TCP("4.3: given listen without bind, then WSAEINVAL, and no port "
                 "is taken",
                 check_listen),
    CONTRACT_BOTH("given bind with bad pointers and lengths, then WSAEFAULT",
                  check_bind_pointers),
    CONTRACT_BOTH("given bind to what cannot be, or twice, then the error",
                  check_bind_refusals),
    CONTRACT_BOTH("8, detail 6: given family 23 in an address, then IPv6",
                  check_family_23),
    CONTRACT_BOTH("given a port in use, then WSAEADDRINUSE, but not for IPv6",
                  check_in_use),
    CONTRACT_TCP("11 Q14: given TIME_WAIT alone, then the port can be bound, "
                 "and once only",
                 check_remnant),
    CONTRACT_TCP("11 Q14: given TIME_WAIT on a port of the block, then a "
                 "member binds it",
                 check_remnant_in_block),
    CONTRACT_BOTH("given names with bad pointers and lengths, then WSAEFAULT",
                  check_names),
    CONTRACT_BOTH("given connect with bad pointers and lengths, then the error",
                  check_connect_pointers),
    CONTRACT_TCP("given connect to what cannot be, then the error",
                 check_connect_refusals),
    CONTRACT_TCP("given connect that does not block, then WSAEWOULDBLOCK, and "
                 "WSAEISCONN when it is done",
                 check_connect_later),
    CONTRACT_TCP("given connect under way, then WSAEALREADY",
                 check_connect_pending),
};

int main(void) {
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_bind");
}
