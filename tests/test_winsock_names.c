/* What winsock2.h makes of names in the header itself: fd_set and its macros,
 * and addresses as wide text. */
#define FD_SETSIZE 4
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "table.h"

static void a_socket_is_in_a_set_once(void) {
  fd_set set;

  FD_ZERO(&set);
  FD_SET(7, &set);
  FD_SET(9, &set);
  FD_SET(7, &set);
  assert_int_equal(set.fd_count, 2);
  assert_int_equal(FD_ISSET(7, &set), 1);
  assert_int_equal(FD_ISSET(8, &set), 0);
  FD_CLR(7, &set);
  FD_CLR(8, &set);
  assert_int_equal(set.fd_count, 1);
  assert_int_equal(set.fd_array[0], 9);
}

static void a_full_set_takes_no_more(void) {
  struct fd_set set;
  SOCKET s;

  FD_ZERO(&set);
  for (s = 0; s < 6; s++) {
    FD_SET(s, &set);
  }
  assert_int_equal(set.fd_count, FD_SETSIZE);
  assert_int_equal(sizeof set.fd_array, 4 * sizeof(SOCKET));
  assert_int_equal(FD_ISSET(4, &set), 0);
}

struct address_row {
  const char* name;
  const wchar_t* text;
  const wchar_t* again;
  int family;
  int result;
};

static const struct address_row address_rows[] = {
    {"given an address of IPv4, then it is one", L"127.0.0.1", L"127.0.0.1",
     AF_INET, 1},
    {"given one of IPv6, then it is one", L"0:0::1", L"::1", AF_INET6, 1},
    {"8.6: given Windows' number of IPv6, then the same", L"fe80::2",
     L"fe80::2", 23, 1},
    {"given what is no address, then 0", L"127.0.0", NULL, AF_INET, 0},
    {"given letters beyond ASCII, then 0", L"\u0661.2.3.4", NULL, AF_INET, 0},
    {"given another family, then WSAEAFNOSUPPORT", L"::1", NULL, 77, -1},
    {"given no text, then WSAEFAULT", NULL, NULL, AF_INET, -1},
};

static void check_address(const void* data) {
  const struct address_row* row = data;
  struct in6_addr address;
  wchar_t text[46] = L"";

  WSASetLastError(0);
  assert_int_equal(InetPtonW(row->family, row->text, &address), row->result);
  if (row->result < 0) {
    assert_int_equal(WSAGetLastError(),
                     row->text != NULL ? WSAEAFNOSUPPORT : WSAEFAULT);
    return;
  }
  assert_int_equal(WSAGetLastError(), 0);
  if (row->again != NULL) {
    assert_ptr_equal(InetNtopW(row->family, &address, text, 46), text);
    assert_int_equal(wcscmp(text, row->again), 0);
  }
}

/* Both types that Windows' u_long can be here, through the call itself. */
static void ioctlsocket_takes_either_u_long(void) {
  WSADATA data;
  SOCKET s;
  u_long mode = 1;
  ULONG waiting = 77;
  u_long also_waiting = ~0ul;

  assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
  s = socket(23, SOCK_STREAM, IPPROTO_TCP);
  assert_int_not_equal(s, INVALID_SOCKET);
  assert_int_equal(ioctlsocket(s, FIONBIO, &mode), 0);
  assert_int_equal(ioctlsocket(s, FIONBIO, NULL), SOCKET_ERROR);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  closesocket(s);
  s = socket(AF_INET, SOCK_DGRAM, 0);
  assert_int_equal(ioctlsocket(s, FIONREAD, &waiting), 0);
  assert_int_equal(waiting, 0);
  assert_int_equal(ioctlsocket(s, FIONREAD, &also_waiting), 0);
  assert_int_equal(also_waiting, 0);
  closesocket(s);
  WSACleanup();
}

static void lookups_answer_by_windows_numbers(void) {
  WSADATA data;
  struct addrinfo hints;
  struct addrinfo* found = NULL;

  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_NUMERICHOST;
  assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
  assert_int_equal(getaddrinfo("no address", NULL, &hints, &found), EAI_NONAME);
  assert_int_equal(EAI_NONAME, 11001);
  WSACleanup();
}

static void text_too_short_is_refused(void) {
  struct in_addr address = {htonl(INADDR_LOOPBACK)};
  wchar_t text[10] = L"";

  assert_null(InetNtopW(AF_INET, &address, text, 9));
  assert_int_equal(WSAGetLastError(), WSA_INVALID_PARAMETER);
  assert_non_null(InetNtopW(AF_INET, &address, text, 10));
  assert_null(InetNtopW(77, &address, text, 10));
  assert_int_equal(WSAGetLastError(), WSAEAFNOSUPPORT);
}

int main(void) {
  table_add_one("given a socket set twice, then the set has it once",
                a_socket_is_in_a_set_once);
  table_add_one("given FD_SETSIZE 4, when six are set, then four are in it",
                a_full_set_takes_no_more);
  TABLE_ADD(address_rows, check_address);
  table_add_one("given either u_long, then ioctlsocket takes it",
                ioctlsocket_takes_either_u_long);
  table_add_one("given no such host, then EAI_NONAME as Windows has it",
                lookups_answer_by_windows_numbers);
  table_add_one("given too short a text, then none", text_too_short_is_refused);
  return table_run("winsock names");
}
