/* The real calls of the system this runs on. Wine 8 to 10 has no reservations,
 * and that must be what a user sees, and clearly: a Wine that has them fails
 * these rows, so that somebody hears of it. Windows must have them.
 */
#include <winsock2.h>
/* This one wants the other first. */
#include <portres/portres.h>
#include <stdbool.h>
#include <string.h>

#include "../table.h"

static const struct portres_range eight = {0, 8};

static void start_winsock(void) {
  WSADATA data;
  assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

static bool is_wine(void) {
  return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version");
}

static void expect_unsupported(int status) {
  assert_int_equal(status, PORTRES_EOPNOTSUPP);
  assert_string_equal(portres_error_name(status), "EOPNOTSUPP");
  assert_string_equal(portres_strerror(status), "This is not supported here.");
}

struct protocol_row {
  const char* name;
  int type;
  int protocol;
  int family;
};

static const struct protocol_row protocol_rows[] = {
    {"TCP over IPv4: given Wine, then EOPNOTSUPP", SOCK_STREAM, IPPROTO_TCP,
     AF_INET},
    {"UDP over IPv4: given Wine, then EOPNOTSUPP", SOCK_DGRAM, IPPROTO_UDP,
     AF_INET},
    {"TCP over IPv6: given Wine, then EOPNOTSUPP", SOCK_STREAM, IPPROTO_TCP,
     AF_INET6},
    {"UDP over IPv6: given Wine, then EOPNOTSUPP", SOCK_DGRAM, IPPROTO_UDP,
     AF_INET6},
};

static void check_runtime(const void* data) {
  const struct protocol_row* row = data;
  struct portres_reservation out;
  struct portres_reservation before;
  start_winsock();
  SOCKET s = socket(row->family, row->type, row->protocol);
  assert_true(s != INVALID_SOCKET);
  memset(&out, 0xa5, sizeof out);
  before = out;
  WSASetLastError(4711);
  int status = portres_acquire(s, eight, &out);
  assert_int_equal(WSAGetLastError(), 4711);
  if (!is_wine()) {
    assert_int_equal(status, PORTRES_OK);
    assert_int_equal(portres_release(s, out.token), 0);
  } else {
    expect_unsupported(status);
    assert_memory_equal(&out, &before, sizeof out);
    expect_unsupported(portres_associate(s, 1));
    expect_unsupported(portres_release(s, 1));
  }
  closesocket(s);
  WSACleanup();
}

static void check_no_socket(void) {
  struct portres_reservation out;
  start_winsock();
  SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  closesocket(s);
  assert_int_equal(portres_acquire(s, eight, &out), PORTRES_ENOTSOCK);
  assert_int_equal(portres_acquire(INVALID_SOCKET, eight, &out),
                   PORTRES_ENOTSOCK);
  assert_int_equal(portres_associate(INVALID_SOCKET, 1), PORTRES_ENOTSOCK);
  assert_int_equal(portres_release(INVALID_SOCKET, 1), PORTRES_ENOTSOCK);
  WSACleanup();
}

/* A gate: Wine looks at the socket before it asks for WSAStartup. */
static void check_not_started(void) {
  struct portres_reservation out;
  const char* want = is_wine() ? "ENOTSOCK" : "ENOTREADY";
  int status = portres_acquire(INVALID_SOCKET, eight, &out);
  assert_string_equal(portres_error_name(status), want);
  assert_int_equal(portres_associate(INVALID_SOCKET, 1), status);
  assert_int_equal(portres_release(INVALID_SOCKET, 1), status);
}

/* They need no WSAStartup. Nothing is created: without rights or without the
 * functions there is nothing, and the range of a look-up is nobody's. */
static void check_persistent(void) {
  static const enum portres_protocol both[] = {PORTRES_TCP, PORTRES_UDP};
  struct portres_range range = {49153, 7};
  portres_token token = 4711;
  for (int i = 0; i < 2; i++) {
    int status = portres_persistent_lookup(both[i], range, &token);
    if (!is_wine()) {
      assert_int_equal(status, PORTRES_ENOTFOUND);
      continue;
    }
    expect_unsupported(status);
    expect_unsupported(portres_persistent_create(both[i], range, &token));
    expect_unsupported(portres_persistent_delete(both[i], range));
  }
  assert_true(token == 4711);
}

static int count_one(const struct portres_info* info, void* count) {
  (void)info;
  ++*(int*)count;
  return 0;
}

static void check_list(void) {
  struct portres_info info = {.size = sizeof info};
  int count = 0;
  assert_int_equal(portres_list(count_one, &count), 0);
  assert_int_equal(count, 0);
  assert_int_equal(portres_describe(1, &info), PORTRES_EINVAL);
}

int main(void) {
  table_watch("handles", table_open_descriptors);
  table_add_one("given no WSAStartup, then ENOTREADY; given Wine, ENOTSOCK",
                check_not_started);
  table_add_one("given no reservations, then the list is empty", check_list);
  table_add_one("given Wine, then the persistent functions are EOPNOTSUPP",
                check_persistent);
  table_add_one("given a closed socket, then ENOTSOCK", check_no_socket);
  TABLE_ADD(protocol_rows, check_runtime);
  return table_run("real");
}
