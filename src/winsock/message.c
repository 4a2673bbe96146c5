/* message.c - FormatMessage: a text for each error number that we give. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "portres_ws/socket.h"
#include "portres_ws/winbase.h"
#include "text.h"

struct message {
  DWORD error;
  const char* text;
};

enum { MESSAGE_MAX = 256 };

static const struct message messages[] = {
    {NO_ERROR, "NO_ERROR: It worked."},
    {ERROR_ACCESS_DENIED,
     "ERROR_ACCESS_DENIED: The right to do this is missing."},
    {ERROR_INVALID_HANDLE,
     "ERROR_INVALID_HANDLE: There is nothing behind this handle."},
    {ERROR_NOT_ENOUGH_MEMORY, "ERROR_NOT_ENOUGH_MEMORY: Memory is short."},
    {ERROR_SHARING_VIOLATION,
     "ERROR_SHARING_VIOLATION: Somebody has a part of this already."},
    {ERROR_NOT_SUPPORTED, "ERROR_NOT_SUPPORTED: This cannot be done here."},
    {ERROR_INVALID_PARAMETER, "ERROR_INVALID_PARAMETER: An argument is wrong."},
    {ERROR_DISK_FULL, "ERROR_DISK_FULL: The disk is full."},
    {ERROR_INSUFFICIENT_BUFFER,
     "ERROR_INSUFFICIENT_BUFFER: The memory given is too small."},
    {WSA_OPERATION_ABORTED,
     "WSA_OPERATION_ABORTED: The operation was given up, as its socket was "
     "closed or its thread ended."},
    {WSA_IO_INCOMPLETE, "WSA_IO_INCOMPLETE: The operation is under way."},
    {WSA_IO_PENDING, "WSA_IO_PENDING: The operation ends later."},
    {ERROR_NOT_FOUND, "ERROR_NOT_FOUND: There is no such thing."},
    {ERROR_FILE_CORRUPT, "ERROR_FILE_CORRUPT: The file is damaged."},
    {WSAEINTR, "WSAEINTR: The call was interrupted."},
    {WSAEBADF, "WSAEBADF: The file handle is not valid."},
    {WSAEACCES, "WSAEACCES: This socket has no right to that."},
    {WSAEFAULT, "WSAEFAULT: Memory given is not there, or is too small."},
    {WSAEINVAL, "WSAEINVAL: An argument is wrong, or the time for this call."},
    {WSAEMFILE, "WSAEMFILE: Too many sockets are open."},
    {WSAEWOULDBLOCK, "WSAEWOULDBLOCK: This cannot be done without waiting."},
    {WSAEINPROGRESS, "WSAEINPROGRESS: A blocking call is under way."},
    {WSAEALREADY, "WSAEALREADY: This is under way already."},
    {WSAENOTSOCK, "WSAENOTSOCK: This is not a socket."},
    {WSAEDESTADDRREQ, "WSAEDESTADDRREQ: A destination is missing."},
    {WSAEMSGSIZE, "WSAEMSGSIZE: The message is too long."},
    {WSAEPROTOTYPE, "WSAEPROTOTYPE: The protocol does not fit the type."},
    {WSAENOPROTOOPT, "WSAENOPROTOOPT: There is no such option."},
    {WSAEPROTONOSUPPORT, "WSAEPROTONOSUPPORT: There is no such protocol."},
    {WSAESOCKTNOSUPPORT, "WSAESOCKTNOSUPPORT: There is no such socket type."},
    {WSAEOPNOTSUPP, "WSAEOPNOTSUPP: This socket cannot do that."},
    {WSAEPFNOSUPPORT, "WSAEPFNOSUPPORT: There is no such protocol family."},
    {WSAEAFNOSUPPORT, "WSAEAFNOSUPPORT: This address family does not fit."},
    {WSAEADDRINUSE, "WSAEADDRINUSE: The address is in use."},
    {WSAEADDRNOTAVAIL, "WSAEADDRNOTAVAIL: The address is not one of ours."},
    {WSAENETDOWN, "WSAENETDOWN: The network is down."},
    {WSAENETUNREACH, "WSAENETUNREACH: No way leads to that network."},
    {WSAENETRESET, "WSAENETRESET: The network dropped the connection."},
    {WSAECONNABORTED, "WSAECONNABORTED: The connection was given up."},
    {WSAECONNRESET, "WSAECONNRESET: The other side reset the connection."},
    {WSAENOBUFS, "WSAENOBUFS: No port or no memory is left."},
    {WSAEISCONN, "WSAEISCONN: The socket is connected already."},
    {WSAENOTCONN, "WSAENOTCONN: The socket is not connected."},
    {WSAESHUTDOWN, "WSAESHUTDOWN: The socket was shut down."},
    {WSAETIMEDOUT, "WSAETIMEDOUT: No answer came in time."},
    {WSAECONNREFUSED, "WSAECONNREFUSED: Nobody listens there."},
    {WSAEHOSTDOWN, "WSAEHOSTDOWN: The host is down."},
    {WSAEHOSTUNREACH, "WSAEHOSTUNREACH: No way leads to that host."},
    {WSASYSNOTREADY, "WSASYSNOTREADY: The network is not ready yet."},
    {WSAVERNOTSUPPORTED, "WSAVERNOTSUPPORTED: Not this version of Winsock."},
    {WSANOTINITIALISED, "WSANOTINITIALISED: WSAStartup was not called."},
    {WSAEDISCON, "WSAEDISCON: The other side is closing."},
    {WSATYPE_NOT_FOUND, "WSATYPE_NOT_FOUND: There is no such class."},
    {WSAHOST_NOT_FOUND, "WSAHOST_NOT_FOUND: There is no such host."},
    {WSATRY_AGAIN, "WSATRY_AGAIN: The name server did not answer."},
    {WSANO_RECOVERY, "WSANO_RECOVERY: The name server failed."},
    {WSANO_DATA, "WSANO_DATA: The name has no such address."},
};

static const char* find_text(DWORD error) {
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    if (messages[i].error == error) {
      return messages[i].text;
    }
  }
  return NULL;
}

/* The line of an error, as every message of Windows ends. Returns: its length;
 * 0 and the last error when there is none. */
static size_t write_line(char line[MESSAGE_MAX],
                         DWORD flags,
                         DWORD error,
                         const void* buffer) {
  const char* text = find_text(error);
  bool has_width = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) != 0;

  if ((flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0 || buffer == NULL) {
    portres__ws_fail(ERROR_INVALID_PARAMETER);
    return 0;
  }
  if (text == NULL) {
    portres__ws_fail(ERROR_MR_MID_NOT_FOUND);
    return 0;
  }
  return (size_t)snprintf(line, MESSAGE_MAX, "%s%s", text,
                          has_width ? " " : "\r\n");
}

/* Where the text goes: the caller's memory, or ours whose address the caller's
 * memory gets. */
static void* find_room(
    DWORD flags, void* buffer, DWORD size, size_t needed, size_t character) {
  void* room;

  if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) == 0) {
    if (size < needed) {
      portres__ws_fail(ERROR_INSUFFICIENT_BUFFER);
      return NULL;
    }
    return buffer;
  }
  room = malloc((size > needed ? size : needed) * character);
  if (room == NULL) {
    portres__ws_fail(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
  }
  memcpy(buffer, &room, sizeof room);
  return room;
}

DWORD FormatMessageA(DWORD dwFlags,
                     LPCVOID lpSource,
                     DWORD dwMessageId,
                     DWORD dwLanguageId,
                     LPSTR lpBuffer,
                     DWORD nSize,
                     void* Arguments) {
  char line[MESSAGE_MAX];
  size_t length = write_line(line, dwFlags, dwMessageId, lpBuffer);
  char* room;

  (void)lpSource;
  (void)dwLanguageId;
  (void)Arguments;
  if (length == 0) {
    return 0;
  }
  room = find_room(dwFlags, lpBuffer, nSize, length + 1, sizeof *room);
  if (room == NULL) {
    return 0;
  }
  memcpy(room, line, length + 1);
  return (DWORD)length;
}

DWORD FormatMessageW(DWORD dwFlags,
                     LPCVOID lpSource,
                     DWORD dwMessageId,
                     DWORD dwLanguageId,
                     LPWSTR lpBuffer,
                     DWORD nSize,
                     void* Arguments) {
  char line[MESSAGE_MAX];
  size_t length = write_line(line, dwFlags, dwMessageId, lpBuffer);
  wchar_t* room;

  (void)lpSource;
  (void)dwLanguageId;
  (void)Arguments;
  if (length == 0) {
    return 0;
  }
  room = find_room(dwFlags, lpBuffer, nSize, length + 1, sizeof *room);
  if (room == NULL) {
    return 0;
  }
  room[portres__ws_text_widen(room, length, line, length)] = L'\0';
  return (DWORD)length;
}

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes) {
  size_t size = uBytes > 0 ? uBytes : 1;
  void* memory = (uFlags & LMEM_ZEROINIT) != 0 ? calloc(1, size) : malloc(size);

  if (memory == NULL) {
    portres__ws_fail(ERROR_NOT_ENOUGH_MEMORY);
  }
  return memory;
}

HLOCAL LocalFree(HLOCAL hMem) {
  free(hMem);
  return NULL;
}
