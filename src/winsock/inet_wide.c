/* inet_wide.c - addresses as wide text, which need no WSAStartup. */
#include <arpa/inet.h>
#include <string.h>

#include "error.h"
#include "portres_ws/inet.h"
#include "portres_ws/socket.h"
#include "text.h"

static int system_family(int family) {
  return family == PORTRES_WS_AF_INET6 ? AF_INET6 : family;
}

int InetPtonW(int Family, PCWSTR pszAddrString, PVOID pAddrBuf) {
  struct portres__ws_text text;
  int result = SOCKET_ERROR;

  if (pszAddrString == NULL || pAddrBuf == NULL) {
    return portres__ws_fail(WSAEFAULT);
  }
  portres__ws_text_init(&text);
  portres__ws_text_add_wide(&text, pszAddrString, wcslen(pszAddrString) + 1);
  if (text.has_failed) {
    portres__ws_fail(WSAENOBUFS);
  } else {
    result = inet_pton(system_family(Family), text.bytes, pAddrBuf);
  }
  portres__ws_text_finish(&text);
  if (result < 0) {
    portres__ws_fail(WSAEAFNOSUPPORT);
  }
  return result;
}

PCWSTR InetNtopW(int Family,
                 const void* pAddr,
                 PWSTR pStringBuf,
                 size_t StringBufSize) {
  char text[INET6_ADDRSTRLEN];
  size_t length;

  if (inet_ntop(system_family(Family), pAddr, text, sizeof text) == NULL) {
    portres__ws_fail(WSAEAFNOSUPPORT);
    return NULL;
  }
  length = strlen(text);
  if (pStringBuf == NULL || StringBufSize <= length) {
    portres__ws_fail(WSA_INVALID_PARAMETER);
    return NULL;
  }
  length = portres__ws_text_widen(pStringBuf, length, text, length);
  pStringBuf[length] = L'\0';
  return pStringBuf;
}
