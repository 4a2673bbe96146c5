/* types.h - the basic types of Windows, as POSIX programs can have them.
 *
 * DWORD, LONG and ULONG have 32 bits although long may have 64; WCHAR is
 * wchar_t, so that L"" literals fit; _WIN32 is never defined.
 */
#ifndef PORTRES_WS_TYPES_H
#define PORTRES_WS_TYPES_H

#include "features.h"

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#ifdef __cplusplus
#define PORTRES_WS_BEGIN extern "C" {
#define PORTRES_WS_END }
#else
#define PORTRES_WS_BEGIN
#define PORTRES_WS_END
#endif

/* Of the SDK's header for these types: libjpeg's looks for it. */
#ifndef _BASETSD_H_
#define _BASETSD_H_
#endif

#if defined(__GNUC__)
#define PORTRES_WS_API __attribute__((visibility("default")))
#else
#define PORTRES_WS_API
#endif

/* Anonymous structures: C11 has them, C++ as an extension. */
#if defined(__GNUC__) && defined(__cplusplus)
#define PORTRES_WS_EXTENSION __extension__
#else
#define PORTRES_WS_EXTENSION
#endif

/* Calling conventions, which POSIX has one of. */
#define WINAPI
#define WSAAPI
#define CALLBACK
#define APIENTRY
#define PASCAL
#define FAR
#define NEAR

typedef int BOOL;
typedef uint8_t BYTE;
typedef uint8_t UCHAR;
typedef uint8_t BOOLEAN;
typedef char CHAR;
typedef wchar_t WCHAR;
typedef short SHORT;
typedef uint16_t USHORT;
typedef uint16_t WORD;
typedef int INT;
typedef unsigned int UINT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef uint32_t ULONG32;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG;
typedef long long LONG64;
typedef unsigned long long ULONG64;
typedef unsigned long long DWORD64;
typedef int8_t INT8;
typedef uint8_t UINT8;
typedef int16_t INT16;
typedef uint16_t UINT16;
typedef int32_t INT32;
typedef uint32_t UINT32;
typedef long long INT64;
typedef unsigned long long UINT64;
typedef intptr_t LONG_PTR;
typedef intptr_t INT_PTR;
typedef uintptr_t UINT_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;

typedef void* PVOID;
typedef void* LPVOID;
typedef const void* LPCVOID;
typedef void* HANDLE;
typedef HANDLE* LPHANDLE;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef UCHAR* PUCHAR;
typedef int *PINT, *LPINT;
typedef USHORT* PUSHORT;
typedef WORD *PWORD, *LPWORD;
typedef LONG *PLONG, *LPLONG;
typedef ULONG* PULONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef ULONG64* PULONG64;
typedef UINT64* PUINT64;
typedef ULONG_PTR* PULONG_PTR;
typedef CHAR *PCHAR, *PSTR, *LPSTR;
typedef const CHAR *PCSTR, *LPCSTR;
typedef WCHAR *PWCHAR, *PWSTR, *LPWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR;

#ifdef UNICODE
typedef WCHAR TCHAR;
typedef LPWSTR LPTSTR;
typedef LPCWSTR LPCTSTR;
#else
typedef CHAR TCHAR;
typedef LPSTR LPTSTR;
typedef LPCSTR LPCTSTR;
#endif

typedef struct _GUID {
  uint32_t Data1;
  uint16_t Data2;
  uint16_t Data3;
  uint8_t Data4[8];
} GUID, *LPGUID;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#define INFINITE 0xFFFFFFFFu
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)

#define MAKEWORD(low, high) \
  ((WORD)(((BYTE)(low)) | (unsigned)((WORD)((BYTE)(high))) << 8))
#define MAKELONG(low, high) \
  ((LONG)(((WORD)(low)) | ((DWORD)((WORD)(high))) << 16))
#define LOWORD(value) ((WORD)((value)&0xffff))
#define HIWORD(value) ((WORD)(((value) >> 16) & 0xffff))
#define LOBYTE(value) ((BYTE)((value)&0xff))
#define HIBYTE(value) ((BYTE)(((value) >> 8) & 0xff))

#endif
