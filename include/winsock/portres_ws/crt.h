/* crt.h - names of Microsoft's C library that such programs use. */
#ifndef PORTRES_WS_CRT_H
#define PORTRES_WS_CRT_H

#include "types.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "print.h"

PORTRES_WS_BEGIN

/* A number out of range is the nearest of the type, as on Windows. */
PORTRES_WS_API int _wtoi(const wchar_t* text);
PORTRES_WS_API LONG _wtol(const wchar_t* text);
PORTRES_WS_API long long _wtoi64(const wchar_t* text);
PORTRES_WS_API int _wcsicmp(const wchar_t* left, const wchar_t* right);
PORTRES_WS_API int _wcsnicmp(const wchar_t* left,
                             const wchar_t* right,
                             size_t count);
PORTRES_WS_API wchar_t* _wcsdup(const wchar_t* text);

PORTRES_WS_END

#define _atoi64(text) strtoll((text), NULL, 10)
#define _stricmp strcasecmp
#define _strnicmp strncasecmp
#define _strdup strdup
#define _countof(array) (sizeof(array) / sizeof((array)[0]))

#endif
