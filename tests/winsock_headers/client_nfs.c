/* In the manner of ms-nfs41-client: a scan of privileged ports, the C shape of
 * the structure, and connect() without a bind(). */
#include <winsock2.h>
#include <ws2ipdef.h>

#include <mstcpip.h>
#include <stdio.h>

#define FIRST 600
#define LAST 1023

int reserve_privileged(int sd) {
  INET_PORT_RANGE range = {0};
  INET_PORT_RESERVATION_INSTANCE granted = {0};
  SOCKET s = (SOCKET)sd;
  DWORD received;
  u_short port;

  for (port = FIRST; port <= LAST; port++) {
    int result;
    int error;
    range.StartPort = htons(port);
    range.NumberOfPorts = 1;
    result = WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof(range),
                      &granted, sizeof(granted), &received, NULL, NULL);
    error = WSAGetLastError();
    if (result != SOCKET_ERROR) {
      break;
    }
    if (error != WSAEADDRINUSE) {
      return -1;
    }
  }
  printf("reserved %u, %u ports, token 0x%I64x\n", ntohs(granted.StartPort),
         (unsigned)granted.NumberOfPorts, granted.Token);
  return WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, &granted.Token,
                  sizeof(ULONG64), NULL, 0, &received, NULL, NULL);
}
