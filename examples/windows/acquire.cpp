// acquire.cpp - reserve a block of ports and take one of them, on one socket:
// acquire, associate, bind, getsockname, release.
//
//   acquire 2 2 17 0 20    twenty ports for datagrams, wherever they are free
//
// A program for Windows. On Linux it builds as it is with
//   g++ acquire.cpp $(pkg-config --cflags --libs portres-winsock)
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

static int usage(const WCHAR* program) {
  wprintf(L"usage: %s FAMILY TYPE PROTOCOL START COUNT\n", program);
  wprintf(L"  for %ws: %s 2 2 17 5000 20\n", L"datagrams", program);
  wprintf(L"  START 0 is a block of the system's choice\n");
  return 1;
}

static int failed(const WCHAR* call) {
  wprintf(L"%s failed: %d\n", call, WSAGetLastError());
  return 1;
}

int wmain(int argc, WCHAR** argv) {
  if (argc != 6) {
    return usage(argv[0]);
  }
  int family = _wtoi(argv[1]);
  int type = _wtoi(argv[2]);
  int protocol = _wtoi(argv[3]);
  INET_PORT_RANGE wanted = {};
  wanted.StartPort = htons((USHORT)_wtoi(argv[4]));
  wanted.NumberOfPorts = (USHORT)_wtoi(argv[5]);

  WSADATA data;
  int result = WSAStartup(MAKEWORD(2, 2), &data);
  if (result != 0) {
    wprintf(L"WSAStartup failed: %d\n", result);
    return 1;
  }

  SOCKET first = socket(family, type, protocol);
  if (first == INVALID_SOCKET) {
    return failed(L"socket");
  }
  wprintf(L"a socket is open\n");

  INET_PORT_RESERVATION_INSTANCE granted = {};
  DWORD bytes = 0;
  result = WSAIoctl(first, SIO_ACQUIRE_PORT_RESERVATION, (LPVOID)&wanted,
                    sizeof(INET_PORT_RANGE), (LPVOID)&granted,
                    sizeof(INET_PORT_RESERVATION_INSTANCE), &bytes, NULL, NULL);
  if (result != 0) {
    return failed(L"SIO_ACQUIRE_PORT_RESERVATION");
  }
  wprintf(L"SIO_ACQUIRE_PORT_RESERVATION gave %u bytes\n", bytes);
  wprintf(L"  first port %u, %u ports, token %I64d\n",
          ntohs(granted.Reservation.StartPort),
          granted.Reservation.NumberOfPorts, granted.Token);

  SOCKET second = socket(family, type, protocol);
  if (second == INVALID_SOCKET) {
    return failed(L"the second socket");
  }
  wprintf(L"a second socket is open\n");

  result =
      WSAIoctl(first, SIO_ASSOCIATE_PORT_RESERVATION, (LPVOID)&granted.Token,
               sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL);
  if (result != 0) {
    return failed(L"SIO_ASSOCIATE_PORT_RESERVATION");
  }
  wprintf(L"SIO_ASSOCIATE_PORT_RESERVATION gave %u bytes\n", bytes);

  sockaddr_in address = {};
  address.sin_family = (ADDRESS_FAMILY)family;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = 0;
  if (bind(first, (SOCKADDR*)&address, sizeof(address)) == SOCKET_ERROR) {
    return failed(L"bind");
  }
  wprintf(L"bind took a port of the block\n");

  sockaddr_in bound;
  int length = sizeof(bound);
  if (getsockname(first, (SOCKADDR*)&bound, &length) == SOCKET_ERROR) {
    return failed(L"getsockname");
  }
  wprintf(L"  port %u, in an address of %d bytes\n", ntohs(bound.sin_port),
          length);

  result = WSAIoctl(first, SIO_RELEASE_PORT_RESERVATION, (LPVOID)&granted.Token,
                    sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL);
  if (result != 0) {
    return failed(L"SIO_RELEASE_PORT_RESERVATION");
  }
  wprintf(L"SIO_RELEASE_PORT_RESERVATION gave %u bytes\n", bytes);

  if (closesocket(second) == SOCKET_ERROR ||
      closesocket(first) == SOCKET_ERROR) {
    return failed(L"closesocket");
  }
  WSACleanup();
  return 0;
}
