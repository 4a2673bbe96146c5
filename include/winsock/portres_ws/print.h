/* print.h - printf and its kin as Windows reads a format.
 *
 * %I64d, %ws and %hs are known, %s is a wide string in wprintf, and long has 32
 * bits. Wide and narrow calls may be mixed on one stream, which glibc refuses.
 *
 * The macros have parameters, so that the name alone, as in the attribute
 * format(printf, 1, 2), stays what it is. In C++ the narrow calls are overloads
 * instead, and std::printf stays libc's; the wide ones cannot be: a call with a
 * format and nothing else would be libc's, and fail.
 */
#ifndef PORTRES_WS_PRINT_H
#define PORTRES_WS_PRINT_H

#include "types.h"

#ifdef __cplusplus
extern "C++" {
#include <cstdarg>
#include <cstdio>
#include <cwchar>
}
#else
#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>
#endif

PORTRES_WS_BEGIN

/* Returns: the number of characters; -1 for what cannot be printed, %n and an
 * unknown conversion among it, and then nothing has been. */
PORTRES_WS_API int portres_ws_printf(const char* format, ...);
PORTRES_WS_API int portres_ws_vprintf(const char* format, va_list arguments);
PORTRES_WS_API int portres_ws_fprintf(FILE* stream, const char* format, ...);
PORTRES_WS_API int portres_ws_vfprintf(FILE* stream,
                                       const char* format,
                                       va_list arguments);
PORTRES_WS_API int portres_ws_wprintf(const wchar_t* format, ...);
PORTRES_WS_API int portres_ws_vwprintf(const wchar_t* format,
                                       va_list arguments);
PORTRES_WS_API int portres_ws_fwprintf(FILE* stream,
                                       const wchar_t* format,
                                       ...);
PORTRES_WS_API int portres_ws_vfwprintf(FILE* stream,
                                        const wchar_t* format,
                                        va_list arguments);

/* The count is of characters, with the terminator. snprintf returns what the
 * text would need, the others -1 when it does not fit. */
PORTRES_WS_API int portres_ws_sprintf(char* text, const char* format, ...);
PORTRES_WS_API int portres_ws_snprintf(char* text,
                                       size_t count,
                                       const char* format,
                                       ...);
PORTRES_WS_API int portres_ws_vsnprintf(char* text,
                                        size_t count,
                                        const char* format,
                                        va_list arguments);
PORTRES_WS_API int portres_ws_swprintf(wchar_t* text,
                                       size_t count,
                                       const wchar_t* format,
                                       ...);
PORTRES_WS_API int portres_ws_vswprintf(wchar_t* text,
                                        size_t count,
                                        const wchar_t* format,
                                        va_list arguments);
PORTRES_WS_API int _snprintf(char* text, size_t count, const char* format, ...);
PORTRES_WS_API int _snwprintf(wchar_t* text,
                              size_t count,
                              const wchar_t* format,
                              ...);
PORTRES_WS_API int sprintf_s(char* text, size_t count, const char* format, ...);
PORTRES_WS_API int swprintf_s(wchar_t* text,
                              size_t count,
                              const wchar_t* format,
                              ...);

PORTRES_WS_API int portres_ws_fputws(const wchar_t* text, FILE* stream);
PORTRES_WS_API int _putws(const wchar_t* text);

PORTRES_WS_END

#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsnprintf
#undef wprintf
#undef vwprintf
#undef fwprintf
#undef vfwprintf
#undef swprintf
#undef vswprintf
#undef fputws

#ifdef __cplusplus
#include "print_cxx.h"
#else
#define fprintf(...) portres_ws_fprintf(__VA_ARGS__)
#define printf(...) portres_ws_printf(__VA_ARGS__)
#define snprintf(...) portres_ws_snprintf(__VA_ARGS__)
#define sprintf(...) portres_ws_sprintf(__VA_ARGS__)
#define vsnprintf(...) portres_ws_vsnprintf(__VA_ARGS__)
#endif
#define fputws(...) portres_ws_fputws(__VA_ARGS__)
#define fwprintf(...) portres_ws_fwprintf(__VA_ARGS__)
#define swprintf(...) portres_ws_swprintf(__VA_ARGS__)
#define vfprintf(...) portres_ws_vfprintf(__VA_ARGS__)
#define vfwprintf(...) portres_ws_vfwprintf(__VA_ARGS__)
#define vprintf(...) portres_ws_vprintf(__VA_ARGS__)
#define vswprintf(...) portres_ws_vswprintf(__VA_ARGS__)
#define vwprintf(...) portres_ws_vwprintf(__VA_ARGS__)
#define wprintf(...) portres_ws_wprintf(__VA_ARGS__)

#define fprintf_s fprintf
#define fwprintf_s fwprintf
#define printf_s printf
#define wprintf_s wprintf

#endif
