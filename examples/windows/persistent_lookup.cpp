// persistent_lookup.cpp - find the token of a persistent reservation, which is
// another one after each start of the machine, and use it.
//
//   persistent_lookup 5000 20
#ifndef UNICODE
#define UNICODE
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#include <Windows.h.>

#include <winsock2.h>

#include <mstcpip.h>

#include <ws2ipdef.h>

#include <iphlpapi.h>

#include <stdio.h>
#include <stdlib.h>

#pragma comment(lib, "Ws2_32.lib")
#pragma comment(lib, "Iphlpapi.lib")

int wmain(int argc, WCHAR** argv) {
  if (argc != 3) {
    wprintf(L"usage: %s START COUNT\n", argv[0]);
    return 1;
  }
  USHORT start = htons((USHORT)_wtoi(argv[1]));
  USHORT count = (USHORT)_wtoi(argv[2]);
  ULONG64 token = 0;
  ULONG status = LookupPersistentTcpPortReservation(start, count, &token);
  if (status != NO_ERROR) {
    wprintf(L"LookupPersistentTcpPortReservation: error %u\n", status);
    return 1;
  }
  wprintf(L"found: token %I64d\n", token);

  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  DWORD bytes = 0;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  int length = sizeof(address);
  if (s == INVALID_SOCKET ||
      WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, (LPVOID)&token,
               sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL) != 0 ||
      bind(s, (SOCKADDR*)&address, sizeof(address)) != 0 ||
      getsockname(s, (SOCKADDR*)&address, &length) != 0) {
    wprintf(L"a call failed: %d\n", WSAGetLastError());
    return 1;
  }
  wprintf(L"a socket has port %u\n", ntohs(address.sin_port));
  closesocket(s);
  WSACleanup();
  return 0;
}
