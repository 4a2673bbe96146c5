#include "winsock.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* No call fails with these. A success leaves the last error alone here, and is
 * free to make it 0 on Windows, whose build says so. */
#define UNTOUCHED ENOTNAM
#ifndef NO_NUMBER
#define NO_NUMBER 1
#endif

void ws_reset(void) {
  WSASetLastError(NO_NUMBER);
  errno = UNTOUCHED;
}

int ws_reset_then(bool is_invalid) {
  return is_invalid ? SOCKET_ERROR : 0;
}

void ws_expect(int line, int result, int error) {
  int last_error = WSAGetLastError();
  if (error != 0 && (result != SOCKET_ERROR || last_error != error)) {
    fail_msg("line %d: %d and last error %d, not %d", line, result, last_error,
             error);
  }
  if (error == 0 && result != 0) {
    fail_msg("line %d: %d and last error %d", line, result, last_error);
  }
  if (error == 0) {
    assert_int_equal(last_error, NO_NUMBER);
  }
  assert_int_equal(errno, UNTOUCHED);
}

void ws_start(void) {
  WSADATA data;
  assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

void ws_stop(void) {
  assert_int_equal(WSACleanup(), 0);
}

void ws_check(const void* row) {
  ws_start();
  contract_check(row);
  ws_stop();
}

SOCKET ws_socket(int protocol, enum net_family family) {
  int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  SOCKET s =
      portres_ws_socket(family == NET_V4 ? AF_INET : AF_INET6, type, protocol);
  assert_true(s != INVALID_SOCKET);
  if (family == NET_DUAL) {
    char is_off = 0;
    WS_WORKS(portres_ws_setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &is_off, 1));
  }
  return s;
}

static int outcome(int result) {
  return result == 0 ? 0 : WSAGetLastError();
}

int ws_bind(SOCKET s, uint16_t port) {
  struct net_address any = net_any(net_family_of((int)s), port);
  return outcome(portres_ws_bind(s, &any.as.any, (int)any.len));
}

int ws_connect(SOCKET s, uint16_t port) {
  struct net_address to = net_loopback(net_family_of((int)s), port);
  return outcome(portres_ws_connect(s, &to.as.any, (int)to.len));
}

SOCKET ws_bound(int protocol, enum net_family family) {
  SOCKET s = ws_socket(protocol, family);
  assert_int_equal(ws_bind(s, 0), 0);
  return s;
}

SOCKET ws_listener(enum net_family family) {
  SOCKET s = ws_bound(IPPROTO_TCP, family);
  WS_WORKS(portres_ws_listen(s, 8));
  return s;
}

void ws_close(SOCKET s) {
  WS_WORKS(closesocket(s));
}

uint16_t ws_port(SOCKET s) {
  struct net_address name = {.len = sizeof name.as};
  int len = (int)sizeof name.as;
  WS_WORKS(portres_ws_getsockname(s, &name.as.any, &len));
  return ntohs(name.as.v4.sin_port);
}

struct ws_pair ws_pair(enum net_family family) {
  SOCKET listener = ws_listener(family);
  struct ws_pair pair = {.client = ws_socket(IPPROTO_TCP, family)};
  assert_int_equal(ws_connect(pair.client, ws_port(listener)), 0);
  pair.server = portres_ws_accept(listener, NULL, NULL);
  assert_true(pair.server != INVALID_SOCKET);
  ws_close(listener);
  return pair;
}

void ws_close_pair(struct ws_pair pair) {
  ws_close(pair.client);
  ws_close(pair.server);
}

struct net_address ws_loopback_of(SOCKET s) {
  return net_loopback(net_family_of((int)s), ws_port(s));
}

struct ws_pair ws_datagram_pair(void) {
  struct ws_pair pair = {.client = ws_bound(IPPROTO_UDP, NET_V4),
                         .server = ws_bound(IPPROTO_UDP, NET_V4)};
  assert_int_equal(ws_connect(pair.client, ws_port(pair.server)), 0);
  return pair;
}

void ws_set_blocking(SOCKET s, bool is_blocking) {
  uint32_t is_nonblocking = !is_blocking;
  WS_WORKS(
      portres_ws_ioctlsocket(s, (long)PORTRES_WS_FIONBIO, &is_nonblocking));
}

void* ws_unmapped(void) {
  static void* page;
  if (!page) {
    page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
  }
  return page;
}

SOCKET ws_member(const struct contract_block* block, enum net_family family) {
  SOCKET s = ws_socket(block->protocol, family);
  assert_int_equal(contract_associate((int)s, block->token), 0);
  return s;
}
