/* WSAStartup, WSACleanup and the last error. What a call does before the first
 * is semantics 7, "Winsock not started".
 *
 * Windows closes what is open at the last WSACleanup; the kernel object behind
 * it may live on there in other processes, which cannot be shown here.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "winsock.h"

struct version_row {
  const char* name;
  WORD requested;
  WORD version; /* 0: WSAVERNOTSUPPORTED */
};

static const struct version_row version_rows[] = {
    {"given version 0.0, then WSAVERNOTSUPPORTED", MAKEWORD(0, 0), 0},
    {"given version 0.9, then WSAVERNOTSUPPORTED", MAKEWORD(0, 9), 0},
    {"given version 1.0, then 1.0", MAKEWORD(1, 0), MAKEWORD(1, 0)},
    {"given version 1.1, then 1.1", MAKEWORD(1, 1), MAKEWORD(1, 1)},
    {"given version 1.2, then 1.1", MAKEWORD(1, 2), MAKEWORD(1, 1)},
    {"given version 2.0, then 2.0", MAKEWORD(2, 0), MAKEWORD(2, 0)},
    {"given version 2.1, then 2.1", MAKEWORD(2, 1), MAKEWORD(2, 1)},
    {"given version 2.2, then 2.2", MAKEWORD(2, 2), MAKEWORD(2, 2)},
    {"given version 2.3, then 2.2", MAKEWORD(2, 3), MAKEWORD(2, 2)},
    {"given version 3.0, then 2.2", MAKEWORD(3, 0), MAKEWORD(2, 2)},
    {"given version 255.255, then 2.2", MAKEWORD(255, 255), MAKEWORD(2, 2)},
};

static void check_version(const void* data) {
  const struct version_row* row = data;
  WSADATA answer = {.wVersion = 0};
  errno = ENOTNAM;
  int error = WSAStartup(row->requested, &answer);
  assert_int_equal(errno, ENOTNAM);
  if (row->version == 0) {
    assert_int_equal(error, WSAVERNOTSUPPORTED);
    WS_FAILS(WSACleanup(), WSANOTINITIALISED);
    return;
  }
  assert_int_equal(error, 0);
  assert_int_equal(answer.wVersion, row->version);
  assert_int_equal(answer.wHighVersion, MAKEWORD(2, 2));
  assert_string_equal(answer.szSystemStatus, "Running");
  WS_WORKS(WSACleanup());
}

static void check_bad_data(void) {
  assert_int_equal(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
  assert_int_equal(WSAStartup(MAKEWORD(2, 2), ws_unmapped()), WSAEFAULT);
  assert_int_equal(WSAStartup(MAKEWORD(0, 0), NULL), WSAVERNOTSUPPORTED);
  WS_FAILS(WSACleanup(), WSANOTINITIALISED);
}

static void check_counted(void) {
  ws_start();
  ws_start();
  SOCKET s = ws_socket(IPPROTO_UDP, NET_V4);
  ws_stop();
  assert_int_equal(ws_bind(s, 0), 0);
  ws_close(s);
  ws_stop();
  WS_FAILS(WSACleanup(), WSANOTINITIALISED);
  WS_NO_SOCKET(portres_ws_socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
  ws_start();
  ws_close(ws_socket(IPPROTO_TCP, NET_V4));
  ws_stop();
}

/* Semantics 7: the general rule comes before every other error. */
static void check_not_started(void) {
  SOCKET sockets[] = {(SOCKET)net_socket(IPPROTO_UDP, NET_V4), INVALID_SOCKET};
  for (size_t i = 0; i < ws_calls_count; i++) {
    assert_int_equal(ws_calls[i].call(sockets[0]), WSANOTINITIALISED);
    assert_int_equal(ws_calls[i].call(sockets[1]), WSANOTINITIALISED);
  }
  net_close((int)sockets[0]); /* closesocket() did not */
}

static void check_not_started_others(void) {
  struct addrinfo* list;
  struct sockaddr_in in = {.sin_family = AF_INET};
  char text[64];
  int len = sizeof in;
  DWORD text_len = sizeof text;
  WS_NO_SOCKET(WSASocketA(AF_INET, 1, 0, NULL, 0, 0), WSANOTINITIALISED);
  WS_NO_SOCKET(WSASocketW(AF_INET, 1, 0, NULL, 0, 0x4000), WSANOTINITIALISED);
  WS_FAILS(portres_ws_select(0, NULL, NULL, NULL, NULL), WSANOTINITIALISED);
  WS_FAILS(portres_ws_gethostname(NULL, 0), WSANOTINITIALISED);
  assert_int_equal(portres_ws_getaddrinfo("::1", NULL, NULL, &list),
                   WSANOTINITIALISED);
  assert_int_equal(portres_ws_getnameinfo((struct sockaddr*)&in, len, text,
                                          sizeof text, NULL, 0, 0),
                   WSANOTINITIALISED);
  WS_FAILS(WSAStringToAddressA(NULL, AF_INET, NULL, NULL, &len),
           WSANOTINITIALISED);
  WS_FAILS(WSAAddressToStringA(NULL, 0, NULL, text, &text_len),
           WSANOTINITIALISED);
}

static void check_last_cleanup_closes(void) {
  struct portres_reservation granted;
  struct portres_info info = {.size = sizeof info};
  ws_start();
  SOCKET s = ws_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(contract_acquire((int)s, 0, 2, &granted), 0);
  ws_stop();
  assert_int_equal(fcntl((int)s, F_GETFD), -1);
  assert_int_equal(contract_describe(granted.token, &info), PORTRES_EINVAL);
  ws_start();
  WS_FAILS(closesocket(s), WSAENOTSOCK);
  ws_stop();
}

/* What Winsock did not make, or what took the number of what it made, is none
 * of its business. */
static void check_last_cleanup_spares(void) {
  int ends[2];
  ws_start();
  int stranger = net_socket(IPPROTO_TCP, NET_V4);
  SOCKET s = ws_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(ends[0], (int)s), (int)s);
  ws_stop();
  assert_int_equal(fcntl((int)s, F_GETFD), 0);
  net_close(stranger);
  net_close((int)s);
  net_close(ends[0]);
  net_close(ends[1]);
}

static void* fail_otherwise(void* arg) {
  (void)arg;
  int first = WSAGetLastError();
  WSASetLastError(WSAEINTR);
  return (void*)(intptr_t)(first == 0 ? WSAGetLastError() : -1);
}

static void check_threads(void) {
  pthread_t thread;
  void* seen;
  WSASetLastError(WSAEACCES);
  assert_int_equal(pthread_create(&thread, NULL, fail_otherwise, NULL), 0);
  assert_int_equal(pthread_join(thread, &seen), 0);
  assert_int_equal((intptr_t)seen, WSAEINTR);
  assert_int_equal(WSAGetLastError(), WSAEACCES);
}

int main(void) {
  TABLE_ADD(version_rows, check_version);
  table_add_one(
      "given WSADATA NULL or nowhere, then WSAEFAULT after the "
      "version",
      check_bad_data);
  table_add_one(
      "given two WSAStartups, then it is started until the second "
      "WSACleanup, and can be again",
      check_counted);
  table_add_one(
      "7: given no WSAStartup, when a call gets any socket, then "
      "WSANOTINITIALISED",
      check_not_started);
  table_add_one(
      "7: given no WSAStartup, when a call without a socket gets bad "
      "arguments, then WSANOTINITIALISED",
      check_not_started_others);
  table_add_one(
      "2.3: given an open socket that acquired, when the last "
      "WSACleanup runs, then both end",
      check_last_cleanup_closes);
  table_add_one(
      "given descriptors of others, when the last WSACleanup runs, "
      "then they stay",
      check_last_cleanup_spares);
  table_add_one("given two threads, then each has a last error", check_threads);
  return contract_run("winsock_startup");
}
