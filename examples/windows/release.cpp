// release.cpp - a block is there to be had again once it is released, and not
// before; a token that is released is no token any more.
//
//   release 2 1 6 0 10
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

#include <stdio.h>
#include <stdlib.h>

#pragma comment(lib, "Ws2_32.lib")

static int acquire(SOCKET s,
                   INET_PORT_RANGE range,
                   INET_PORT_RESERVATION_INSTANCE* granted) {
  DWORD bytes = 0;
  int result =
      WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, (LPVOID)&range, sizeof(range),
               (LPVOID)granted, sizeof(*granted), &bytes, NULL, NULL);
  if (result == SOCKET_ERROR) {
    int error = WSAGetLastError();
    wprintf(L"acquire: error %d, %u bytes\n", error, bytes);
    return error;
  }
  wprintf(L"acquire: %u ports from %u, token %I64d, %u bytes\n",
          granted->Reservation.NumberOfPorts,
          ntohs(granted->Reservation.StartPort), granted->Token, bytes);
  return 0;
}

static int release(SOCKET s, INET_PORT_RESERVATION_TOKEN token) {
  DWORD bytes = 0;
  int result = WSAIoctl(s, SIO_RELEASE_PORT_RESERVATION, (LPVOID)&token,
                        sizeof(token), NULL, 0, &bytes, NULL, NULL);
  if (result == SOCKET_ERROR) {
    int error = WSAGetLastError();
    wprintf(L"release: error %d, %u bytes\n", error, bytes);
    return error;
  }
  wprintf(L"release: %u bytes\n", bytes);
  return 0;
}

int wmain(int argc, WCHAR** argv) {
  if (argc != 6) {
    wprintf(L"usage: %ws FAMILY TYPE PROTOCOL START COUNT\n", argv[0]);
    return 1;
  }
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  SOCKET s = socket(_wtoi(argv[1]), _wtoi(argv[2]), _wtoi(argv[3]));
  if (s == INVALID_SOCKET) {
    wprintf(L"socket: error %d\n", WSAGetLastError());
    return 1;
  }

  INET_PORT_RANGE range;
  range.StartPort = htons((USHORT)_wtoi(argv[4]));
  range.NumberOfPorts = (USHORT)_wtoi(argv[5]);
  INET_PORT_RESERVATION_INSTANCE first = {};
  INET_PORT_RESERVATION_INSTANCE again = {};
  if (acquire(s, range, &first) != 0) {
    return 1;
  }
  range = first.Reservation;
  bool is_right = acquire(s, range, &again) == WSAEADDRINUSE;
  is_right = release(s, first.Token) == 0 && is_right;
  is_right = release(s, first.Token) == WSAEINVAL && is_right;
  is_right = acquire(s, range, &again) == 0 && is_right;
  wprintf(again.Token.Token != first.Token.Token
              ? L"the same ports have another token\n"
              : L"a token was used twice\n");
  is_right = release(s, again.Token) == 0 && is_right;

  closesocket(s);
  WSACleanup();
  return is_right ? 0 : 1;
}
