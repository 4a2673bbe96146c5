/* winbase.h - the little of windows.h that is not of events: event.h. */
#ifndef PORTRES_WS_WINBASE_H
#define PORTRES_WS_WINBASE_H

#include <string.h>

#include "error.h"
#include "event.h"
#include "sal.h"
#include "types.h"

#define CONST const
#define VOID void
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif

#define __TEXT(literal) L##literal
#ifdef UNICODE
#define TEXT(literal) __TEXT(literal)
#else
#define TEXT(literal) literal
#endif

#define ZeroMemory(memory, size) memset((memory), 0, (size))
#define SecureZeroMemory(memory, size) memset((memory), 0, (size))
#define FillMemory(memory, size, byte) memset((memory), (byte), (size))
#define CopyMemory(to, from, size) memcpy((to), (from), (size))
#define MoveMemory(to, from, size) memmove((to), (from), (size))
#define RtlZeroMemory ZeroMemory
#define RtlCopyMemory CopyMemory
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_PATH 260

typedef LONG HRESULT;
#define S_OK ((HRESULT)0)
#define FAILED(result) ((HRESULT)(result) < 0)
#define SUCCEEDED(result) ((HRESULT)(result) >= 0)
#define HRESULT_FROM_WIN32(error)           \
  ((HRESULT)(error) <= 0 ? (HRESULT)(error) \
                         : (HRESULT)(((error)&0xffff) | 0x80070000u))

typedef HANDLE HLOCAL;
#define LMEM_FIXED 0u
#define LMEM_ZEROINIT 0x40u
#define LPTR 0x40u

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x100u
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x200u
#define FORMAT_MESSAGE_FROM_STRING 0x400u
#define FORMAT_MESSAGE_FROM_HMODULE 0x800u
#define FORMAT_MESSAGE_FROM_SYSTEM 0x1000u
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x2000u
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0xffu
#define LANG_NEUTRAL 0
#define LANG_ENGLISH 9
#define SUBLANG_NEUTRAL 0
#define SUBLANG_DEFAULT 1
#define SUBLANG_ENGLISH_US 1
#define MAKELANGID(primary, sub) ((WORD)((WORD)(sub) << 10 | (WORD)(primary)))

typedef union _LARGE_INTEGER {
  PORTRES_WS_EXTENSION struct {
    DWORD LowPart;
    LONG HighPart;
  };
  struct {
    DWORD LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

PORTRES_WS_BEGIN

/* Only texts of the system, which are our own and in English: they begin with
 * the error's name. The arguments must be NULL, inserts ignored. */
PORTRES_WS_API DWORD FormatMessageA(DWORD dwFlags,
                                    LPCVOID lpSource,
                                    DWORD dwMessageId,
                                    DWORD dwLanguageId,
                                    LPSTR lpBuffer,
                                    DWORD nSize,
                                    void* Arguments);
PORTRES_WS_API DWORD FormatMessageW(DWORD dwFlags,
                                    LPCVOID lpSource,
                                    DWORD dwMessageId,
                                    DWORD dwLanguageId,
                                    LPWSTR lpBuffer,
                                    DWORD nSize,
                                    void* Arguments);
PORTRES_WS_API HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes);
PORTRES_WS_API HLOCAL LocalFree(HLOCAL hMem);

PORTRES_WS_API ULONGLONG GetTickCount64(void);
PORTRES_WS_API DWORD GetTickCount(void);
PORTRES_WS_API BOOL QueryPerformanceCounter(LARGE_INTEGER* lpCount);
PORTRES_WS_API BOOL QueryPerformanceFrequency(LARGE_INTEGER* lpFrequency);

PORTRES_WS_END

#ifdef UNICODE
#define FormatMessage FormatMessageW
#else
#define FormatMessage FormatMessageA
#endif

#endif
