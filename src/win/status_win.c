#include "status_win.h"

#include <portres/portres.h>
#include <winsock2.h>

/* Headers of mingw-w64 before version 11 lack ERROR_ELEVATION_REQUIRED. */
enum { ELEVATION_REQUIRED = 740 };

enum dialect { OF_WINSOCK = 1, OF_WIN32 = 2, OF_BOTH = OF_WINSOCK | OF_WIN32 };

/* Of several codes for one status in one dialect, the first is what that
 * status becomes. */
static const struct {
  int status;
  unsigned code;
  enum dialect dialect;
} pairs[] = {
    {PORTRES_OK, NO_ERROR, OF_BOTH},
    {PORTRES_EDISKFULL, ERROR_DISK_FULL, OF_WIN32},
    {PORTRES_EABORTED, ERROR_OPERATION_ABORTED, OF_BOTH},
    {PORTRES_EINCOMPLETE, ERROR_IO_INCOMPLETE, OF_BOTH},
    {PORTRES_EPENDING, ERROR_IO_PENDING, OF_BOTH},
    {PORTRES_ENOTFOUND, ERROR_NOT_FOUND, OF_WIN32},
    {PORTRES_ECORRUPT, ERROR_FILE_CORRUPT, OF_WIN32},
    {PORTRES_EINTR, WSAEINTR, OF_BOTH},
    {PORTRES_EACCES, WSAEACCES, OF_WINSOCK},
    {PORTRES_EACCES, ERROR_ACCESS_DENIED, OF_WIN32},
    {PORTRES_EACCES, ELEVATION_REQUIRED, OF_WIN32},
    {PORTRES_EACCES, ERROR_PRIVILEGE_NOT_HELD, OF_WIN32},
    {PORTRES_EFAULT, WSAEFAULT, OF_WINSOCK},
    {PORTRES_EFAULT, ERROR_NOACCESS, OF_WIN32},
    {PORTRES_EINVAL, WSAEINVAL, OF_WINSOCK},
    {PORTRES_EINVAL, ERROR_INVALID_PARAMETER, OF_BOTH},
    {PORTRES_EINPROGRESS, WSAEINPROGRESS, OF_BOTH},
    {PORTRES_ENOTSOCK, WSAENOTSOCK, OF_WINSOCK},
    {PORTRES_ENOTSOCK, ERROR_INVALID_HANDLE, OF_BOTH},
    {PORTRES_EOPNOTSUPP, WSAEOPNOTSUPP, OF_WINSOCK},
    {PORTRES_EOPNOTSUPP, ERROR_NOT_SUPPORTED, OF_WIN32},
    {PORTRES_EOPNOTSUPP, ERROR_CALL_NOT_IMPLEMENTED, OF_WIN32},
    {PORTRES_EOPNOTSUPP, ERROR_PROC_NOT_FOUND, OF_WIN32},
    {PORTRES_EOPNOTSUPP, ERROR_MOD_NOT_FOUND, OF_WIN32},
    {PORTRES_EADDRINUSE, WSAEADDRINUSE, OF_WINSOCK},
    {PORTRES_EADDRINUSE, ERROR_SHARING_VIOLATION, OF_WIN32},
    {PORTRES_ENETDOWN, WSAENETDOWN, OF_BOTH},
    {PORTRES_ENOBUFS, WSAENOBUFS, OF_WINSOCK},
    {PORTRES_ENOBUFS, ERROR_NOT_ENOUGH_MEMORY, OF_BOTH},
    {PORTRES_ENOBUFS, WSAEMFILE, OF_WINSOCK},
    {PORTRES_ENOBUFS, ERROR_OUTOFMEMORY, OF_WIN32},
    {PORTRES_ENOBUFS, ERROR_NO_SYSTEM_RESOURCES, OF_WIN32},
    {PORTRES_ENOTREADY, WSANOTINITIALISED, OF_BOTH},
};

enum { PAIR_COUNT = sizeof pairs / sizeof pairs[0] };

int portres__status_from_windows(unsigned long code) {
  for (int i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].code == code) {
      return pairs[i].status;
    }
  }
  return PORTRES_EINVAL;
}

static unsigned long to_dialect(int status, enum dialect dialect) {
  for (int i = 0; i < PAIR_COUNT; i++) {
    if (pairs[i].status == status && (pairs[i].dialect & dialect) != 0) {
      return pairs[i].code;
    }
  }
  return dialect == OF_WINSOCK ? WSAEINVAL : ERROR_INVALID_PARAMETER;
}

unsigned long portres__status_to_winsock(int status) {
  return to_dialect(status, OF_WINSOCK);
}

unsigned long portres__status_to_win32(int status) {
  return to_dialect(status, OF_WIN32);
}
