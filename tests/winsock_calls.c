/* Every call that takes a socket, on one that the row gives. */
#include <string.h>

#include "winsock.h"

static int outcome(int result) {
  return result == SOCKET_ERROR ? WSAGetLastError() : 0;
}

static int call_bind(SOCKET s) {
  struct net_address any = net_any(NET_V4, 0);
  return outcome(portres_ws_bind(s, &any.as.any, (int)any.len));
}

static int call_connect(SOCKET s) {
  struct net_address to = net_loopback(NET_V4, 9);
  return outcome(portres_ws_connect(s, &to.as.any, (int)to.len));
}

static int call_listen(SOCKET s) {
  return outcome(portres_ws_listen(s, 1));
}

static int call_accept(SOCKET s) {
  return portres_ws_accept(s, NULL, NULL) == INVALID_SOCKET ? WSAGetLastError()
                                                            : 0;
}

static int call_getsockname(SOCKET s) {
  struct net_address name;
  int len = (int)sizeof name.as;
  return outcome(portres_ws_getsockname(s, &name.as.any, &len));
}

static int call_getpeername(SOCKET s) {
  struct net_address name;
  int len = (int)sizeof name.as;
  return outcome(portres_ws_getpeername(s, &name.as.any, &len));
}

static int call_setsockopt(SOCKET s) {
  int value = 1;
  return outcome(portres_ws_setsockopt(s, SOL_SOCKET, SO_REUSEADDR,
                                       (const char*)&value, sizeof value));
}

static int call_getsockopt(SOCKET s) {
  int value = 1;
  int len = sizeof value;
  return outcome(
      portres_ws_getsockopt(s, SOL_SOCKET, SO_TYPE, (char*)&value, &len));
}

static int call_ioctlsocket(SOCKET s) {
  uint32_t value = 0;
  return outcome(portres_ws_ioctlsocket(s, (long)PORTRES_WS_FIONBIO, &value));
}

static int call_send(SOCKET s) {
  return outcome(portres_ws_send(s, "x", 1, 0));
}

static int call_sendto(SOCKET s) {
  struct net_address to = net_loopback(NET_V4, 9);
  return outcome(portres_ws_sendto(s, "x", 1, 0, &to.as.any, (int)to.len));
}

static int call_recv(SOCKET s) {
  char byte;
  return outcome(portres_ws_recv(s, &byte, 1, 0));
}

static int call_recvfrom(SOCKET s) {
  char byte;
  return outcome(portres_ws_recvfrom(s, &byte, 1, 0, NULL, NULL));
}

static int call_wsasend(SOCKET s) {
  WSABUF buffer = {1, (CHAR[]){'x'}};
  DWORD sent;
  return outcome(WSASend(s, &buffer, 1, &sent, 0, NULL, NULL));
}

static int call_wsasendto(SOCKET s) {
  struct net_address to = net_loopback(NET_V4, 9);
  WSABUF buffer = {1, (CHAR[]){'x'}};
  DWORD sent;
  return outcome(
      WSASendTo(s, &buffer, 1, &sent, 0, &to.as.any, (int)to.len, NULL, NULL));
}

static int call_wsasendmsg(SOCKET s) {
  WSABUF buffer = {1, (CHAR[]){'x'}};
  WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
  DWORD sent;
  return outcome(WSASendMsg(s, &message, 0, &sent, NULL, NULL));
}

static int call_wsarecv(SOCKET s) {
  WSABUF buffer = {1, (CHAR[]){'x'}};
  DWORD received;
  DWORD flags = 0;
  return outcome(WSARecv(s, &buffer, 1, &received, &flags, NULL, NULL));
}

static int call_wsarecvfrom(SOCKET s) {
  WSABUF buffer = {1, (CHAR[]){'x'}};
  DWORD received;
  DWORD flags = 0;
  return outcome(
      WSARecvFrom(s, &buffer, 1, &received, &flags, NULL, NULL, NULL, NULL));
}

static int call_shutdown(SOCKET s) {
  return outcome(portres_ws_shutdown(s, SD_BOTH));
}

static int call_closesocket(SOCKET s) {
  return outcome(closesocket(s));
}

static int call_select(SOCKET s) {
  portres_ws_fd_set set = {1, {s}};
  struct timeval now = {.tv_sec = 0};
  return outcome(portres_ws_select(0, &set, NULL, NULL, &now));
}

static int call_wsahtonl(SOCKET s) {
  ULONG value;
  return outcome(WSAHtonl(s, 1, &value));
}

static int call_wsahtons(SOCKET s) {
  u_short value;
  return outcome(WSAHtons(s, 1, &value));
}

static int call_wsantohl(SOCKET s) {
  ULONG value;
  return outcome(WSANtohl(s, 1, &value));
}

static int call_wsantohs(SOCKET s) {
  u_short value;
  return outcome(WSANtohs(s, 1, &value));
}

const struct ws_call ws_calls[] = {
    {"bind", call_bind},
    {"connect", call_connect},
    {"listen", call_listen},
    {"accept", call_accept},
    {"getsockname", call_getsockname},
    {"getpeername", call_getpeername},
    {"setsockopt", call_setsockopt},
    {"getsockopt", call_getsockopt},
    {"ioctlsocket", call_ioctlsocket},
    {"send", call_send},
    {"sendto", call_sendto},
    {"recv", call_recv},
    {"recvfrom", call_recvfrom},
    {"WSASend", call_wsasend},
    {"WSASendTo", call_wsasendto},
    {"WSASendMsg", call_wsasendmsg},
    {"WSARecv", call_wsarecv},
    {"WSARecvFrom", call_wsarecvfrom},
    {"shutdown", call_shutdown},
    {"select", call_select},
    {"WSAHtonl", call_wsahtonl},
    {"WSAHtons", call_wsahtons},
    {"WSANtohl", call_wsantohl},
    {"WSANtohs", call_wsantohs},
    {"closesocket", call_closesocket},
};

const size_t ws_calls_count = sizeof ws_calls / sizeof *ws_calls;
