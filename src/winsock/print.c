/* print.c - printf, wprintf and their kin: one way to bytes, then to a stream
 * or a string.
 *
 * The wide calls write bytes too. A stream of libc's is either wide or narrow
 * from its first use on; only bytes can be written by both kinds of call. To a
 * stream that is wide already, wide characters are written.
 */
#include "portres_ws/print.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#undef fputws

#include "format.h"

/* The whole text, or false and errno. */
static bool compose(struct portres__ws_text* text,
                    const char* format,
                    va_list arguments) {
  portres__ws_text_init(text);
  errno = EINVAL;
  if (format != NULL && portres__ws_format(text, format, false, arguments) &&
      text->length <= INT_MAX) {
    return true;
  }
  portres__ws_text_finish(text);
  return false;
}

static bool compose_wide(struct portres__ws_text* text,
                         const wchar_t* format,
                         va_list arguments) {
  struct portres__ws_text narrow;
  bool is_done = false;

  portres__ws_text_init(text);
  portres__ws_text_init(&narrow);
  errno = EINVAL;
  if (format != NULL) {
    portres__ws_text_add_wide(&narrow, format, wcslen(format) + 1);
    is_done = !narrow.has_failed &&
              portres__ws_format(text, narrow.bytes, true, arguments) &&
              text->length <= INT_MAX;
  }
  portres__ws_text_finish(&narrow);
  if (!is_done) {
    portres__ws_text_finish(text);
  }
  return is_done;
}

static bool write_wide(FILE* stream, const struct portres__ws_text* text) {
  wchar_t character;
  bool is_done = true;

  flockfile(stream);
  for (size_t i = 0; i < text->length && is_done;) {
    i += portres__ws_decode(&character, text->bytes + i, text->length - i);
    is_done = fputwc(character, stream) != WEOF;
  }
  funlockfile(stream);
  return is_done;
}

static bool write_text(FILE* stream, const struct portres__ws_text* text) {
  if (text->length == 0) {
    return true;
  }
  if (fwide(stream, 0) > 0) {
    return write_wide(stream, text);
  }
  return fwrite(text->bytes, 1, text->length, stream) == text->length;
}

/* A NUL always, what fits, and whether that was all. */
static bool copy_text(char* string,
                      size_t count,
                      const struct portres__ws_text* text) {
  size_t fits = 0;

  if (count > 0) {
    fits = text->length < count ? text->length : count - 1;
    if (fits > 0) {
      memcpy(string, text->bytes, fits);
    }
    string[fits] = '\0';
  }
  return fits == text->length && count > 0;
}

/* Returns: how many characters the text is, or -1 when they did not fit. */
static int widen_text(wchar_t* string,
                      size_t count,
                      const struct portres__ws_text* text) {
  size_t needed = portres__ws_text_characters(text->bytes, text->length);
  size_t used;

  if (count == 0) {
    return -1;
  }
  used = portres__ws_text_widen(string, count - 1, text->bytes, text->length);
  string[used] = L'\0';
  return used == needed ? (int)needed : -1;
}

int portres_ws_vfprintf(FILE* stream, const char* format, va_list arguments) {
  int error = errno;
  struct portres__ws_text text;
  int result;

  if (!compose(&text, format, arguments)) {
    return -1;
  }
  errno = error;
  result = write_text(stream, &text) ? (int)text.length : -1;
  portres__ws_text_finish(&text);
  return result;
}

int portres_ws_vfwprintf(FILE* stream,
                         const wchar_t* format,
                         va_list arguments) {
  int error = errno;
  struct portres__ws_text text;
  int result = -1;

  if (!compose_wide(&text, format, arguments)) {
    return -1;
  }
  errno = error;
  if (write_text(stream, &text)) {
    result = (int)portres__ws_text_characters(text.bytes, text.length);
  }
  portres__ws_text_finish(&text);
  return result;
}

int portres_ws_vsnprintf(char* string,
                         size_t count,
                         const char* format,
                         va_list arguments) {
  int error = errno;
  struct portres__ws_text text;
  int result;

  if (!compose(&text, format, arguments)) {
    return -1;
  }
  errno = error;
  copy_text(string, count, &text);
  result = (int)text.length;
  portres__ws_text_finish(&text);
  return result;
}

int portres_ws_vswprintf(wchar_t* string,
                         size_t count,
                         const wchar_t* format,
                         va_list arguments) {
  int error = errno;
  struct portres__ws_text text;
  int result;

  if (!compose_wide(&text, format, arguments)) {
    return -1;
  }
  errno = error;
  result = widen_text(string, count, &text);
  portres__ws_text_finish(&text);
  return result;
}

int portres_ws_vprintf(const char* format, va_list arguments) {
  return portres_ws_vfprintf(stdout, format, arguments);
}

int portres_ws_vwprintf(const wchar_t* format, va_list arguments) {
  return portres_ws_vfwprintf(stdout, format, arguments);
}

int portres_ws_printf(const char* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vfprintf(stdout, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_wprintf(const wchar_t* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vfwprintf(stdout, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_fprintf(FILE* stream, const char* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vfprintf(stream, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_fwprintf(FILE* stream, const wchar_t* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vfwprintf(stream, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_sprintf(char* string, const char* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vsnprintf(string, SIZE_MAX, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_snprintf(char* string, size_t count, const char* format, ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vsnprintf(string, count, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_swprintf(wchar_t* string,
                        size_t count,
                        const wchar_t* format,
                        ...) {
  va_list arguments;
  int result;

  va_start(arguments, format);
  result = portres_ws_vswprintf(string, count, format, arguments);
  va_end(arguments);
  return result;
}

int portres_ws_fputws(const wchar_t* string, FILE* stream) {
  return portres_ws_fwprintf(stream, L"%ls", string) < 0 ? EOF : 0;
}

int _putws(const wchar_t* string) {
  return portres_ws_wprintf(L"%ls\n", string) < 0 ? EOF : 0;
}
