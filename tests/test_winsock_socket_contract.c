/* Sockets of the Winsock face, and what is no socket: issue 3, "Bad input".
 *
 * On Windows a SOCKET is a handle, and 0x100000005 is not 5; here it is a
 * descriptor, and must not be cut to one.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "winsock.h"

/* --- What is no socket --- */

struct not_row {
  const char* name;
  SOCKET (*get)(int spare);
};

static SOCKET invalid(int spare) {
  (void)spare;
  return INVALID_SOCKET;
}

static SOCKET above_int(int spare) {
  (void)spare;
  return (SOCKET)INT_MAX + 1;
}

static SOCKET cut_to_one(int spare) {
  return (1ULL << 32) + (SOCKET)spare;
}

static SOCKET pipe_end(int spare) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(ends[0], spare), spare);
  net_close(ends[0]);
  net_close(ends[1]);
  return (SOCKET)spare;
}

static SOCKET closed(int spare) {
  SOCKET s = ws_socket(IPPROTO_TCP, NET_V4);
  (void)spare;
  ws_close(s);
  return s;
}

static SOCKET beyond(int spare) {
  (void)spare;
  return INT_MAX;
}

#define NOT_ANY ", when any call gets it, then WSAENOTSOCK"

static const struct not_row not_rows[] = {
    {"7: given INVALID_SOCKET" NOT_ANY, invalid},
    {"7: given a value above INT_MAX" NOT_ANY, above_int},
    {"7: given a value whose low half is a socket" NOT_ANY, cut_to_one},
    {"7: given a pipe" NOT_ANY " and it stays open", pipe_end},
    {"7: given a closed socket" NOT_ANY, closed},
    {"7: given a descriptor nobody can have" NOT_ANY, beyond},
};

static void check_not(const void* data) {
  const struct not_row* row = data;
  ws_start();
  int spare = net_socket(IPPROTO_UDP, NET_V4);
  SOCKET s = row->get(spare);
  for (size_t i = 0; i < ws_calls_count; i++) {
    int error = ws_calls[i].call(s);
    if (error != WSAENOTSOCK) {
      fail_msg("%s: %d", ws_calls[i].name, error);
    }
  }
  net_close(spare);
  ws_stop();
}

/* --- UNIX and raw sockets --- */

struct kind_row {
  const char* name;
  int family;
  int type;
  int protocol;
  struct {
    const char* call;
    int error;
  } wants[8];
};

static const struct kind_row kind_rows[] = {
    {"given a UNIX socket, when calls get it, then what Winsock answers",
     AF_UNIX,
     SOCK_STREAM,
     0,
     {{"bind", WSAEAFNOSUPPORT},
      {"connect", WSAEAFNOSUPPORT},
      {"listen", WSAEINVAL},
      {"getsockname", WSAEINVAL},
      {"getpeername", WSAENOTCONN},
      {"send", WSAENOTCONN},
      {"shutdown", WSAENOTCONN},
      {"getsockopt", 0}}},
    {"given a raw socket, when calls get it, then what Winsock answers",
     AF_INET,
     SOCK_RAW,
     IPPROTO_ICMP,
     {{"listen", WSAEOPNOTSUPP},
      {"accept", WSAEOPNOTSUPP},
      {"getpeername", WSAENOTCONN},
      {"send", WSAENOTCONN},
      {"setsockopt", 0},
      {"getsockopt", 0},
      {"ioctlsocket", 0},
      {"bind", 0}}},
    {"given an unbound TCP socket, when calls get it, then what Winsock "
     "answers",
     AF_INET,
     SOCK_STREAM,
     0,
     {{"listen", WSAEINVAL},
      {"accept", WSAEINVAL},
      {"getsockname", WSAEINVAL},
      {"getpeername", WSAENOTCONN},
      {"send", WSAENOTCONN},
      {"recv", WSAENOTCONN},
      {"shutdown", WSAENOTCONN},
      {"WSARecv", WSAENOTCONN}}},
    {"given an unbound UDP socket, when calls get it, then what Winsock "
     "answers",
     AF_INET,
     SOCK_DGRAM,
     0,
     {{"listen", WSAEOPNOTSUPP},
      {"accept", WSAEOPNOTSUPP},
      {"getsockname", WSAEINVAL},
      {"getpeername", WSAENOTCONN},
      {"recvfrom", WSAEINVAL},
      {"recv", WSAEINVAL},
      {"send", WSAENOTCONN},
      {"shutdown", 0}}},
};

static int make_call(const char* name, SOCKET s) {
  for (size_t i = 0; i < ws_calls_count; i++) {
    if (strcmp(ws_calls[i].name, name) == 0) {
      return ws_calls[i].call(s);
    }
  }
  fail_msg("no call %s", name);
  return 0;
}

static void check_kind(const void* data) {
  const struct kind_row* row = data;
  ws_start();
  SOCKET s = portres_ws_socket(row->family, row->type, row->protocol);
  if (s == INVALID_SOCKET && row->type == SOCK_RAW) {
    assert_int_equal(WSAGetLastError(), WSAEACCES);
    ws_stop();
    table_skip("no right to raw sockets");
    return;
  }
  for (size_t i = 0; i < 8; i++) {
    int error = make_call(row->wants[i].call, s);
    if (error != row->wants[i].error) {
      fail_msg("%s: %d", row->wants[i].call, error);
    }
  }
  ws_close(s);
  ws_stop();
}

/* --- socket() --- */

struct socket_row {
  const char* name;
  int family;
  int type;
  int protocol;
  int want_type; /* 0: fails */
  int error;
};

static const struct socket_row socket_rows[] = {
    {"B7, 2.2: given type 0 and protocol 0, then TCP", AF_INET, 0, 0,
     SOCK_STREAM, 0},
    {"given type 0 and IPPROTO_UDP, then UDP", AF_INET, 0, IPPROTO_UDP,
     SOCK_DGRAM, 0},
    {"given type 0 and IPPROTO_TCP, then TCP", AF_INET, 0, IPPROTO_TCP,
     SOCK_STREAM, 0},
    {"given family 0 and SOCK_DGRAM, then UDP", AF_UNSPEC, SOCK_DGRAM, 0,
     SOCK_DGRAM, 0},
    {"8, detail 6: given family 23, then IPv6", PORTRES_WS_AF_INET6,
     SOCK_STREAM, 0, SOCK_STREAM, 0},
    {"given the system's AF_INET6, then IPv6", AF_INET6, SOCK_DGRAM, 17,
     SOCK_DGRAM, 0},
    {"given AF_UNIX, then a UNIX socket", AF_UNIX, SOCK_STREAM, 0, SOCK_STREAM,
     0},
    {"given nothing but 0, then WSAEINVAL", 0, 0, 0, 0, WSAEINVAL},
    {"given family -1, then WSAEAFNOSUPPORT", -1, SOCK_STREAM, 0, 0,
     WSAEAFNOSUPPORT},
    {"given a family of Linux' own, then WSAEAFNOSUPPORT", AF_NETLINK, SOCK_RAW,
     0, 0, WSAEAFNOSUPPORT},
    {"given type -1, then WSAESOCKTNOSUPPORT", AF_INET, -1, 0, 0,
     WSAESOCKTNOSUPPORT},
    {"given a type with a flag of Linux, then WSAESOCKTNOSUPPORT", AF_INET,
     SOCK_STREAM | SOCK_NONBLOCK, 0, 0, WSAESOCKTNOSUPPORT},
    {"given SOCK_RDM, then WSAESOCKTNOSUPPORT", AF_INET, SOCK_RDM, 0, 0,
     WSAESOCKTNOSUPPORT},
    {"given protocol -1, then WSAEPROTONOSUPPORT", AF_INET, SOCK_STREAM, -1, 0,
     WSAEPROTONOSUPPORT},
    {"given SOCK_STREAM and IPPROTO_UDP, then WSAEPROTONOSUPPORT", AF_INET,
     SOCK_STREAM, IPPROTO_UDP, 0, WSAEPROTONOSUPPORT},
    {"given SOCK_DGRAM and IPPROTO_TCP, then WSAEPROTONOSUPPORT", AF_INET,
     SOCK_DGRAM, IPPROTO_TCP, 0, WSAEPROTONOSUPPORT},
};

static void expect_socket(SOCKET s, const struct socket_row* row) {
  int type = 0;
  int is_v6only = 0;
  int len = sizeof type;
  assert_true(s != INVALID_SOCKET);
  WS_WORKS(portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, (char*)&type, &len));
  assert_int_equal(type, row->want_type);
  if (row->family == PORTRES_WS_AF_INET6 || row->family == AF_INET6) {
    len = sizeof is_v6only;
    WS_WORKS(portres_ws_getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY,
                                   (char*)&is_v6only, &len));
    assert_int_equal(is_v6only, 1);
  }
  assert_int_equal(fcntl((int)s, F_GETFD), 0); /* is inherited */
  ws_close(s);
}

static void check_socket(const void* data) {
  const struct socket_row* row = data;
  ws_start();
  if (row->want_type == 0) {
    WS_NO_SOCKET(portres_ws_socket(row->family, row->type, row->protocol),
                 row->error);
    WS_NO_SOCKET(WSASocketW(row->family, row->type, row->protocol, NULL, 0, 0),
                 row->error);
  } else {
    expect_socket(portres_ws_socket(row->family, row->type, row->protocol),
                  row);
    expect_socket(WSASocketA(row->family, row->type, row->protocol, NULL, 0, 1),
                  row);
  }
  ws_stop();
}

/* --- WSASocket() --- */

static void check_flags(int protocol) {
  SOCKET s = WSASocketW(AF_INET, 0, protocol, NULL, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  assert_int_equal(fcntl((int)s, F_GETFD), FD_CLOEXEC);
  ws_close(s);
  WS_NO_SOCKET(WSASocketW(AF_INET, 0, protocol, NULL, 0, 0x4000), WSAEINVAL);
}

static void check_info(int protocol) {
  WSAPROTOCOL_INFOA info = {.iAddressFamily = AF_INET,
                            .iSocketType = SOCK_DGRAM,
                            .iProtocol = IPPROTO_UDP};
  (void)protocol;
  SOCKET s = WSASocketA(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO,
                        FROM_PROTOCOL_INFO, &info, 0, 0);
  struct socket_row row = {.family = AF_INET, .want_type = SOCK_DGRAM};
  expect_socket(s, &row);
  info.dwProviderReserved = 1;
  WS_NO_SOCKET(WSASocketA(-1, -1, -1, &info, 0, 0), WSAEINVAL);
  WS_NO_SOCKET(WSASocketA(-1, -1, -1, ws_unmapped(), 0, 0), WSAEFAULT);
  WS_NO_SOCKET(WSASocketW(-1, -1, -1, ws_unmapped(), 0, 0), WSAEFAULT);
}

/* --- accept(), closesocket(), shutdown() --- */

static void check_accept(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET client = ws_socket(protocol, NET_V4);
  struct net_address from;
  int from_len = sizeof from.as;
  assert_int_equal(ws_connect(client, ws_port(listener)), 0);
  ws_set_blocking(listener, false);
  SOCKET s = portres_ws_accept(listener, &from.as.any, &from_len);
  assert_true(s != INVALID_SOCKET);
  assert_int_equal(from_len, sizeof from.as.v4);
  assert_int_equal(ntohs(from.as.v4.sin_port), ws_port(client));
  assert_int_equal(ws_port(s), ws_port(listener));
  assert_true((fcntl((int)s, F_GETFL) & O_NONBLOCK) != 0);
  WS_NO_SOCKET(portres_ws_accept(listener, NULL, NULL), WSAEWOULDBLOCK);
  ws_close(s);
  ws_close(client);
  ws_close(listener);
}

/* A connection that could not be told of must not be lost. */
static void check_accept_pointers(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET client = ws_socket(protocol, NET_V4);
  struct net_address from;
  int short_len = sizeof from.as.v4 - 1;
  int good_len = sizeof from.as.v4;
  assert_int_equal(ws_connect(client, ws_port(listener)), 0);
  WS_NO_SOCKET(portres_ws_accept(listener, &from.as.any, NULL), WSAEFAULT);
  WS_NO_SOCKET(portres_ws_accept(listener, &from.as.any, ws_unmapped()),
               WSAEFAULT);
  WS_NO_SOCKET(portres_ws_accept(listener, &from.as.any, &short_len),
               WSAEFAULT);
  WS_NO_SOCKET(portres_ws_accept(listener, ws_unmapped(), &good_len),
               WSAEFAULT);
  SOCKET s = portres_ws_accept(listener, &from.as.any, &good_len);
  assert_true(s != INVALID_SOCKET);
  ws_close(s);
  ws_close(client);
  ws_close(listener);
}

static void check_shutdown(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  char byte;
  (void)protocol;
  WS_FAILS(portres_ws_shutdown(pair.client, 3), WSAEINVAL);
  WS_FAILS(portres_ws_shutdown(pair.client, -1), WSAEINVAL);
  WS_WORKS(portres_ws_shutdown(pair.client, SD_SEND));
  WS_FAILS(portres_ws_send(pair.client, "x", 1, 0), WSAESHUTDOWN);
  WS_WORKS(portres_ws_recv(pair.server, &byte, 1, 0));
  WS_WORKS(portres_ws_shutdown(pair.client, SD_RECEIVE));
  WS_FAILS(portres_ws_recv(pair.client, &byte, 1, 0), WSAESHUTDOWN);
  ws_close_pair(pair);
}

static void check_shutdown_listener(int protocol) {
  SOCKET listener = ws_listener(NET_V4);
  SOCKET client = ws_socket(protocol, NET_V4);
  WS_FAILS(portres_ws_shutdown(listener, SD_BOTH), WSAENOTCONN);
  assert_int_equal(ws_connect(client, ws_port(listener)), 0);
  ws_close(client);
  ws_close(listener);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given WSA_FLAG_NO_HANDLE_INHERIT, then children do not get "
                  "the socket; an unknown flag is WSAEINVAL",
                  check_flags),
    CONTRACT_UDP("given a protocol info, then its values count; a duplicate's "
                 "is WSAEINVAL, nowhere WSAEFAULT",
                 check_info),
    CONTRACT_TCP("given a listener that does not block, then what it accepts "
                 "does not either",
                 check_accept),
    CONTRACT_TCP("given accept with bad pointers, then WSAEFAULT, and the "
                 "connection waits",
                 check_accept_pointers),
    CONTRACT_TCP("given shutdown, then the shut half is WSAESHUTDOWN",
                 check_shutdown),
    CONTRACT_TCP("given shutdown of a listener, then WSAENOTCONN, and it goes "
                 "on",
                 check_shutdown_listener),
};

int main(void) {
  TABLE_ADD(not_rows, check_not);
  TABLE_ADD(kind_rows, check_kind);
  TABLE_ADD(socket_rows, check_socket);
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_socket");
}
