/* wildcard_blocks.c - ten blocks of 64 ports on one socket, whose type is 0:
 * that is a stream here. Closing the socket ends them all.
 */
#include <winsock2.h>

#include <windows.h>

#include <mstcpip.h>
#include <stdio.h>

enum { BLOCKS = 10, PORTS = 64 };

static int acquire(SOCKET s,
                   USHORT start,
                   INET_PORT_RESERVATION_INSTANCE* granted) {
  INET_PORT_RANGE range;
  DWORD bytes = 0;

  range.StartPort = start;
  range.NumberOfPorts = PORTS;
  return WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof(range),
                  granted, sizeof(*granted), &bytes, NULL, NULL);
}

/* The structure has one shape in C and another in C++. */
static USHORT start_of(const INET_PORT_RESERVATION_INSTANCE* granted) {
  INET_PORT_RANGE range;

  memcpy(&range, granted, sizeof(range));
  return range.StartPort;
}

static int acquire_all(SOCKET s, USHORT starts[BLOCKS]) {
  int i;

  for (i = 0; i < BLOCKS; i++) {
    INET_PORT_RESERVATION_INSTANCE granted;

    if (acquire(s, 0, &granted) == SOCKET_ERROR) {
      wprintf(L"block %d: error %d\n", i + 1, WSAGetLastError());
      return 1;
    }
    starts[i] = start_of(&granted);
    wprintf(L"block %d: ports %u to %u\n", i + 1, ntohs(starts[i]),
            ntohs(starts[i]) + PORTS - 1);
  }
  return 0;
}

int wmain(void) {
  WSADATA data;
  USHORT starts[BLOCKS];
  INET_PORT_RESERVATION_INSTANCE granted;
  SOCKET s;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  s = socket(AF_INET, 0, 0);
  if (s == INVALID_SOCKET) {
    wprintf(L"socket: error %d\n", WSAGetLastError());
    return 1;
  }
  if (acquire_all(s, starts) != 0) {
    return 1;
  }
  closesocket(s);

  s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (acquire(s, starts[BLOCKS - 1], &granted) == SOCKET_ERROR) {
    wprintf(L"the last block is still taken: %d\n", WSAGetLastError());
    return 1;
  }
  wprintf(L"the socket is closed, and the last block is free\n");
  closesocket(s);
  WSACleanup();
  return 0;
}
