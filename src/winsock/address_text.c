/* address_text.c - addresses as text: inet_pton, WSAStringToAddress and the
 * ways back.
 *
 * Wide text is made narrow first: an address has ASCII characters only. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "error.h"
#include "memory.h"
#include "startup.h"

/* "[", an address, "%", a number of 10 digits, "]:", a port, and NUL. */
enum { TEXT_SIZE = INET6_ADDRSTRLEN + 24 };

/* --- Width --- */

/* False: longer than any address, or no ASCII. */
static bool narrow(const WCHAR* wide, char out[TEXT_SIZE]) {
  for (size_t i = 0; i < TEXT_SIZE; i++) {
    if (wide[i] < 0 || wide[i] > 127) {
      return false;
    }
    out[i] = (char)wide[i];
    if (wide[i] == 0) {
      return true;
    }
  }
  return false;
}

static void widen(const char* text, WCHAR* out) {
  size_t i = 0;

  do {
    out[i] = (WCHAR)text[i];
  } while (text[i++] != '\0');
}

/* --- inet_pton(), InetPton() --- */

static int read_address(int family, const char* text, void* out) {
  if (text == NULL || out == NULL) {
    return -WSAEFAULT;
  }
  family = portres__ws_family(family);
  return family == AF_INET || family == AF_INET6 ? inet_pton(family, text, out)
                                                 : -WSAEAFNOSUPPORT;
}

INT InetPtonA(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) {
  int saved_errno = errno;

  return portres__ws_answer(read_address(Family, pszAddrString, pAddrBuf),
                            saved_errno);
}

int portres_ws_inet_pton(int family, const char* text, void* out) {
  return InetPtonA(family, text, out);
}

/* --- inet_ntop(), InetNtop() --- */

/* Returns: 0, or the negative of a Winsock number. */
static int write_address(int family,
                         const void* address,
                         size_t out_size,
                         char out[INET6_ADDRSTRLEN]) {
  family = portres__ws_family(family);
  if (family != AF_INET && family != AF_INET6) {
    return -WSAEAFNOSUPPORT;
  }
  if (address == NULL ||
      inet_ntop(family, address, out, INET6_ADDRSTRLEN) == NULL ||
      strlen(out) + 1 > out_size) {
    return -ERROR_INVALID_PARAMETER;
  }
  return 0;
}

PCSTR InetNtopA(INT Family,
                const void* pAddr,
                PSTR pStringBuf,
                size_t StringBufSize) {
  int saved_errno = errno;
  char text[INET6_ADDRSTRLEN];
  int error = write_address(Family, pAddr, StringBufSize, text);

  if (error == 0 && pStringBuf != NULL) {
    return memcpy(pStringBuf, text, strlen(text) + 1);
  }
  portres__ws_answer(error == 0 ? -ERROR_INVALID_PARAMETER : error,
                     saved_errno);
  return NULL;
}

const char* portres_ws_inet_ntop(int family,
                                 const void* address,
                                 char* out,
                                 size_t out_size) {
  return InetNtopA(family, address, out, out_size);
}

/* --- WSAStringToAddress() --- */

/* The number at the end, of at most `max`; -1: none. */
static int64_t read_number(const char* text, int64_t max) {
  char* end;
  int64_t number = strtoll(text, &end, 10);

  return *text >= '0' && *text <= '9' && *end == '\0' && number <= max ? number
                                                                       : -1;
}

/* Cut the text at the last `separator` of it, and read the number behind. */
static bool cut_number(char* text, char separator, int64_t max, int64_t* out) {
  char* at = strrchr(text, separator);

  *out = 0;
  if (at == NULL) {
    return true;
  }
  *at = '\0';
  *out = read_number(at + 1, max);
  return *out >= 0;
}

static bool parse_v4(char* text, struct sockaddr_in* out) {
  int64_t port;

  if (!cut_number(text, ':', 65535, &port)) {
    return false;
  }
  out->sin_family = AF_INET;
  out->sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, text, &out->sin_addr) == 1;
}

/* "address", "[address]", "[address]:port", each with "%scope" perhaps. */
static bool parse_v6(char* text, struct sockaddr_in6* out) {
  int64_t port = 0;
  int64_t scope;

  if (*text == '[') {
    char* close = strchr(++text, ']');
    if (close == NULL || (close[1] != '\0' && close[1] != ':')) {
      return false;
    }
    if (close[1] == ':') {
      port = read_number(close + 2, 65535);
    }
    *close = '\0';
  }
  if (port < 0 || !cut_number(text, '%', UINT32_MAX, &scope)) {
    return false;
  }
  out->sin6_family = AF_INET6;
  out->sin6_port = htons((uint16_t)port);
  out->sin6_scope_id = (uint32_t)scope;
  return inet_pton(AF_INET6, text, &out->sin6_addr) == 1;
}

static int parse(const char* text,
                 int family,
                 struct portres__ws_address* out) {
  char copy[TEXT_SIZE];
  bool is_good;

  family = portres__ws_family(family);
  if (family != AF_INET && family != AF_INET6) {
    return -WSAEINVAL;
  }
  if (strlen(text) >= sizeof copy) {
    return -WSAEINVAL;
  }
  memcpy(copy, text, strlen(text) + 1);
  memset(out, 0, sizeof *out);
  out->len = (socklen_t)portres__ws_address_min(family);
  is_good = family == AF_INET ? parse_v4(copy, &out->as.in)
                              : parse_v6(copy, &out->as.in6);
  return is_good ? 0 : -WSAEINVAL;
}

static int give_address(const char* text,
                        int family,
                        struct sockaddr* out,
                        int* out_len) {
  struct portres__ws_address address;
  int room;
  int error;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  if (text == NULL || !portres__ws_can_write(out_len, sizeof *out_len)) {
    return -WSAEFAULT;
  }
  error = parse(text, family, &address);
  if (error != 0) {
    return error;
  }
  room = *out_len;
  *out_len = (int)address.len;
  if (room < (int)address.len || !portres__ws_can_write(out, address.len)) {
    return -WSAEFAULT;
  }
  memcpy(out, &address.as, address.len);
  return 0;
}

INT WSAStringToAddressA(LPSTR AddressString,
                        INT AddressFamily,
                        LPWSAPROTOCOL_INFOA lpProtocolInfo,
                        LPSOCKADDR lpAddress,
                        LPINT lpAddressLength) {
  int saved_errno = errno;

  (void)lpProtocolInfo; /* names a provider, of which there is one */
  return portres__ws_answer(
      give_address(AddressString, AddressFamily, lpAddress, lpAddressLength),
      saved_errno);
}

INT WSAStringToAddressW(LPWSTR AddressString,
                        INT AddressFamily,
                        LPWSAPROTOCOL_INFOW lpProtocolInfo,
                        LPSOCKADDR lpAddress,
                        LPINT lpAddressLength) {
  char text[TEXT_SIZE];

  (void)lpProtocolInfo;
  if (AddressString != NULL && !narrow(AddressString, text)) {
    text[0] = '\0';
  }
  return WSAStringToAddressA(AddressString == NULL ? NULL : text, AddressFamily,
                             NULL, lpAddress, lpAddressLength);
}

/* --- WSAAddressToString() --- */

static void print_v4(const struct sockaddr_in* address, char out[TEXT_SIZE]) {
  char text[INET_ADDRSTRLEN];
  unsigned port = ntohs(address->sin_port);

  inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  snprintf(out, TEXT_SIZE, port == 0 ? "%s" : "%s:%u", text, port);
}

static void print_v6(const struct sockaddr_in6* address, char out[TEXT_SIZE]) {
  char text[INET6_ADDRSTRLEN];
  char scope[16] = "";
  unsigned port = ntohs(address->sin6_port);

  inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
  if (address->sin6_scope_id != 0) {
    snprintf(scope, sizeof scope, "%%%u", (unsigned)address->sin6_scope_id);
  }
  if (port == 0) {
    snprintf(out, TEXT_SIZE, "%s%s", text, scope);
  } else {
    snprintf(out, TEXT_SIZE, "[%s%s]:%u", text, scope, port);
  }
}

static int print(const struct sockaddr* name,
                 DWORD name_len,
                 char out[TEXT_SIZE]) {
  struct portres__ws_address address;
  sa_family_t family;
  int error;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  if (name_len < sizeof family || name_len > sizeof address.as ||
      !portres__ws_can_read(name, name_len)) {
    return -WSAEFAULT;
  }
  memcpy(&family, name, sizeof family);
  family = (sa_family_t)portres__ws_family(family);
  if (family != AF_INET && family != AF_INET6) {
    return -WSAEINVAL;
  }
  error = portres__ws_address_take(family, name, (int)name_len, &address);
  if (error == 0 && family == AF_INET) {
    print_v4(&address.as.in, out);
  } else if (error == 0) {
    print_v6(&address.as.in6, out);
  }
  return error;
}

/* Whether the text fits; the length that is needed goes out either way. */
static int expect(const char* text, size_t size, void* out, DWORD* out_len) {
  DWORD needed = (DWORD)strlen(text) + 1;
  DWORD room;

  if (!portres__ws_can_write(out_len, sizeof *out_len)) {
    return -WSAEFAULT;
  }
  room = *out_len;
  *out_len = needed;
  return room >= needed && portres__ws_can_write(out, needed * size)
             ? 0
             : -WSAEFAULT;
}

INT WSAAddressToStringA(LPSOCKADDR lpsaAddress,
                        DWORD dwAddressLength,
                        LPWSAPROTOCOL_INFOA lpProtocolInfo,
                        LPSTR lpszAddressString,
                        LPDWORD lpdwAddressStringLength) {
  int saved_errno = errno;
  char text[TEXT_SIZE];
  int error = print(lpsaAddress, dwAddressLength, text);

  (void)lpProtocolInfo;
  if (error == 0) {
    error = expect(text, 1, lpszAddressString, lpdwAddressStringLength);
  }
  if (error == 0) {
    memcpy(lpszAddressString, text, strlen(text) + 1);
  }
  return portres__ws_answer(error, saved_errno);
}

INT WSAAddressToStringW(LPSOCKADDR lpsaAddress,
                        DWORD dwAddressLength,
                        LPWSAPROTOCOL_INFOW lpProtocolInfo,
                        LPWSTR lpszAddressString,
                        LPDWORD lpdwAddressStringLength) {
  int saved_errno = errno;
  char text[TEXT_SIZE];
  int error = print(lpsaAddress, dwAddressLength, text);

  (void)lpProtocolInfo;
  if (error == 0) {
    error = expect(text, sizeof *lpszAddressString, lpszAddressString,
                   lpdwAddressStringLength);
  }
  if (error == 0) {
    widen(text, lpszAddressString);
  }
  return portres__ws_answer(error, saved_errno);
}
