/* format.c - how Windows reads a format: the sizes I, I32, I64, w and h before
 * strings, long as 32 bits, %p as hexadecimal digits of full width. Numbers are
 * written by libc, a specification at a time.
 *
 * Refused, as Windows' C library does in its default state: %n, and any letter
 * it does not know.
 */
#include "format.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum size {
  SIZE_NONE,
  SIZE_CHAR,
  SIZE_SHORT,
  SIZE_LONG,
  SIZE_32,
  SIZE_64,
  SIZE_POINTER,
  SIZE_LONG_DOUBLE,
  SIZE_WIDE
};

enum { FLAGS_MAX = 6, LIBC_MAX = 64, NO_PRECISION = -1 };

struct specification {
  char flags[FLAGS_MAX];
  int width;
  int precision;
  enum size size;
  char conversion;
};

/* A va_list may be an array, which a function cannot change for its caller. */
struct arguments {
  va_list list;
};

struct output {
  struct portres__ws_text* text;
  bool is_wide;
};

struct size_name {
  const char* name;
  enum size size;
};

/* The longer of two that begin alike comes first. */
static const struct size_name size_names[] = {
    {"I64", SIZE_64},    {"I32", SIZE_32},        {"I", SIZE_POINTER},
    {"hh", SIZE_CHAR},   {"h", SIZE_SHORT},       {"ll", SIZE_64},
    {"l", SIZE_LONG},    {"L", SIZE_LONG_DOUBLE}, {"j", SIZE_64},
    {"z", SIZE_POINTER}, {"t", SIZE_POINTER},     {"w", SIZE_WIDE},
};

static const char* read_flags(struct specification* spec, const char* at) {
  size_t count = 0;

  for (; *at != '\0' && strchr("-+ #0", *at) != NULL; at++) {
    if (strchr(spec->flags, *at) == NULL) {
      spec->flags[count++] = *at;
    }
  }
  return at;
}

/* Digits or an asterisk; -1 in *value_out for a number too large. */
static const char* read_number(int* value_out,
                               const char* at,
                               struct arguments* arguments) {
  int value = 0;

  if (*at == '*') {
    *value_out = va_arg(arguments->list, int);
    return at + 1;
  }
  for (; *at >= '0' && *at <= '9'; at++) {
    value = value > (INT_MAX - 9) / 10 ? INT_MAX : 10 * value + (*at - '0');
  }
  *value_out = value;
  return at;
}

static const char* read_size(struct specification* spec, const char* at) {
  for (size_t i = 0; i < sizeof size_names / sizeof *size_names; i++) {
    size_t length = strlen(size_names[i].name);

    if (strncmp(at, size_names[i].name, length) == 0) {
      spec->size = size_names[i].size;
      return at + length;
    }
  }
  return at;
}

static const char* read_specification(struct specification* spec,
                                      const char* at,
                                      struct arguments* arguments) {
  memset(spec, 0, sizeof *spec);
  spec->precision = NO_PRECISION;
  at = read_flags(spec, at);
  at = read_number(&spec->width, at, arguments);
  if (spec->width < 0) {
    spec->width = spec->width == INT_MIN ? INT_MAX : -spec->width;
    if (strchr(spec->flags, '-') == NULL) {
      spec->flags[strlen(spec->flags)] = '-';
    }
  }
  if (*at == '.') {
    at = read_number(&spec->precision, at + 1, arguments);
    if (spec->precision < 0) {
      spec->precision = NO_PRECISION;
    }
  }
  at = read_size(spec, at);
  spec->conversion = *at;
  return *at == '\0' ? at : at + 1;
}

/* What libc is to be asked: the same, with a size that it knows. */
static const char* libc_format(char format[LIBC_MAX],
                               const struct specification* spec,
                               const char* size) {
  char precision[16] = "";

  if (spec->precision != NO_PRECISION) {
    snprintf(precision, sizeof precision, ".%d", spec->precision);
  }
  snprintf(format, LIBC_MAX, "%%%s%.0d%s%s%c", spec->flags, spec->width,
           precision, size, spec->conversion);
  return format;
}

/* Append what libc writes. */
static bool add_by_libc(struct portres__ws_text* text,
                        const char* format,
                        ...) {
  va_list arguments;
  va_list again;
  char* room = NULL;
  int length;

  va_start(arguments, format);
  va_copy(again, arguments);
  length = vsnprintf(NULL, 0, format, arguments);
  if (length >= 0) {
    room = portres__ws_text_room(text, (size_t)length);
  }
  if (room != NULL) {
    vsnprintf(room, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
  va_end(arguments);
  return room != NULL;
}

static long long read_signed(enum size size, struct arguments* arguments) {
  switch (size) {
    case SIZE_64:
    case SIZE_LONG_DOUBLE:
      return va_arg(arguments->list, long long);
    case SIZE_POINTER:
      return va_arg(arguments->list, ptrdiff_t);
    case SIZE_CHAR:
      return (signed char)va_arg(arguments->list, int);
    case SIZE_SHORT:
      return (short)va_arg(arguments->list, int);
    default:
      return va_arg(arguments->list, int);
  }
}

static unsigned long long read_unsigned(enum size size,
                                        struct arguments* arguments) {
  switch (size) {
    case SIZE_64:
    case SIZE_LONG_DOUBLE:
      return va_arg(arguments->list, unsigned long long);
    case SIZE_POINTER:
      return va_arg(arguments->list, size_t);
    case SIZE_CHAR:
      return (unsigned char)va_arg(arguments->list, unsigned);
    case SIZE_SHORT:
      return (unsigned short)va_arg(arguments->list, unsigned);
    default:
      return va_arg(arguments->list, unsigned);
  }
}

static bool add_float(struct output* output,
                      const struct specification* spec,
                      struct arguments* arguments) {
  char format[LIBC_MAX];

  if (spec->size == SIZE_LONG_DOUBLE) {
    return add_by_libc(output->text, libc_format(format, spec, "L"),
                       va_arg(arguments->list, long double));
  }
  return add_by_libc(output->text, libc_format(format, spec, ""),
                     va_arg(arguments->list, double));
}

static bool add_pointer(struct output* output,
                        struct specification* spec,
                        struct arguments* arguments) {
  char format[LIBC_MAX];
  uintptr_t value = (uintptr_t)va_arg(arguments->list, void*);

  spec->conversion = 'X';
  spec->precision = 2 * (int)sizeof value;
  return add_by_libc(output->text, libc_format(format, spec, "ll"),
                     (unsigned long long)value);
}

/* Text of `characters` characters, filled up to the width. */
static bool add_padded(struct output* output,
                       const struct specification* spec,
                       const struct portres__ws_text* piece,
                       size_t characters) {
  size_t width = (size_t)spec->width;
  size_t padding = width > characters ? width - characters : 0;
  bool is_left = strchr(spec->flags, '-') != NULL;
  bool has_zeros = !is_left && strchr(spec->flags, '0') != NULL;

  if (!is_left) {
    portres__ws_text_pad(output->text, has_zeros ? '0' : ' ', padding);
  }
  portres__ws_text_add(output->text, piece->bytes, piece->length);
  if (is_left) {
    portres__ws_text_pad(output->text, ' ', padding);
  }
  return !output->text->has_failed && !piece->has_failed;
}

/* Capital letters are of the other kind than the call itself, unless a size
 * says which. */
static bool is_wide_text(const struct output* output,
                         const struct specification* spec) {
  bool is_other = spec->conversion == 'S' || spec->conversion == 'C';

  switch (spec->size) {
    case SIZE_SHORT:
    case SIZE_CHAR:
      return false;
    case SIZE_LONG:
    case SIZE_WIDE:
      return true;
    default:
      return output->is_wide != is_other;
  }
}

static bool add_character(struct output* output,
                          const struct specification* spec,
                          struct arguments* arguments) {
  int value = va_arg(arguments->list, int);
  wchar_t wide = (wchar_t)value;
  char narrow = (char)value;
  struct portres__ws_text piece;
  bool is_done;

  portres__ws_text_init(&piece);
  if (is_wide_text(output, spec)) {
    portres__ws_text_add_wide(&piece, &wide, 1);
  } else {
    portres__ws_text_add(&piece, &narrow, 1);
  }
  is_done = add_padded(output, spec, &piece, 1);
  portres__ws_text_finish(&piece);
  return is_done;
}

/* Returns: how many characters were added to `piece`. */
static size_t add_narrow_piece(struct output* output,
                               struct portres__ws_text* piece,
                               const char* string,
                               size_t limit) {
  size_t length = 0;
  size_t count = 0;
  wchar_t ignored;

  if (!output->is_wide) {
    length = strnlen(string, limit);
    portres__ws_text_add(piece, string, length);
    return length;
  }
  for (; count < limit && string[length] != '\0'; count++) {
    length += portres__ws_decode(&ignored, string + length,
                                 PORTRES__WS_CHARACTER_MAX);
  }
  portres__ws_text_add(piece, string, length);
  return count;
}

static size_t add_wide_piece(struct portres__ws_text* piece,
                             const wchar_t* string,
                             size_t limit) {
  size_t count = wcsnlen(string, limit);

  portres__ws_text_add_wide(piece, string, count);
  return count;
}

static bool add_string(struct output* output,
                       const struct specification* spec,
                       struct arguments* arguments) {
  size_t limit =
      spec->precision == NO_PRECISION ? SIZE_MAX : (size_t)spec->precision;
  const void* string = va_arg(arguments->list, const void*);
  struct portres__ws_text piece;
  size_t count;
  bool is_done;

  portres__ws_text_init(&piece);
  if (string == NULL) {
    count = add_narrow_piece(output, &piece, "(null)", limit);
  } else if (is_wide_text(output, spec)) {
    count = add_wide_piece(&piece, string, limit);
  } else {
    count = add_narrow_piece(output, &piece, string, limit);
  }
  is_done = add_padded(output, spec, &piece, count);
  portres__ws_text_finish(&piece);
  return is_done;
}

static bool add_conversion(struct output* output,
                           struct specification* spec,
                           struct arguments* arguments) {
  char format[LIBC_MAX];

  switch (spec->conversion) {
    case 'd':
    case 'i':
      return add_by_libc(output->text, libc_format(format, spec, "ll"),
                         read_signed(spec->size, arguments));
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return add_by_libc(output->text, libc_format(format, spec, "ll"),
                         read_unsigned(spec->size, arguments));
    case 'p':
      return add_pointer(output, spec, arguments);
    case 'c':
    case 'C':
      return add_character(output, spec, arguments);
    case 's':
    case 'S':
      return add_string(output, spec, arguments);
    case '%':
      portres__ws_text_add(output->text, "%", 1);
      return !output->text->has_failed;
    default:
      return spec->conversion != '\0' &&
             strchr("aAeEfFgG", spec->conversion) != NULL &&
             add_float(output, spec, arguments);
  }
}

bool portres__ws_format(struct portres__ws_text* text,
                        const char* format,
                        bool is_wide,
                        va_list arguments) {
  struct output output = {text, is_wide};
  struct specification spec;
  struct arguments copy;
  bool is_done = true;

  va_copy(copy.list, arguments);
  while (*format != '\0' && is_done) {
    size_t literal = strcspn(format, "%");

    portres__ws_text_add(text, format, literal);
    format += literal;
    is_done = !text->has_failed;
    if (is_done && *format == '%') {
      format = read_specification(&spec, format + 1, &copy);
      is_done = add_conversion(&output, &spec, &copy);
    }
  }
  va_end(copy.list);
  return is_done;
}
