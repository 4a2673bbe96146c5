/* privileged_scan.c - connect from a port below 1024, as NFS servers ask for:
 * scan for one that is free, associate, and connect without a bind. The server
 * is one of our own, which prints where its clients come from.
 */
#include <winsock2.h>

#include <windows.h>

#include <mstcpip.h>
#include <stdio.h>

enum { FIRST = 600, LAST = 1023, CLIENTS = 2 };

static USHORT next_port = FIRST;

/* Returns: 0, or an error of Winsock. */
static int reserve_privileged(SOCKET s) {
  INET_PORT_RESERVATION_INSTANCE granted;
  INET_PORT_RANGE range;
  DWORD bytes = 0;
  int error = WSAEADDRINUSE;

  range.NumberOfPorts = 1;
  while (error == WSAEADDRINUSE && next_port <= LAST) {
    range.StartPort = htons(next_port++);
    error = WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof(range),
                     &granted, sizeof(granted), &bytes, NULL, NULL) == 0
                ? 0
                : WSAGetLastError();
  }
  if (error != 0) {
    return error;
  }
  wprintf(L"port %u is reserved\n", ntohs(range.StartPort));
  return WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, &granted.Token,
                  sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL) == 0
             ? 0
             : WSAGetLastError();
}

static SOCKET open_server(struct sockaddr_in* address) {
  SOCKET server = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  int length = sizeof(*address);

  ZeroMemory(address, sizeof(*address));
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (server == INVALID_SOCKET ||
      bind(server, (SOCKADDR*)address, sizeof(*address)) != 0 ||
      getsockname(server, (SOCKADDR*)address, &length) != 0 ||
      listen(server, SOMAXCONN) != 0) {
    return INVALID_SOCKET;
  }
  return server;
}

static int connect_once(SOCKET server, const struct sockaddr_in* address) {
  struct sockaddr_in peer;
  int length = sizeof(peer);
  SOCKET client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  SOCKET accepted;
  int error = reserve_privileged(client);

  if (error != 0) {
    wprintf(L"no port: error %d\n", error);
    return 1;
  }
  if (connect(client, (const SOCKADDR*)address, sizeof(*address)) != 0) {
    wprintf(L"connect: error %d\n", WSAGetLastError());
    return 1;
  }
  accepted = accept(server, (SOCKADDR*)&peer, &length);
  if (accepted == INVALID_SOCKET) {
    wprintf(L"accept: error %d\n", WSAGetLastError());
    return 1;
  }
  wprintf(L"the server sees port %u\n", ntohs(peer.sin_port));
  closesocket(accepted);
  closesocket(client);
  return 0;
}

int wmain(void) {
  WSADATA data;
  struct sockaddr_in address;
  SOCKET server;
  int i;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  server = open_server(&address);
  if (server == INVALID_SOCKET) {
    wprintf(L"no server: error %d\n", WSAGetLastError());
    return 1;
  }
  for (i = 0; i < CLIENTS; i++) {
    if (connect_once(server, &address) != 0) {
      return 1;
    }
  }
  closesocket(server);
  WSACleanup();
  return 0;
}
