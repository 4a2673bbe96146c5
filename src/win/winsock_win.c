/* winsock_win.c - see winsock_win.h.
 *
 * Ports are in network order here, and counts in host order. All calls are
 * synchronous: a NULL OVERLAPPED makes them so on any socket.
 */
#include "winsock_win.h"

#include <winsock2.h>
/* This one wants the other first. */
#include <mstcpip.h>

#include "status_win.h"

/* INET_PORT_RESERVATION_INSTANCE has members of other names in C++ than in C,
 * and needs an extension in C. */
struct instance {
  INET_PORT_RANGE range;
  uint64_t token;
};

_Static_assert(sizeof(INET_PORT_RANGE) == 4, "as Windows has it");
_Static_assert(sizeof(struct instance) == 16, "as Windows has it");
_Static_assert(offsetof(struct instance, token) == 8, "as Windows has it");

static int last_status(void) {
  return portres__status_from_windows((unsigned long)WSAGetLastError());
}

int portres__winsock_protocol(portres_socket s, enum portres_protocol* out) {
  WSAPROTOCOL_INFOW info = {0};
  int info_len = sizeof info;

  if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char*)&info, &info_len) !=
      0) {
    return last_status();
  }
  if (info.iSocketType == SOCK_STREAM && info.iProtocol == IPPROTO_TCP) {
    *out = PORTRES_TCP;
  } else if (info.iSocketType == SOCK_DGRAM && info.iProtocol == IPPROTO_UDP) {
    *out = PORTRES_UDP;
  } else {
    return PORTRES_EOPNOTSUPP;
  }
  return PORTRES_OK;
}

/* An answer without a token or of another size is not from the facility we
 * know; the count of bytes is not documented well enough to be believed. */
int portres__winsock_acquire(portres_socket s,
                             struct portres_range want,
                             struct portres_reservation* out) {
  INET_PORT_RANGE range = {htons(want.start), want.count};
  struct instance granted = {{0, 0}, 0};
  DWORD written = 0;

  if (WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof range, &granted,
               sizeof granted, &written, NULL, NULL) != 0) {
    return last_status();
  }
  if (granted.token == 0 || granted.range.NumberOfPorts != want.count) {
    return PORTRES_EOPNOTSUPP;
  }
  out->range.start = ntohs(granted.range.StartPort);
  out->range.count = granted.range.NumberOfPorts;
  out->token = granted.token;
  return PORTRES_OK;
}

static int give_token(portres_socket s, DWORD code, portres_token token) {
  DWORD written = 0;

  return WSAIoctl(s, code, &token, sizeof token, NULL, 0, &written, NULL,
                  NULL) == 0
             ? PORTRES_OK
             : last_status();
}

int portres__winsock_associate(portres_socket s, portres_token token) {
  return give_token(s, SIO_ASSOCIATE_PORT_RESERVATION, token);
}

int portres__winsock_release(portres_socket s, portres_token token) {
  return give_token(s, SIO_RELEASE_PORT_RESERVATION, token);
}

int portres__winsock_try_token(enum portres_protocol protocol,
                               portres_token token) {
  int type = protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  SOCKET s = socket(AF_INET, type, (int)protocol);
  int status;

  if (s == INVALID_SOCKET) {
    return last_status();
  }
  status = portres__winsock_associate(s, token);
  closesocket(s);
  return status;
}
