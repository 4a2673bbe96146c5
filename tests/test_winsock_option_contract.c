/* setsockopt, getsockopt and ioctlsocket, as Winsock has them.
 *
 * Windows' own options are taken and given back without effect; what they
 * would change there is how ephemeral ports are picked.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "winsock.h"

static int set(SOCKET s, int level, int name, int value) {
  return portres_ws_setsockopt(s, level, name, (const char*)&value,
                               sizeof value);
}

static int get(SOCKET s, int level, int name) {
  int value = -1;
  int len = sizeof value;
  WS_WORKS(portres_ws_getsockopt(s, level, name, (char*)&value, &len));
  assert_int_equal(len, sizeof value);
  return value;
}

/* --- What is set is given back --- */

struct value_row {
  const char* name;
  int protocol;
  int level;
  int option;
  int value;
};

#define FLAG(protocol, level, option) \
  { "given " #option " set, then it is got", protocol, level, option, 1 }
#define TCP_FLAG(option) FLAG(IPPROTO_TCP, SOL_SOCKET, option)
#define UDP_FLAG(option) FLAG(IPPROTO_UDP, SOL_SOCKET, option)

static const struct value_row value_rows[] = {
    TCP_FLAG(SO_REUSEADDR),
    TCP_FLAG(SO_EXCLUSIVEADDRUSE),
    TCP_FLAG(SO_KEEPALIVE),
    TCP_FLAG(SO_OOBINLINE),
    TCP_FLAG(SO_DONTROUTE),
    TCP_FLAG(SO_RANDOMIZE_PORT),
    TCP_FLAG(SO_PORT_SCALABILITY),
    TCP_FLAG(SO_REUSE_UNICASTPORT),
    TCP_FLAG(SO_CONDITIONAL_ACCEPT),
    UDP_FLAG(SO_BROADCAST),
    FLAG(IPPROTO_TCP, IPPROTO_TCP, TCP_NODELAY),
    FLAG(IPPROTO_UDP, IPPROTO_IP, IP_MULTICAST_LOOP),
    {"given SO_SNDBUF set, then it is got", IPPROTO_TCP, SOL_SOCKET, SO_SNDBUF,
     32768},
    {"given SO_RCVBUF set, then it is got", IPPROTO_UDP, SOL_SOCKET, SO_RCVBUF,
     65536},
    {"given SO_RCVTIMEO in milliseconds, then it is got so", IPPROTO_UDP,
     SOL_SOCKET, SO_RCVTIMEO, 2500},
    {"given SO_SNDTIMEO in milliseconds, then it is got so", IPPROTO_UDP,
     SOL_SOCKET, SO_SNDTIMEO, 60000},
    {"given IP_TTL set, then it is got", IPPROTO_UDP, IPPROTO_IP, IP_TTL, 3},
    {"given IP_MULTICAST_TTL set, then it is got", IPPROTO_UDP, IPPROTO_IP,
     IP_MULTICAST_TTL, 7},
};

static void check_value(const void* data) {
  const struct value_row* row = data;
  ws_start();
  SOCKET s = ws_socket(row->protocol, NET_V4);
  WS_WORKS(set(s, row->level, row->option, row->value));
  assert_int_equal(get(s, row->level, row->option), row->value);
  if (row->value == 1) {
    char byte = 0;
    int len = 1;
    WS_WORKS(portres_ws_setsockopt(s, row->level, row->option, &byte, 1));
    assert_int_equal(get(s, row->level, row->option), 0);
    byte = 5;
    WS_WORKS(portres_ws_getsockopt(s, row->level, row->option, &byte, &len));
    assert_int_equal(byte, 0);
    assert_int_equal(len, 1);
  }
  ws_close(s);
  ws_stop();
}

/* --- What cannot be set, or got --- */

struct refusal_row {
  const char* name;
  int protocol;
  int level;
  int option;
  int set_error;
  int get_error; /* 0: it can */
};

static const struct refusal_row refusal_rows[] = {
    {"given SO_TYPE, then it cannot be set", IPPROTO_TCP, SOL_SOCKET, SO_TYPE,
     WSAENOPROTOOPT, 0},
    {"given SO_ERROR, then it cannot be set", IPPROTO_TCP, SOL_SOCKET, SO_ERROR,
     WSAENOPROTOOPT, 0},
    {"given SO_ACCEPTCONN, then it cannot be set", IPPROTO_TCP, SOL_SOCKET,
     SO_ACCEPTCONN, WSAENOPROTOOPT, 0},
    {"given SO_MAX_MSG_SIZE of UDP, then it cannot be set", IPPROTO_UDP,
     SOL_SOCKET, SO_MAX_MSG_SIZE, WSAENOPROTOOPT, 0},
    {"given SO_MAX_MSG_SIZE of TCP, then WSAENOPROTOOPT", IPPROTO_TCP,
     SOL_SOCKET, SO_MAX_MSG_SIZE, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given SO_BROADCAST of TCP, then WSAENOPROTOOPT", IPPROTO_TCP, SOL_SOCKET,
     SO_BROADCAST, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given SO_KEEPALIVE of UDP, then WSAENOPROTOOPT", IPPROTO_UDP, SOL_SOCKET,
     SO_KEEPALIVE, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given TCP_NODELAY of UDP, then WSAENOPROTOOPT", IPPROTO_UDP, IPPROTO_TCP,
     TCP_NODELAY, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given IPV6_V6ONLY of IPv4, then WSAENOPROTOOPT", IPPROTO_TCP,
     IPPROTO_IPV6, IPV6_V6ONLY, WSAENOPROTOOPT, WSAEOPNOTSUPP},
    {"given an option of Linux alone, then WSAENOPROTOOPT", IPPROTO_TCP,
     SOL_SOCKET, SO_REUSEPORT, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given an unknown option, then WSAENOPROTOOPT", IPPROTO_TCP, SOL_SOCKET,
     0x7eee, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"given an unknown level, then WSAEINVAL", IPPROTO_TCP, 0x7eee, 1,
     WSAEINVAL, WSAEINVAL},
};

static void check_refusal(const void* data) {
  const struct refusal_row* row = data;
  int value;
  int len = sizeof value;
  ws_start();
  SOCKET s = ws_socket(row->protocol, NET_V4);
  WS_FAILS(set(s, row->level, row->option, 1), row->set_error);
  if (row->get_error == 0) {
    get(s, row->level, row->option);
  } else {
    WS_FAILS(
        portres_ws_getsockopt(s, row->level, row->option, (char*)&value, &len),
        row->get_error);
  }
  ws_close(s);
  ws_stop();
}

/* --- Pointers and lengths --- */

static void check_pointers(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  int value = 1;
  int len = sizeof value;
  const char* good = (const char*)&value;
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, NULL, 4),
           WSAEFAULT);
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, ws_unmapped(), 4),
           WSAEFAULT);
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, good, 0),
           WSAEFAULT);
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, good, -1),
           WSAEFAULT);
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_RCVBUF, good, 3), WSAEFAULT);
  WS_FAILS(portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, NULL, &len),
           WSAEFAULT);
  WS_FAILS(portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, ws_unmapped(), &len),
           WSAEFAULT);
  WS_FAILS(portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, (char*)&value, NULL),
           WSAEFAULT);
  WS_FAILS(portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, (char*)&value,
                                 ws_unmapped()),
           WSAEFAULT);
  for (len = -1; len < 4; len++) {
    int given = len;
    WS_FAILS(
        portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, (char*)&value, &given),
        WSAEFAULT);
  }
  ws_close(s);
}

static void check_long(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  int values[4] = {1, 1, 1, 1};
  int len = sizeof values;
  WS_WORKS(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char*)values,
                                 sizeof values));
  WS_WORKS(
      portres_ws_getsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char*)values, &len));
  assert_int_equal(len, 4);
  ws_close(s);
}

/* --- Who may have the port: 4.5 --- */

static void check_exclusive(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  WS_WORKS(set(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1));
  WS_FAILS(set(s, SOL_SOCKET, SO_REUSEADDR, 1), WSAEINVAL);
  WS_WORKS(set(s, SOL_SOCKET, SO_REUSEADDR, 0));
  assert_int_equal(ws_bind(s, 0), 0);
  SOCKET other = ws_socket(protocol, NET_V4);
  WS_WORKS(set(other, SOL_SOCKET, SO_REUSEADDR, 1));
  WS_FAILS(set(other, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), WSAEINVAL);
  assert_int_equal(ws_bind(other, ws_port(s)), WSAEADDRINUSE);
  ws_close(other);
  ws_close(s);
  s = ws_bound(protocol, NET_V4);
  WS_FAILS(set(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1), WSAEINVAL);
  ws_close(s);
}

static void check_reuse(int protocol) {
  SOCKET first = ws_socket(protocol, NET_V4);
  SOCKET second = ws_socket(protocol, NET_V4);
  WS_WORKS(set(first, SOL_SOCKET, SO_REUSEADDR, 1));
  WS_WORKS(set(second, SOL_SOCKET, SO_REUSEADDR, 1));
  assert_int_equal(ws_bind(first, 0), 0);
  assert_int_equal(ws_bind(second, ws_port(first)), 0);
  ws_close(first);
  ws_close(second);
}

/* --- Others --- */

static void check_linger(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  struct linger linger = {1, 20};
  int len = sizeof linger;
  assert_int_equal(get(s, SOL_SOCKET, SO_DONTLINGER), 1);
  WS_WORKS(portres_ws_setsockopt(s, SOL_SOCKET, SO_LINGER, (char*)&linger,
                                 sizeof linger));
  assert_int_equal(get(s, SOL_SOCKET, SO_DONTLINGER), 0);
  WS_WORKS(set(s, SOL_SOCKET, SO_DONTLINGER, 1));
  WS_WORKS(
      portres_ws_getsockopt(s, SOL_SOCKET, SO_LINGER, (char*)&linger, &len));
  assert_int_equal(linger.l_onoff, 0);
  assert_int_equal(len, sizeof linger);
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_LINGER, (char*)&linger,
                                 sizeof linger - 1),
           WSAEFAULT);
  ws_close(s);
}

static void check_contexts(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  SOCKET other = s;
  int value;
  int len = sizeof value;
  WS_WORKS(portres_ws_setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                                 (char*)&other, sizeof other));
  WS_FAILS(portres_ws_setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                                 (char*)&other, 4),
           WSAEFAULT);
  WS_WORKS(
      portres_ws_setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
  WS_FAILS(portres_ws_getsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT,
                                 (char*)&value, &len),
           WSAENOPROTOOPT);
  ws_close(s);
}

static void check_states(int protocol) {
  SOCKET s = ws_bound(protocol, NET_V4);
  assert_int_equal(get(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
  WS_WORKS(portres_ws_listen(s, 1));
  assert_int_equal(get(s, SOL_SOCKET, SO_ACCEPTCONN), 1);
  uint16_t port = ws_port(s);
  ws_close(s);
  s = ws_socket(protocol, NET_V4);
  ws_set_blocking(s, false);
  portres_ws_fd_set except = {1, {s}};
  assert_int_equal(ws_connect(s, port), WSAEWOULDBLOCK);
  assert_int_equal(portres_ws_select(0, NULL, NULL, &except, NULL), 1);
  assert_int_equal(get(s, SOL_SOCKET, SO_ERROR), WSAECONNREFUSED);
  assert_int_equal(get(s, SOL_SOCKET, SO_ERROR), 0);
  ws_close(s);
}

static void check_v6only(int protocol) {
  SOCKET s = ws_socket(protocol, NET_DUAL);
  assert_int_equal(get(s, IPPROTO_IPV6, IPV6_V6ONLY), 0);
  assert_int_equal(ws_bind(s, 0), 0);
  SOCKET v4 = ws_socket(protocol, NET_V4);
  assert_int_equal(ws_bind(v4, ws_port(s)), WSAEADDRINUSE);
  WS_FAILS(set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1), WSAEINVAL);
  ws_close(s);
  ws_close(v4);
}

static void check_multicast(int protocol) {
  SOCKET s = ws_bound(protocol, NET_V4);
  struct ip_mreq group = {0};
  group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
  inet_pton(AF_INET, "239.1.2.3", &group.imr_multiaddr);
  WS_WORKS(portres_ws_setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP,
                                 (char*)&group, sizeof group));
  WS_FAILS(portres_ws_setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP,
                                 (char*)&group, sizeof group - 1),
           WSAEFAULT);
  WS_WORKS(portres_ws_setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP,
                                 (char*)&group, sizeof group));
  WS_FAILS(portres_ws_setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP,
                                 (char*)&group, sizeof group),
           WSAEADDRNOTAVAIL);
  ws_close(s);
}

/* --- ioctlsocket() --- */

static void check_ioctl(int protocol) {
  struct ws_pair pair = ws_datagram_pair();
  const long numbers[] = {(long)PORTRES_WS_FIONREAD, (int)PORTRES_WS_FIONREAD,
                          FIONREAD};
  char byte;
  (void)protocol;
  assert_int_equal(portres_ws_send(pair.client, "abc", 3, 0), 3);
  for (int i = 0; i < 3; i++) {
    uint32_t value = 0;
    WS_WORKS(portres_ws_ioctlsocket(pair.server, numbers[i], &value));
    assert_int_equal(value, 3);
  }
  ws_set_blocking(pair.client, false);
  WS_FAILS(portres_ws_recv(pair.client, &byte, 1, 0), WSAEWOULDBLOCK);
  ws_close_pair(pair);
}

static void check_ioctl_refusals(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  uint32_t value = 0;
  WS_FAILS(portres_ws_ioctlsocket(s, (long)PORTRES_WS_FIONBIO, NULL),
           WSAEFAULT);
  WS_FAILS(portres_ws_ioctlsocket(s, (long)PORTRES_WS_FIONBIO, ws_unmapped()),
           WSAEFAULT);
  WS_FAILS(portres_ws_ioctlsocket(s, 0x1234, &value), WSAEOPNOTSUPP);
  WS_FAILS(portres_ws_ioctlsocket(s, 0, &value), WSAEOPNOTSUPP);
  WS_FAILS(portres_ws_ioctlsocket(INVALID_SOCKET, 0, NULL), WSAENOTSOCK);
  ws_close(s);
}

static void check_atmark(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  uint32_t is_at_mark = 5;
  (void)protocol;
  WS_WORKS(portres_ws_ioctlsocket(pair.client, (long)PORTRES_WS_SIOCATMARK,
                                  &is_at_mark));
  assert_int_equal(is_at_mark, 0);
  ws_close_pair(pair);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given options with bad pointers and short lengths, then "
                  "WSAEFAULT",
                  check_pointers),
    CONTRACT_BOTH("given options with long lengths, then what is needed counts",
                  check_long),
    CONTRACT_BOTH("4.5: given SO_EXCLUSIVEADDRUSE, then SO_REUSEADDR is "
                  "WSAEINVAL, and the other way",
                  check_exclusive),
    CONTRACT_BOTH("4.5: given SO_REUSEADDR on two, then they bind one port",
                  check_reuse),
    CONTRACT_TCP("given SO_LINGER, then SO_DONTLINGER is its contrary",
                 check_linger),
    CONTRACT_TCP("given SO_UPDATE_*_CONTEXT, then they are taken",
                 check_contexts),
    CONTRACT_TCP("given SO_ACCEPTCONN and SO_ERROR, then states as Winsock "
                 "numbers them",
                 check_states),
    CONTRACT_BOTH("given IPV6_V6ONLY off, then IPv4 is served too",
                  check_v6only),
    CONTRACT_UDP("given multicast groups, then members come and go",
                 check_multicast),
    CONTRACT_UDP("given ioctlsocket with either number, then it works",
                 check_ioctl),
    CONTRACT_BOTH("given ioctlsocket with bad arguments, then the error",
                  check_ioctl_refusals),
    CONTRACT_TCP("given SIOCATMARK, then it answers", check_atmark),
};

int main(void) {
  TABLE_ADD(value_rows, check_value);
  TABLE_ADD(refusal_rows, check_refusal);
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_option");
}
