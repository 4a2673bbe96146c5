/* spi.h - what ws2spi.h declares, as far as port reservations need it.
 *
 * An error comes back in *lpErrno only: the thread's last error stays.
 */
#ifndef PORTRES_WS_SPI_H
#define PORTRES_WS_SPI_H

#include "socket.h"

#define WSPAPI WSAAPI

typedef struct _WSATHREADID {
  HANDLE ThreadHandle;
  DWORD_PTR Reserved;
} WSATHREADID, *LPWSATHREADID;

typedef void(CALLBACK* LPWSAUSERAPC)(DWORD_PTR dwContext);

typedef int(WSPAPI* LPWSPIOCTL)(
    SOCKET s,
    DWORD dwIoControlCode,
    LPVOID lpvInBuffer,
    DWORD cbInBuffer,
    LPVOID lpvOutBuffer,
    DWORD cbOutBuffer,
    LPDWORD lpcbBytesReturned,
    LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
    LPWSATHREADID lpThreadId,
    LPINT lpErrno);

PORTRES_WS_BEGIN

/* The routine runs on the thread of lpThreadId; NULL is the calling one. */
PORTRES_WS_API int WSPAPI
WSPIoctl(SOCKET s,
         DWORD dwIoControlCode,
         LPVOID lpvInBuffer,
         DWORD cbInBuffer,
         LPVOID lpvOutBuffer,
         DWORD cbOutBuffer,
         LPDWORD lpcbBytesReturned,
         LPWSAOVERLAPPED lpOverlapped,
         LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
         LPWSATHREADID lpThreadId,
         LPINT lpErrno);

PORTRES_WS_API int WSPAPI WPUQueueApc(LPWSATHREADID lpThreadId,
                                      LPWSAUSERAPC lpfnUserApc,
                                      DWORD_PTR dwContext,
                                      LPINT lpErrno);
PORTRES_WS_API int WSPAPI WPUOpenCurrentThread(LPWSATHREADID lpThreadId,
                                               LPINT lpErrno);
PORTRES_WS_API int WSPAPI WPUCloseThread(LPWSATHREADID lpThreadId,
                                         LPINT lpErrno);

PORTRES_WS_END

#endif
