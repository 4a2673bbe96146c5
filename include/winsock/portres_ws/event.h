/* event.h - what windows.h declares of events, waits and alertable sleeps.
 *
 * WSACreateEvent() & co. of socket.h work on the same objects. A handle is
 * checked whenever it is used: one that was closed, or never was one, is
 * ERROR_INVALID_HANDLE. Completion routines run in alertable waits only, on
 * the thread that issued the call.
 */
#ifndef PORTRES_WS_EVENT_H
#define PORTRES_WS_EVENT_H

#include "error.h"
#include "types.h"

#define WAIT_ABANDONED_0 0x80u
#define STATUS_WAIT_0 0u
#define STATUS_PENDING 0x103u
/* Another thread may be writing it: what it wrote before is seen, too. */
#define HasOverlappedIoCompleted(overlapped)                            \
  ((DWORD)__atomic_load_n(&(overlapped)->Internal, __ATOMIC_ACQUIRE) != \
   STATUS_PENDING)

typedef struct _SECURITY_ATTRIBUTES {
  DWORD nLength;
  LPVOID lpSecurityDescriptor;
  BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

PORTRES_WS_BEGIN

/* A name is refused: events are not shared by name here. */
PORTRES_WS_API HANDLE WINAPI
CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes,
             BOOL bManualReset,
             BOOL bInitialState,
             LPCSTR lpName);
PORTRES_WS_API HANDLE WINAPI
CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes,
             BOOL bManualReset,
             BOOL bInitialState,
             LPCWSTR lpName);
PORTRES_WS_API BOOL WINAPI SetEvent(HANDLE hEvent);
PORTRES_WS_API BOOL WINAPI ResetEvent(HANDLE hEvent);
PORTRES_WS_API BOOL WINAPI CloseHandle(HANDLE hObject);

PORTRES_WS_API DWORD WINAPI WaitForSingleObject(HANDLE hHandle,
                                                DWORD dwMilliseconds);
PORTRES_WS_API DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle,
                                                  DWORD dwMilliseconds,
                                                  BOOL bAlertable);
PORTRES_WS_API DWORD WINAPI WaitForMultipleObjects(DWORD nCount,
                                                   const HANDLE* lpHandles,
                                                   BOOL bWaitAll,
                                                   DWORD dwMilliseconds);
PORTRES_WS_API DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount,
                                                     const HANDLE* lpHandles,
                                                     BOOL bWaitAll,
                                                     DWORD dwMilliseconds,
                                                     BOOL bAlertable);
PORTRES_WS_API void WINAPI Sleep(DWORD dwMilliseconds);
PORTRES_WS_API DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/* The same value as WSAGetLastError(). */
PORTRES_WS_API DWORD WINAPI GetLastError(void);
PORTRES_WS_API void WINAPI SetLastError(DWORD dwErrCode);

PORTRES_WS_API DWORD WINAPI GetCurrentThreadId(void);
PORTRES_WS_API DWORD WINAPI GetCurrentProcessId(void);

PORTRES_WS_END

#ifdef UNICODE
#define CreateEvent CreateEventW
#else
#define CreateEvent CreateEventA
#endif

#endif
