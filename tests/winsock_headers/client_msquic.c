/* In the manner of msquic: dual-mode datagram sockets, one a processor, on one
 * reserved port; the port is in network order already. */
#include <winsock2.h>

#include <windows.h>

#include <mstcpip.h>
#include <mswsock.h>
#include <ws2ipdef.h>

typedef struct binding {
  SOCKET socket;
  SOCKADDR_INET local;
} binding;

HRESULT open_binding(_Inout_ binding* b, USHORT processor, ULONG64* token) {
  int length = sizeof(b->local);
  DWORD bytes = 0;
  int option = FALSE;
  int result;

  b->socket = WSASocketW(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                         WSA_FLAG_OVERLAPPED);
  if (b->socket == INVALID_SOCKET) {
    return HRESULT_FROM_WIN32(WSAGetLastError());
  }
  result = setsockopt(b->socket, IPPROTO_IPV6, IPV6_V6ONLY, (char*)&option,
                      sizeof(option));
  result |= WSAIoctl(b->socket, SIO_CPU_AFFINITY, &processor, sizeof(processor),
                     NULL, 0, &bytes, NULL, NULL);
  if (*token == 0) {
    INET_PORT_RANGE range;
    INET_PORT_RESERVATION_INSTANCE granted;
    range.StartPort = b->local.Ipv6.sin6_port;
    range.NumberOfPorts = 1;
    result |=
        WSAIoctl(b->socket, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof(range),
                 &granted, sizeof(granted), &bytes, NULL, NULL);
    CopyMemory(token, &granted.Token, sizeof(granted.Token));
  }
  result |= WSAIoctl(b->socket, SIO_ASSOCIATE_PORT_RESERVATION, token,
                     sizeof(*token), NULL, 0, &bytes, NULL, NULL);
  result |= bind(b->socket, (PSOCKADDR)&b->local, sizeof(b->local));
  result |= getsockname(b->socket, (PSOCKADDR)&b->local, &length);
  return result == SOCKET_ERROR ? HRESULT_FROM_WIN32(WSAGetLastError()) : S_OK;
}
