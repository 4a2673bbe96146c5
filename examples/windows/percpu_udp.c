/* percpu_udp.c - one port of datagrams, a socket for each processor: the port
 * is reserved, so that nobody else can join in.
 */

/* For Microsoft's headers: SIO_CPU_AFFINITY is of a later Windows 10. */
#define _WIN32_WINNT 0x0A00
#define NTDDI_VERSION 0x0A000008

#include <winsock2.h>

#include <windows.h>
#include <ws2tcpip.h>

#include <mstcpip.h>
#include <stdio.h>

enum { SOCKETS = 4 };

static int fail(const wchar_t* call) {
  wprintf(L"%s: error %d\n", call, WSAGetLastError());
  return 1;
}

/* A dual-mode socket for one processor. */
static SOCKET open_socket(USHORT processor) {
  SOCKET s = WSASocketW(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                        WSA_FLAG_OVERLAPPED);
  DWORD bytes = 0;
  int off = 0;

  if (s == INVALID_SOCKET ||
      setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char*)&off, sizeof(off)) != 0 ||
      WSAIoctl(s, SIO_CPU_AFFINITY, &processor, sizeof(processor), NULL, 0,
               &bytes, NULL, NULL) != 0) {
    return INVALID_SOCKET;
  }
  return s;
}

/* One port of the system's choice, in network order. */
static int reserve(SOCKET s, USHORT* port, ULONG64* token) {
  INET_PORT_RANGE range;
  INET_PORT_RESERVATION_INSTANCE granted;
  DWORD bytes = 0;

  range.StartPort = 0;
  range.NumberOfPorts = 1;
  if (WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof(range), &granted,
               sizeof(granted), &bytes, NULL, NULL) != 0) {
    return 1;
  }
  CopyMemory(&range, &granted, sizeof(range));
  *port = range.StartPort;
  CopyMemory(token, &granted.Token, sizeof(*token));
  return 0;
}

static int bind_reserved(SOCKET s, USHORT port, ULONG64 token) {
  SOCKADDR_INET local;
  DWORD bytes = 0;

  ZeroMemory(&local, sizeof(local));
  local.Ipv6.sin6_family = AF_INET6;
  local.Ipv6.sin6_port = port;
  if (WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, &token, sizeof(token), NULL,
               0, &bytes, NULL, NULL) != 0) {
    return 1;
  }
  return bind(s, (SOCKADDR*)&local, sizeof(local.Ipv6)) != 0;
}

static int open_all(SOCKET sockets[SOCKETS], USHORT* port) {
  ULONG64 token = 0;
  int i;

  for (i = 0; i < SOCKETS; i++) {
    sockets[i] = open_socket((USHORT)i);
    if (sockets[i] == INVALID_SOCKET) {
      return fail(L"socket");
    }
  }
  if (reserve(sockets[0], port, &token) != 0) {
    return fail(L"SIO_ACQUIRE_PORT_RESERVATION");
  }
  wprintf(L"port %u is reserved\n", ntohs(*port));
  for (i = 0; i < SOCKETS; i++) {
    if (bind_reserved(sockets[i], *port, token) != 0) {
      return fail(L"bind");
    }
    wprintf(L"socket %d has it\n", i + 1);
  }
  return 0;
}

/* One datagram to the port, and how many of the sockets have it. */
static int send_one(SOCKET sockets[SOCKETS], USHORT port) {
  SOCKET sender = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  struct sockaddr_in to;
  fd_set readable;
  int i;

  ZeroMemory(&to, sizeof(to));
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = port;
  if (sendto(sender, "hello", 5, 0, (SOCKADDR*)&to, sizeof(to)) != 5) {
    return fail(L"sendto");
  }
  FD_ZERO(&readable);
  for (i = 0; i < SOCKETS; i++) {
    FD_SET(sockets[i], &readable);
  }
  wprintf(L"a datagram came to %d of them\n",
          select(0, &readable, NULL, NULL, NULL));
  closesocket(sender);
  return 0;
}

/* A stranger: neither associated nor for a processor. */
static void try_stranger(USHORT port) {
  SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  struct sockaddr_in address;

  ZeroMemory(&address, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_port = port;
  if (bind(s, (SOCKADDR*)&address, sizeof(address)) == SOCKET_ERROR) {
    wprintf(L"a socket without the token: error %d\n", WSAGetLastError());
  } else {
    wprintf(L"a socket without the token has the port, too\n");
  }
  closesocket(s);
}

int wmain(void) {
  WSADATA data;
  SOCKET sockets[SOCKETS];
  USHORT port = 0;
  int i;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  if (open_all(sockets, &port) != 0) {
    return 1;
  }
  try_stranger(port);
  if (send_one(sockets, port) != 0) {
    return 1;
  }
  for (i = 0; i < SOCKETS; i++) {
    closesocket(sockets[i]);
  }
  WSACleanup();
  return 0;
}
