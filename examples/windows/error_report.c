/* error_report.c - what WSAIoctl answers to calls that are wrong, or, with an
 * argument, to as many acquires that are right. On Linux a test makes those
 * fail as it likes, by the environment:
 *
 *   PORTRES_TESTING="fail=acquire:1:WSAEACCES" error_report 2
 */
#include <winsock2.h>

#include <windows.h>

#include <mstcpip.h>
#include <stdio.h>
#include <stdlib.h>

struct error_name {
  int error;
  const wchar_t* name;
};

static const struct error_name names[] = {
    {NO_ERROR, L"success"},
    {WSA_OPERATION_ABORTED, L"WSA_OPERATION_ABORTED"},
    {WSA_IO_PENDING, L"WSA_IO_PENDING"},
    {WSAEINTR, L"WSAEINTR"},
    {WSAEACCES, L"WSAEACCES"},
    {WSAEFAULT, L"WSAEFAULT"},
    {WSAEINVAL, L"WSAEINVAL"},
    {WSAEINPROGRESS, L"WSAEINPROGRESS"},
    {WSAENOTSOCK, L"WSAENOTSOCK"},
    {WSAEOPNOTSUPP, L"WSAEOPNOTSUPP"},
    {WSAEADDRINUSE, L"WSAEADDRINUSE"},
    {WSAENETDOWN, L"WSAENETDOWN"},
    {WSAENOBUFS, L"WSAENOBUFS"},
    {WSANOTINITIALISED, L"WSANOTINITIALISED"},
};

static const wchar_t* name_of(int error) {
  size_t i;

  for (i = 0; i < _countof(names); i++) {
    if (names[i].error == error) {
      return names[i].name;
    }
  }
  return L"an unexpected error";
}

static void report(const wchar_t* what, int result, DWORD bytes) {
  int error = result == SOCKET_ERROR ? WSAGetLastError() : NO_ERROR;

  wprintf(L"%-24s %-20ws %5d, %u bytes\n", what, name_of(error), error, bytes);
}

static void acquire(const wchar_t* what,
                    SOCKET s,
                    USHORT count,
                    DWORD in_size,
                    DWORD out_size) {
  INET_PORT_RANGE range;
  INET_PORT_RESERVATION_INSTANCE granted;
  DWORD bytes = 99;
  int result;

  range.StartPort = 0;
  range.NumberOfPorts = count;
  result = WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, in_size, &granted,
                    out_size, &bytes, NULL, NULL);
  report(what, result, bytes);
}

static void give_token(const wchar_t* what, SOCKET s, DWORD code) {
  ULONG64 token = 0;
  DWORD bytes = 99;
  int result =
      WSAIoctl(s, code, &token, sizeof(token), NULL, 0, &bytes, NULL, NULL);

  report(what, result, bytes);
}

static void report_wrong_calls(SOCKET s) {
  const DWORD in_size = sizeof(INET_PORT_RANGE);
  const DWORD out_size = sizeof(INET_PORT_RESERVATION_INSTANCE);

  acquire(L"no socket", INVALID_SOCKET, 1, in_size, out_size);
  acquire(L"input too short", s, 1, in_size - 1, out_size);
  acquire(L"output too short", s, 1, in_size, out_size - 1);
  acquire(L"no ports", s, 0, in_size, out_size);
  acquire(L"too many ports", s, 65535, in_size, out_size);
  give_token(L"associate no token", s, SIO_ASSOCIATE_PORT_RESERVATION);
  give_token(L"release no token", s, SIO_RELEASE_PORT_RESERVATION);
  give_token(L"a code of nobody's", s, _WSAIOW(IOC_VENDOR, 999));
}

int wmain(int argc, wchar_t** argv) {
  int count = argc > 1 ? _wtoi(argv[1]) : 0;
  WSADATA data;
  SOCKET s;
  int i;

  if (count == 0) {
    acquire(L"before WSAStartup", INVALID_SOCKET, 1, 4, 16);
  }
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (s == INVALID_SOCKET) {
    return 1;
  }
  if (count == 0) {
    report_wrong_calls(s);
  }
  for (i = 0; i < count; i++) {
    acquire(L"acquire", s, 1, sizeof(INET_PORT_RANGE),
            sizeof(INET_PORT_RESERVATION_INSTANCE));
  }
  closesocket(s);
  WSACleanup();
  return 0;
}
