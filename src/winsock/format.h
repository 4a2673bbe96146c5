/* format.h - a format of Windows with its arguments, as bytes. */
#ifndef PORTRES_WINSOCK_FORMAT_H
#define PORTRES_WINSOCK_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>

#include "text.h"

/* Append what `format` says. For the wide calls, whose format has been made
 * bytes before, %s and %c are wide and width counts characters.
 * Returns: whether the format is one of Windows and there was memory. */
bool portres__ws_format(struct portres__ws_text* text,
                        const char* format,
                        bool is_wide,
                        va_list arguments);

#endif
