// persistent_create.cpp - a reservation that outlives the program is made, a
// socket takes a port of it, and it is deleted again. Needs administrator's
// rights. The functions need no WSAStartup.
//
//   persistent_create 5000 20         create, use, delete
//   persistent_create 5000 20 keep    without deleting it
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

// A stream socket on a port of the reservation.
static int use(ULONG64 token) {
  SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (s == INVALID_SOCKET) {
    wprintf(L"socket: error %d\n", WSAGetLastError());
    return 1;
  }
  DWORD bytes = 0;
  if (WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, (LPVOID)&token,
               sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL) != 0) {
    wprintf(L"SIO_ASSOCIATE_PORT_RESERVATION: error %d\n", WSAGetLastError());
    closesocket(s);
    return 1;
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  int length = sizeof(address);
  if (bind(s, (SOCKADDR*)&address, sizeof(address)) == SOCKET_ERROR ||
      getsockname(s, (SOCKADDR*)&address, &length) == SOCKET_ERROR) {
    wprintf(L"bind: error %d\n", WSAGetLastError());
    closesocket(s);
    return 1;
  }
  wprintf(L"a socket has port %u\n", ntohs(address.sin_port));
  closesocket(s);
  return 0;
}

int wmain(int argc, WCHAR** argv) {
  if (argc != 3 && argc != 4) {
    wprintf(L"usage: %s START COUNT [keep]\n", argv[0]);
    return 1;
  }
  USHORT start = htons((USHORT)_wtoi(argv[1]));
  USHORT count = (USHORT)_wtoi(argv[2]);
  ULONG64 token = 0;

  unsigned long status =
      CreatePersistentTcpPortReservation(start, count, &token);
  if (status != NO_ERROR) {
    wprintf(L"CreatePersistentTcpPortReservation: error %ld\n", status);
    return 1;
  }
  wprintf(L"created: %u ports from %u, token %I64d\n", count, ntohs(start),
          token);

  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  int result = use(token);
  WSACleanup();
  if (argc == 4) {
    return result;
  }

  status = DeletePersistentTcpPortReservation(start, count);
  if (status != NO_ERROR) {
    wprintf(L"DeletePersistentTcpPortReservation: error %ld\n", status);
    return 1;
  }
  wprintf(L"deleted\n");
  return result;
}
