/* print_old.c - the string calls that only Microsoft's library has.
 *
 * _snprintf writes no NUL when the text fills the string; those with _s leave
 * it empty when the text does not fit, where Windows by default ends the
 * program.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "portres_ws/print.h"

int _snprintf(char* string, size_t count, const char* format, ...) {
  va_list arguments;
  va_list again;
  char* whole = NULL;
  int length;

  va_start(arguments, format);
  va_copy(again, arguments);
  length = portres_ws_vsnprintf(NULL, 0, format, arguments);
  if (length >= 0) {
    whole = malloc((size_t)length + 1);
  }
  if (whole != NULL) {
    size_t needed = (size_t)length + 1;

    portres_ws_vsnprintf(whole, needed, format, again);
    memcpy(string, whole, needed < count ? needed : count);
  }
  length = whole != NULL && (size_t)length <= count ? length : -1;
  free(whole);
  va_end(again);
  va_end(arguments);
  return length;
}

int _snwprintf(wchar_t* string, size_t count, const wchar_t* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vswprintf(string, count, format, arguments);
  va_end(arguments);
  return result;
}

int sprintf_s(char* string, size_t count, const char* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vsnprintf(string, count, format, arguments);
  va_end(arguments);
  if (result >= 0 && (size_t)result < count) {
    return result;
  }
  if (string != NULL && count > 0) {
    string[0] = '\0';
  }
  return -1;
}

int swprintf_s(wchar_t* string, size_t count, const wchar_t* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vswprintf(string, count, format, arguments);
  va_end(arguments);
  if (result < 0 && string != NULL && count > 0) {
    string[0] = L'\0';
  }
  return result;
}
