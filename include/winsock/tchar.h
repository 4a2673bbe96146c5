/* tchar.h - TCHAR's names of the C library. */
#ifndef PORTRES_WINSOCK_TCHAR_H
#define PORTRES_WINSOCK_TCHAR_H

#include "portres_ws/crt.h"

#ifdef _UNICODE
#define _T(literal) L##literal
#define _tmain wmain
#define _tprintf wprintf
#define _ftprintf fwprintf
#define _ttoi _wtoi
#define _tcslen wcslen
#define _tcscmp wcscmp
#define _tcsicmp _wcsicmp
#else
#define _T(literal) literal
#define _tmain main
#define _tprintf printf
#define _ftprintf fprintf
#define _ttoi atoi
#define _tcslen strlen
#define _tcscmp strcmp
#define _tcsicmp _stricmp
#endif
#define _TEXT(literal) _T(literal)
typedef TCHAR _TCHAR;

#endif
