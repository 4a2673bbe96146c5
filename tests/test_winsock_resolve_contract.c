/* Names and addresses as text. Only what needs no name server is asked for:
 * numbers, and names that the hosts file has everywhere. */
#include <string.h>
#include <unistd.h>

#include "winsock.h"

/* --- getaddrinfo() --- */

struct resolve_row {
  const char* name;
  const char* node;
  const char* service;
  struct addrinfo hints;
  int error;
};

static const struct resolve_row resolve_rows[] = {
    {"given numbers, then an address",
     "127.0.0.1",
     "80",
     {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM},
     0},
    {"8, detail 6: given family 23, then the system's AF_INET6",
     "::1",
     "80",
     {.ai_family = PORTRES_WS_AF_INET6,
      .ai_flags = AI_NUMERICHOST,
      .ai_socktype = SOCK_STREAM},
     0},
    {"given AI_PASSIVE and no node, then the wildcard address",
     NULL,
     "0",
     {.ai_family = AF_INET, .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_DGRAM},
     0},
    {"given no number under AI_NUMERICHOST, then WSAHOST_NOT_FOUND",
     "nowhere",
     NULL,
     {.ai_flags = AI_NUMERICHOST},
     WSAHOST_NOT_FOUND},
    {"given neither node nor service, then WSAHOST_NOT_FOUND",
     NULL,
     NULL,
     {.ai_flags = 0},
     WSAHOST_NOT_FOUND},
    {"given an unknown family, then WSAEAFNOSUPPORT",
     "127.0.0.1",
     NULL,
     {.ai_family = 77},
     WSAEAFNOSUPPORT},
    {"given an unknown flag, then WSAEINVAL",
     "127.0.0.1",
     NULL,
     {.ai_flags = 0x40000000},
     WSAEINVAL},
    {"given an unknown socket type, then WSAESOCKTNOSUPPORT",
     "127.0.0.1",
     NULL,
     {.ai_socktype = 77},
     WSAESOCKTNOSUPPORT},
    {"given an unknown service, then WSATYPE_NOT_FOUND",
     "127.0.0.1",
     "no-such-service",
     {.ai_socktype = SOCK_STREAM},
     WSATYPE_NOT_FOUND},
    {"given a family the address is not of, then WSAHOST_NOT_FOUND",
     "::1",
     NULL,
     {.ai_family = AF_INET, .ai_flags = AI_NUMERICHOST},
     WSAHOST_NOT_FOUND},
};

static void check_resolve(const void* data) {
  const struct resolve_row* row = data;
  struct addrinfo* list = NULL;
  ws_start();
  ws_reset();
  int error =
      portres_ws_getaddrinfo(row->node, row->service, &row->hints, &list);
  assert_int_equal(error, row->error);
  assert_int_equal(errno, ENOTNAM);
  if (error != 0) {
    assert_int_equal(WSAGetLastError(), error);
  } else {
    assert_true(list->ai_family == AF_INET || list->ai_family == AF_INET6);
    assert_true(row->hints.ai_family != PORTRES_WS_AF_INET6 ||
                list->ai_family == AF_INET6);
    portres_ws_freeaddrinfo(list);
  }
  ws_stop();
}

static void check_resolve_pointers(int protocol) {
  struct addrinfo* list;
  (void)protocol;
  assert_int_equal(portres_ws_getaddrinfo("::1", NULL, NULL, NULL), WSAEFAULT);
  assert_int_equal(portres_ws_getaddrinfo("::1", NULL, NULL, ws_unmapped()),
                   WSAEFAULT);
  assert_int_equal(portres_ws_getaddrinfo("::1", NULL, ws_unmapped(), &list),
                   WSAEFAULT);
  portres_ws_freeaddrinfo(NULL);
}

static void check_names(int protocol) {
  struct net_address in6 = net_loopback(NET_V6, 80);
  char host[64];
  char service[16];
  const int numbers = NI_NUMERICHOST | NI_NUMERICSERV;
  (void)protocol;
  in6.as.any.sa_family = PORTRES_WS_AF_INET6;
  assert_int_equal(
      portres_ws_getnameinfo(&in6.as.any, (int)in6.len, host, sizeof host,
                             service, sizeof service, numbers),
      0);
  assert_string_equal(host, "::1");
  assert_string_equal(service, "80");
  assert_int_equal(portres_ws_getnameinfo(&in6.as.any, (int)in6.len, host, 2,
                                          NULL, 0, numbers),
                   WSAEFAULT);
  assert_int_equal(portres_ws_getnameinfo(&in6.as.any, 8, host, sizeof host,
                                          NULL, 0, numbers),
                   WSAEFAULT);
  assert_int_equal(
      portres_ws_getnameinfo(NULL, 16, host, sizeof host, NULL, 0, numbers),
      WSAEFAULT);
  assert_int_equal(portres_ws_getnameinfo(ws_unmapped(), 16, host, sizeof host,
                                          NULL, 0, numbers),
                   WSAEFAULT);
}

static void check_host_name(int protocol) {
  char own[256];
  char name[256];
  (void)protocol;
  assert_int_equal(gethostname(own, sizeof own), 0);
  int needed = (int)strlen(own) + 1;
  WS_WORKS(portres_ws_gethostname(name, needed));
  assert_string_equal(name, own);
  WS_FAILS(portres_ws_gethostname(name, needed - 1), WSAEFAULT);
  WS_FAILS(portres_ws_gethostname(name, -1), WSAEFAULT);
  WS_FAILS(portres_ws_gethostname(NULL, needed), WSAEFAULT);
  WS_FAILS(portres_ws_gethostname(ws_unmapped(), needed), WSAEFAULT);
}

static void check_texts(int protocol) {
  const int errors[] = {WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY,
                        WSANO_DATA,        WSAEINVAL,    4711};
  (void)protocol;
  for (int i = 0; i < 6; i++) {
    size_t length = strlen(gai_strerrorA(errors[i]));
    assert_true(length > 10);
    assert_int_equal(wcslen(gai_strerrorW(errors[i])), length);
  }
}

/* --- inet_pton() and its kin, before WSAStartup too --- */

static void check_inet(void) {
  struct in6_addr six;
  struct in_addr four;
  char text[INET6_ADDRSTRLEN];
  ws_reset();
  assert_int_equal(portres_ws_inet_pton(PORTRES_WS_AF_INET6, "::2", &six), 1);
  assert_int_equal(InetPtonA(AF_INET, "127.0.0.1", &four), 1);
  assert_int_equal(InetPtonA(AF_INET, "127.0.0.256", &four), 0);
  assert_string_equal(
      portres_ws_inet_ntop(PORTRES_WS_AF_INET6, &six, text, sizeof text),
      "::2");
  assert_string_equal(InetNtopA(AF_INET, &four, text, 10), "127.0.0.1");
  WS_FAILS(InetPtonA(77, "::2", &six), WSAEAFNOSUPPORT);
  WS_FAILS(InetPtonA(AF_INET, NULL, &six), WSAEFAULT);
  WS_FAILS(InetPtonA(AF_INET, "127.0.0.1", NULL), WSAEFAULT);
  WS_FAILS(ws_reset_then(InetNtopA(AF_INET, &four, text, 9) == NULL),
           ERROR_INVALID_PARAMETER);
  WS_FAILS(ws_reset_then(InetNtopA(AF_INET, &four, NULL, 16) == NULL),
           ERROR_INVALID_PARAMETER);
  WS_FAILS(ws_reset_then(InetNtopA(77, &four, text, 16) == NULL),
           WSAEAFNOSUPPORT);
}

/* --- WSAStringToAddress() and back --- */

struct text_row {
  const char* name;
  char text[64];
  int family;
  int port; /* -1: WSAEINVAL */
  const char* back;
};

static const struct text_row text_rows[] = {
    {"given IPv4 alone, then port 0", "127.0.0.1", AF_INET, 0, "127.0.0.1"},
    {"given IPv4 with a port, then both", "127.0.0.1:80", AF_INET, 80,
     "127.0.0.1:80"},
    {"given IPv6 alone, then port 0", "::1", PORTRES_WS_AF_INET6, 0, "::1"},
    {"given IPv6 in brackets, then port 0", "[::1]", AF_INET6, 0, "::1"},
    {"given IPv6 with a port, then both", "[::1]:65535", AF_INET6, 65535,
     "[::1]:65535"},
    {"given IPv6 with a scope, then all", "[fe80::1%3]:7", AF_INET6, 7,
     "[fe80::1%3]:7"},
    {"given nothing, then WSAEINVAL", "", AF_INET, -1, NULL},
    {"given a port that is too large, then WSAEINVAL", "127.0.0.1:65536",
     AF_INET, -1, NULL},
    {"given no port behind a colon, then WSAEINVAL", "[::1]:", AF_INET6, -1,
     NULL},
    {"given an open bracket, then WSAEINVAL", "[::1", AF_INET6, -1, NULL},
    {"given IPv6 for IPv4, then WSAEINVAL", "::1", AF_INET, -1, NULL},
    {"given an unknown family, then WSAEINVAL", "::1", 77, -1, NULL},
};

static void check_back(const struct net_address* address,
                       int len,
                       const char* want) {
  struct net_address copy = *address;
  char text[64];
  WCHAR wide[64];
  DWORD needed = (DWORD)strlen(want) + 1;
  DWORD room = sizeof text;
  WS_WORKS(WSAAddressToStringA(&copy.as.any, (DWORD)len, NULL, text, &room));
  assert_string_equal(text, want);
  assert_int_equal(room, needed);
  WS_WORKS(WSAAddressToStringW(&copy.as.any, (DWORD)len, NULL, wide, &room));
  assert_int_equal(wcslen(wide), needed - 1);
  room = needed - 1;
  WS_FAILS(WSAAddressToStringA(&copy.as.any, (DWORD)len, NULL, text, &room),
           WSAEFAULT);
  assert_int_equal(room, needed);
  WS_FAILS(WSAAddressToStringA(&copy.as.any, 4, NULL, text, &room), WSAEFAULT);
  WS_FAILS(WSAAddressToStringA(NULL, (DWORD)len, NULL, text, &room), WSAEFAULT);
  WS_FAILS(WSAAddressToStringA(&copy.as.any, (DWORD)len, NULL, NULL, &room),
           WSAEFAULT);
  WS_FAILS(WSAAddressToStringA(&copy.as.any, (DWORD)len, NULL, text, NULL),
           WSAEFAULT);
}

static void check_text(const void* data) {
  const struct text_row* row = data;
  struct net_address address = {.len = 0};
  char text[64];
  WCHAR wide[64];
  int len = sizeof address.as;
  ws_start();
  memcpy(text, row->text, sizeof text);
  for (size_t i = 0; i < 64; i++) {
    wide[i] = (WCHAR)text[i];
  }
  if (row->port < 0) {
    WS_FAILS(
        WSAStringToAddressA(text, row->family, NULL, &address.as.any, &len),
        WSAEINVAL);
    WS_FAILS(
        WSAStringToAddressW(wide, row->family, NULL, &address.as.any, &len),
        WSAEINVAL);
  } else {
    WS_WORKS(
        WSAStringToAddressW(wide, row->family, NULL, &address.as.any, &len));
    assert_int_equal(ntohs(address.as.v4.sin_port), row->port);
    check_back(&address, len, row->back);
    len--;
    WS_FAILS(
        WSAStringToAddressA(text, row->family, NULL, &address.as.any, &len),
        WSAEFAULT);
    WS_FAILS(WSAStringToAddressA(text, row->family, NULL, NULL, &len),
             WSAEFAULT);
    WS_FAILS(
        WSAStringToAddressA(text, row->family, NULL, &address.as.any, NULL),
        WSAEFAULT);
    WS_FAILS(
        WSAStringToAddressA(NULL, row->family, NULL, &address.as.any, &len),
        WSAEFAULT);
  }
  ws_stop();
}

/* --- WSAHtons() and its kin --- */

static void check_order(int protocol) {
  SOCKET s = ws_socket(protocol, NET_V4);
  ULONG four = 0;
  u_short two = 0;
  WS_WORKS(WSAHtonl(s, 0x01020304, &four));
  assert_int_equal(four, htonl(0x01020304));
  WS_WORKS(WSANtohl(s, four, &four));
  assert_int_equal(four, 0x01020304);
  WS_WORKS(WSAHtons(s, 0x0102, &two));
  assert_int_equal(two, htons(0x0102));
  WS_WORKS(WSANtohs(s, two, &two));
  assert_int_equal(two, 0x0102);
  WS_FAILS(WSAHtonl(s, 1, NULL), WSAEFAULT);
  WS_FAILS(WSAHtons(s, 1, ws_unmapped()), WSAEFAULT);
  ws_close(s);
}

static const struct contract_row rows[] = {
    CONTRACT_TCP("given getaddrinfo with bad pointers, then WSAEFAULT",
                 check_resolve_pointers),
    CONTRACT_TCP("given getnameinfo, then names, or the error", check_names),
    CONTRACT_TCP("given gethostname, then it is whole, or WSAEFAULT",
                 check_host_name),
    CONTRACT_TCP("given gai_strerror, then a text in both widths", check_texts),
    CONTRACT_UDP("given WSAHtons and its kin, then the order is changed",
                 check_order),
};

int main(void) {
  TABLE_ADD(resolve_rows, check_resolve);
  TABLE_ADD(text_rows, check_text);
  TABLE_ADD(rows, ws_check);
  table_add_one("given addresses as text, then both ways, without WSAStartup",
                check_inet);
  return contract_run("winsock_resolve");
}
