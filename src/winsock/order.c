/* order.c - WSAHtons and its kin: htons() with a socket to ask about. */
#include <errno.h>
#include <string.h>

#include "descriptor.h"
#include "error.h"
#include "memory.h"

static int give(SOCKET s, const void* value, size_t value_len, void* out) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);

  if (type < 0) {
    return type;
  }
  if (!portres__ws_can_write(out, value_len)) {
    return -WSAEFAULT;
  }
  memcpy(out, value, value_len);
  return 0;
}

int WSAHtonl(SOCKET s, uint32_t hostlong, uint32_t* lpnetlong) {
  int saved_errno = errno;
  uint32_t value = htonl(hostlong);

  return portres__ws_answer(give(s, &value, sizeof value, lpnetlong),
                            saved_errno);
}

int WSAHtons(SOCKET s, u_short hostshort, u_short* lpnetshort) {
  int saved_errno = errno;
  u_short value = htons(hostshort);

  return portres__ws_answer(give(s, &value, sizeof value, lpnetshort),
                            saved_errno);
}

/* The way back is the same. */
int WSANtohl(SOCKET s, uint32_t netlong, uint32_t* lphostlong) {
  return WSAHtonl(s, netlong, lphostlong);
}

int WSANtohs(SOCKET s, u_short netshort, u_short* lphostshort) {
  return WSAHtons(s, netshort, lphostshort);
}
