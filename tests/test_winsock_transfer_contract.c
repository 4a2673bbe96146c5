/* Sending and receiving with Winsock's errors.
 *
 * There are no signals on Windows: none may be raised by a call, and
 * test_winsock_waiting.c has that none ends one. Where the kernel would wait
 * for ever, or tells less than Windows does, the row says so by its error.
 */
#include <string.h>

#include "winsock.h"

static int send_text(SOCKET s, const char* text) {
  return portres_ws_send(s, text, (int)strlen(text), 0);
}

/* --- What goes over --- */

static void check_stream(int protocol) {
  struct ws_pair pair = ws_pair(NET_V6);
  char bytes[8] = "";
  struct net_address from = {.len = 0};
  int from_len = sizeof from.as;
  (void)protocol;
  assert_int_equal(send_text(pair.client, "hello"), 5);
  assert_int_equal(portres_ws_recv(pair.server, bytes, 2, MSG_PEEK), 2);
  assert_int_equal(
      portres_ws_recvfrom(pair.server, bytes, 2, 0, &from.as.any, &from_len),
      2);
  assert_int_equal(from.as.any.sa_family, 0); /* a stream's is left alone */
  assert_int_equal(
      portres_ws_recv(pair.server, bytes + 2, 3, PORTRES_WS_MSG_WAITALL), 3);
  assert_string_equal(bytes, "hello");
  WS_WORKS(portres_ws_shutdown(pair.client, SD_SEND));
  WS_WORKS(portres_ws_recv(pair.server, bytes, 2, 0));
  ws_close_pair(pair);
}

static void check_datagram(int protocol) {
  SOCKET sender = ws_bound(protocol, NET_V4);
  SOCKET receiver = ws_bound(protocol, NET_V4);
  struct net_address to = ws_loopback_of(receiver);
  struct net_address from;
  int from_len = sizeof from.as;
  char bytes[4] = "";
  assert_int_equal(
      portres_ws_sendto(sender, "abcdef", 6, 0, &to.as.any, (int)to.len), 6);
  WS_FAILS(portres_ws_recvfrom(receiver, bytes, 3, 0, &from.as.any, &from_len),
           WSAEMSGSIZE);
  assert_string_equal(bytes, "abc"); /* what fits is there, the rest is gone */
  assert_int_equal(from_len, sizeof from.as.v4);
  assert_int_equal(ntohs(from.as.v4.sin_port), ws_port(sender));
  assert_int_equal(portres_ws_sendto(sender, "", 0, 0, &to.as.any, (int)to.len),
                   0);
  WS_WORKS(portres_ws_recv(receiver, bytes, 3, 0));
  ws_close(sender);
  ws_close(receiver);
}

static void check_family_23(int protocol) {
  SOCKET receiver = ws_bound(protocol, NET_V6);
  SOCKET sender = ws_socket(protocol, NET_V6);
  struct net_address to = ws_loopback_of(receiver);
  char byte;
  to.as.any.sa_family = PORTRES_WS_AF_INET6;
  assert_int_equal(
      portres_ws_sendto(sender, "a", 1, 0, &to.as.any, (int)to.len), 1);
  assert_int_equal(portres_ws_recv(receiver, &byte, 1, 0), 1);
  ws_close(sender);
  ws_close(receiver);
}

static void check_too_long(int protocol) {
  struct ws_pair pair = ws_datagram_pair();
  static const char bytes[70000];
  (void)protocol;
  WS_FAILS(portres_ws_send(pair.client, bytes, sizeof bytes, 0), WSAEMSGSIZE);
  ws_close_pair(pair);
}

static void check_out_of_band(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  char byte = 0;
  portres_ws_fd_set except = {1, {pair.server}};
  (void)protocol;
  WS_FAILS(portres_ws_recv(pair.server, &byte, 1, MSG_OOB), WSAEINVAL);
  assert_int_equal(portres_ws_send(pair.client, "!", 1, MSG_OOB), 1);
  assert_int_equal(portres_ws_select(0, NULL, NULL, &except, NULL), 1);
  assert_int_equal(portres_ws_recv(pair.server, &byte, 1, MSG_OOB), 1);
  assert_int_equal(byte, '!');
  ws_close_pair(pair);
}

/* --- WSABUF --- */

static void check_buffers(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  char left[3] = "";
  char right[8] = "";
  WSABUF out[2] = {{2, (CHAR[]){'a', 'b'}}, {3, (CHAR[]){'c', 'd', 'e'}}};
  WSABUF in[2] = {{2, left}, {7, right}};
  DWORD sent = 9;
  DWORD received = 9;
  DWORD flags = 0;
  WS_WORKS(WSASend(pair.client, out, 2, &sent, 0, NULL, NULL));
  assert_int_equal(sent, 5);
  WS_WORKS(WSARecv(pair.server, in, 2, &received, &flags, NULL, NULL));
  assert_int_equal(received, 5);
  assert_string_equal(left, "ab");
  assert_string_equal(right, "cde");
  ws_close_pair(pair);
}

static void check_buffers_cut(int protocol) {
  struct ws_pair pair = ws_datagram_pair();
  char bytes[2];
  WSABUF in = {2, bytes};
  struct net_address from;
  int from_len = sizeof from.as;
  DWORD received = 9;
  DWORD flags = 0;
  (void)protocol;
  assert_int_equal(send_text(pair.client, "abc"), 3);
  WS_FAILS(WSARecvFrom(pair.server, &in, 1, &received, &flags, &from.as.any,
                       &from_len, NULL, NULL),
           WSAEMSGSIZE);
  assert_int_equal(received, 2);
  assert_int_equal(flags, MSG_PARTIAL);
  assert_int_equal(ntohs(from.as.v4.sin_port), ws_port(pair.client));
  ws_close_pair(pair);
}

static void check_message(int protocol) {
  SOCKET receiver = ws_bound(protocol, NET_V4);
  SOCKET sender = ws_socket(protocol, NET_V4);
  struct net_address to = ws_loopback_of(receiver);
  WSABUF out = {1, (CHAR[]){'a'}};
  WSAMSG message = {.name = &to.as.any,
                    .namelen = (int)to.len,
                    .lpBuffers = &out,
                    .dwBufferCount = 1};
  DWORD sent = 0;
  WS_WORKS(WSASendMsg(sender, &message, 0, &sent, NULL, NULL));
  assert_int_equal(sent, 1);
  message.Control.len = 16;
  WS_FAILS(WSASendMsg(sender, &message, 0, &sent, NULL, NULL), WSAEOPNOTSUPP);
  WS_FAILS(WSASendMsg(sender, NULL, 0, &sent, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASendMsg(sender, ws_unmapped(), 0, &sent, NULL, NULL), WSAEFAULT);
  ws_close(sender);
  ws_close(receiver);
}

/* Semantics 7: it means nothing on a socket without WSA_FLAG_OVERLAPPED. */
static void check_overlapped(int protocol) {
  SOCKET receiver = ws_bound(protocol, NET_V4);
  struct net_address to = ws_loopback_of(receiver);
  SOCKET plain = WSASocketW(AF_INET, 0, protocol, NULL, 0, 0);
  SOCKET overlapped =
      WSASocketW(AF_INET, 0, protocol, NULL, 0, WSA_FLAG_OVERLAPPED);
  WSABUF out = {1, (CHAR[]){'a'}};
  WSAOVERLAPPED operation = {.hEvent = NULL};
  DWORD sent = 0;
  WS_FAILS(WSASendTo(overlapped, &out, 1, &sent, 0, &to.as.any, (int)to.len,
                     &operation, NULL),
           WSAEOPNOTSUPP);
  WS_WORKS(WSASendTo(plain, &out, 1, &sent, 0, &to.as.any, (int)to.len,
                     &operation, NULL));
  ws_close(plain);
  ws_close(overlapped);
  ws_close(receiver);
}

/* --- Arguments --- */

static void check_pointers(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  char byte;
  struct net_address from;
  int short_len = 15;
  int good_len = 16;
  WS_FAILS(portres_ws_send(pair.client, NULL, 1, 0), WSAEFAULT);
  WS_FAILS(portres_ws_send(pair.client, "x", -1, 0), WSAEFAULT);
  WS_FAILS(portres_ws_send(pair.client, ws_unmapped(), 1, 0), WSAEFAULT);
  WS_FAILS(portres_ws_send(pair.client, "x", 1, 0x100000), WSAEOPNOTSUPP);
  WS_FAILS(portres_ws_recv(pair.server, NULL, 1, 0), WSAEFAULT);
  WS_FAILS(portres_ws_recv(pair.server, &byte, -1, 0), WSAEFAULT);
  WS_FAILS(portres_ws_recv(pair.server, &byte, 1, 0x40), WSAEOPNOTSUPP);
  WS_FAILS(portres_ws_recvfrom(pair.server, &byte, 1, 0, &from.as.any, NULL),
           WSAEFAULT);
  WS_FAILS(
      portres_ws_recvfrom(pair.server, &byte, 1, 0, &from.as.any, &short_len),
      WSAEFAULT);
  WS_FAILS(
      portres_ws_recvfrom(pair.server, &byte, 1, 0, ws_unmapped(), &good_len),
      WSAEFAULT);
  WS_FAILS(portres_ws_recvfrom(pair.server, &byte, 1, 0, &from.as.any,
                               ws_unmapped()),
           WSAEFAULT);
  assert_int_equal(send_text(pair.client, "x"), 1);
  WS_FAILS(portres_ws_recv(pair.server, ws_unmapped(), 1, 0), WSAEFAULT);
  ws_close_pair(pair);
}

static void check_targets(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  struct net_address to = net_loopback(NET_V4, 9);
  struct net_address other = net_loopback(NET_V6, 9);
  WS_FAILS(portres_ws_sendto(s, "x", 1, 0, NULL, 0), WSAENOTCONN);
  WS_FAILS(portres_ws_sendto(s, "x", 1, 0, ws_unmapped(), 16), WSAEFAULT);
  WS_FAILS(portres_ws_sendto(s, "x", 1, 0, &to.as.any, 15), WSAEFAULT);
  WS_FAILS(portres_ws_sendto(s, "x", 1, 0, &to.as.any, -1), WSAEFAULT);
  WS_FAILS(portres_ws_sendto(s, "x", 1, 0, &other.as.any, (int)other.len),
           WSAEAFNOSUPPORT);
  ws_close(s);
}

static void check_buffer_pointers(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  WSABUF buffer = {1, (CHAR[]){'x'}};
  WSABUF nowhere = {1, ws_unmapped()};
  DWORD count = 7;
  DWORD flags = 0;
  SOCKET c = pair.client;
  SOCKET s = pair.server;
  WS_FAILS(WSASend(c, NULL, 1, &count, 0, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASend(c, ws_unmapped(), 1, &count, 0, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASend(c, &buffer, 0, &count, 0, NULL, NULL), WSAEINVAL);
  WS_FAILS(WSASend(c, &buffer, 1, NULL, 0, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASend(c, &buffer, 1, ws_unmapped(), 0, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASend(c, &nowhere, 1, &count, 0, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSASend(c, &buffer, 1u << 20, &count, 0, NULL, NULL), WSAENOBUFS);
  WS_FAILS(WSARecv(s, NULL, 1, &count, &flags, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSARecv(s, &buffer, 0, &count, &flags, NULL, NULL), WSAEINVAL);
  WS_FAILS(WSARecv(s, &buffer, 1, NULL, &flags, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSARecv(s, &buffer, 1, &count, NULL, NULL, NULL), WSAEFAULT);
  WS_FAILS(WSARecv(s, &buffer, 1, &count, ws_unmapped(), NULL, NULL),
           WSAEFAULT);
  assert_int_equal(count, 7);
  ws_close_pair(pair);
}

/* --- States --- */

static void check_timeout(int protocol) {
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  DWORD timeout_ms = 20;
  char byte;
  WS_WORKS(portres_ws_setsockopt(pair.server, SOL_SOCKET, SO_RCVTIMEO,
                                 (char*)&timeout_ms, sizeof timeout_ms));
  WS_FAILS(portres_ws_recv(pair.server, &byte, 1, 0), WSAETIMEDOUT);
  ws_set_blocking(pair.server, false);
  WS_FAILS(portres_ws_recv(pair.server, &byte, 1, 0), WSAEWOULDBLOCK);
  ws_close_pair(pair);
}

/* The kernel has EPIPE for this, and a signal. */
static void check_reset(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  struct linger now = {.l_onoff = 1};
  char byte;
  (void)protocol;
  WS_WORKS(portres_ws_setsockopt(pair.server, SOL_SOCKET, SO_LINGER,
                                 (char*)&now, sizeof now));
  ws_close(pair.server);
  WS_FAILS(portres_ws_recv(pair.client, &byte, 1, 0), WSAECONNRESET);
  WS_FAILS(portres_ws_send(pair.client, "x", 1, 0), WSAECONNRESET);
  ws_close(pair.client);
}

static void check_port_unreachable(int protocol) {
  struct ws_pair pair = ws_datagram_pair();
  char byte;
  (void)protocol;
  ws_close(pair.server);
  assert_int_equal(send_text(pair.client, "x"), 1);
  WS_FAILS(portres_ws_recv(pair.client, &byte, 1, 0), WSAECONNRESET);
  ws_close(pair.client);
}

static const struct contract_row rows[] = {
    CONTRACT_TCP("given a stream, then bytes go over until shutdown",
                 check_stream),
    CONTRACT_UDP("given a datagram longer than the buffer, then WSAEMSGSIZE, "
                 "with what fits",
                 check_datagram),
    CONTRACT_UDP("8, detail 6: given sendto family 23, then IPv6",
                 check_family_23),
    CONTRACT_UDP("given a datagram that is too long, then WSAEMSGSIZE",
                 check_too_long),
    CONTRACT_TCP("given out-of-band data, then it is in the except set",
                 check_out_of_band),
    CONTRACT_BOTH("given several WSABUFs, then they are gathered and scattered",
                  check_buffers),
    CONTRACT_UDP("given WSARecvFrom of a longer datagram, then WSAEMSGSIZE and "
                 "MSG_PARTIAL",
                 check_buffers_cut),
    CONTRACT_UDP("given WSASendMsg, then it sends, without control data",
                 check_message),
    CONTRACT_UDP("7: given an OVERLAPPED, then it counts on overlapped sockets "
                 "only",
                 check_overlapped),
    CONTRACT_BOTH("given bad pointers, lengths and flags, then the error",
                  check_pointers),
    CONTRACT_UDP("given sendto with bad addresses, then the error",
                 check_targets),
    CONTRACT_BOTH("given WSABUFs with bad pointers, then the error",
                  check_buffer_pointers),
    CONTRACT_BOTH("given SO_RCVTIMEO, then WSAETIMEDOUT, and WSAEWOULDBLOCK "
                  "where nothing blocks",
                  check_timeout),
    CONTRACT_TCP("given a reset connection, then WSAECONNRESET, and no signal",
                 check_reset),
    CONTRACT_UDP("given a port where nobody is, then WSAECONNRESET",
                 check_port_unreachable),
};

int main(void) {
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_transfer");
}
