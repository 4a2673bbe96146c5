#include "ntstatus.h"

#include <stddef.h>

#include "portres_ws/error.h"

struct pair {
  ULONG ntstatus;
  int error;
};

/* The first of an error is the one it is written as. */
static const struct pair pairs[] = {
    {0x00000000u, 0},                     /* SUCCESS */
    {0x00000103u, WSA_IO_INCOMPLETE},     /* PENDING */
    {0xC0000005u, WSAEFAULT},             /* ACCESS_VIOLATION */
    {0xC0000023u, WSAEFAULT},             /* BUFFER_TOO_SMALL */
    {0xC0000008u, WSAENOTSOCK},           /* INVALID_HANDLE */
    {0xC0000024u, WSAENOTSOCK},           /* OBJECT_TYPE_MISMATCH */
    {0xC000000Du, WSAEINVAL},             /* INVALID_PARAMETER */
    {0xC0000022u, WSAEACCES},             /* ACCESS_DENIED */
    {0xC0000043u, WSAEADDRINUSE},         /* SHARING_VIOLATION */
    {0xC000020Au, WSAEADDRINUSE},         /* ADDRESS_ALREADY_EXISTS */
    {0xC0000209u, WSAENOBUFS},            /* TOO_MANY_ADDRESSES */
    {0xC000009Au, WSAENOBUFS},            /* INSUFFICIENT_RESOURCES */
    {0xC0000017u, WSAENOBUFS},            /* NO_MEMORY */
    {0xC0000018u, WSAENOBUFS},            /* CONFLICTING_ADDRESSES */
    {0xC00000BBu, WSAEOPNOTSUPP},         /* NOT_SUPPORTED */
    {0xC0000002u, WSAEOPNOTSUPP},         /* NOT_IMPLEMENTED */
    {0xC0000120u, WSA_OPERATION_ABORTED}, /* CANCELLED */
    {0xC0000240u, WSAEINTR},              /* REQUEST_ABORTED */
    {0xC0000141u, WSAEADDRNOTAVAIL},      /* INVALID_ADDRESS */
    {0xC0000207u, WSAEADDRNOTAVAIL},      /* INVALID_ADDRESS_COMPONENT */
    {0xC00000C4u, WSAENETDOWN},           /* UNEXPECTED_NETWORK_ERROR */
};

enum { PAIR_COUNT = sizeof pairs / sizeof *pairs };

/* An error that came before its NTSTATUS travels in the facility of Win32's
 * errors, and comes out again as it was. */
static const ULONG facility_mask = 0xFFFF0000u;
static const ULONG facility_win32 = 0xC0070000u;
static const ULONG severity_error = 0x80000000u;

ULONG portres__ws_ntstatus_of_error(int error) {
  for (size_t i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].error == error) {
      return pairs[i].ntstatus;
    }
  }
  return facility_win32 | ((ULONG)error & ~facility_mask);
}

int portres__ws_error_of_ntstatus(ULONG ntstatus) {
  for (size_t i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].ntstatus == ntstatus) {
      return pairs[i].error;
    }
  }
  if ((ntstatus & facility_mask) == facility_win32) {
    return (int)(ntstatus & ~facility_mask);
  }
  return (ntstatus & severity_error) != 0 ? WSAEINVAL : 0;
}
