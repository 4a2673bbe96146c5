#include "text.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  CAPACITY_FIRST = 256,
  HIGH_FIRST = 0xd800,
  LOW_FIRST = 0xdc00,
  ESCAPE_FIRST = 0xdc80,
  ESCAPE_LAST = 0xdcff,
  SURROGATE_LAST = 0xdfff,
  UNICODE_LAST = 0x10ffff
};

/* Whether the locale leaves the encoding to us. */
static bool is_utf8(void) {
  static const char* const ours[] = {"UTF-8", "ANSI_X3.4-1968", "US-ASCII",
                                     "ASCII"};
  const char* codeset = nl_langinfo(CODESET);

  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    if (strcmp(codeset, ours[i]) == 0) {
      return true;
    }
  }
  return false;
}

static size_t encode_utf8(char* bytes, uint32_t code) {
  static const uint8_t leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
  size_t length = 1;

  if (code > UNICODE_LAST || (code >= HIGH_FIRST && code <= SURROGATE_LAST)) {
    bytes[0] = '?';
    return 1;
  }
  length += (code > 0x7f) + (code > 0x7ff) + (code > 0xffff);
  for (size_t i = length - 1; i > 0; i--) {
    bytes[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  bytes[0] = (char)(leads[length] | code);
  return length;
}

static size_t encode_locale(char* bytes, wchar_t character) {
  mbstate_t state;
  size_t length;

  memset(&state, 0, sizeof state);
  length = wcrtomb(bytes, character, &state);
  if (length == (size_t)-1) {
    bytes[0] = '?';
    return 1;
  }
  return length;
}

static bool is_high(uint32_t code) {
  return code >= HIGH_FIRST && code < LOW_FIRST;
}

static bool is_low(uint32_t code) {
  return code >= LOW_FIRST && code <= SURROGATE_LAST;
}

size_t portres__ws_encode(char bytes_out[PORTRES__WS_CHARACTER_MAX],
                          size_t* length_out,
                          const wchar_t* text,
                          size_t count) {
  uint32_t code = (uint32_t)text[0];
  size_t used = 1;

  if (code >= ESCAPE_FIRST && code <= ESCAPE_LAST) {
    bytes_out[0] = (char)(0x80 + (code - ESCAPE_FIRST));
    *length_out = 1;
    return 1;
  }
  if (is_high(code) && count > 1 && is_low((uint32_t)text[1])) {
    code =
        0x10000 + ((code - HIGH_FIRST) << 10) + ((uint32_t)text[1] - LOW_FIRST);
    used = 2;
  }
  *length_out = is_utf8() ? encode_utf8(bytes_out, code)
                          : encode_locale(bytes_out, (wchar_t)code);
  return used;
}

/* The length a first byte announces, and the bits it has itself; 0: none. */
static size_t lead(uint8_t byte, uint32_t* bits_out) {
  if (byte < 0x80) {
    *bits_out = byte;
    return 1;
  }
  if (byte >= 0xc2 && byte <= 0xdf) {
    *bits_out = byte & 0x1f;
    return 2;
  }
  if (byte >= 0xe0 && byte <= 0xef) {
    *bits_out = byte & 0x0f;
    return 3;
  }
  *bits_out = byte & 0x07;
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

/* Returns: 0 for what is not UTF-8, an overlong form included. */
static size_t decode_utf8(wchar_t* character_out,
                          const char* bytes,
                          size_t count) {
  static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t code;
  size_t length = lead((uint8_t)bytes[0], &code);

  if (length == 0 || length > count) {
    return 0;
  }
  for (size_t i = 1; i < length; i++) {
    if (((uint8_t)bytes[i] & 0xc0) != 0x80) {
      return 0;
    }
    code = code << 6 | ((uint8_t)bytes[i] & 0x3f);
  }
  if (code < smallest[length] || code > UNICODE_LAST || is_high(code) ||
      is_low(code)) {
    return 0;
  }
  *character_out = (wchar_t)code;
  return length;
}

static size_t decode_locale(wchar_t* character_out,
                            const char* bytes,
                            size_t count) {
  mbstate_t state;

  memset(&state, 0, sizeof state);
  for (size_t i = 0; i < count; i++) {
    size_t result = mbrtowc(character_out, bytes + i, 1, &state);

    if (result == (size_t)-1) {
      return 0;
    }
    if (result != (size_t)-2) {
      return i + 1;
    }
  }
  return 0;
}

size_t portres__ws_decode(wchar_t* character_out,
                          const char* bytes,
                          size_t count) {
  size_t used = is_utf8() ? decode_utf8(character_out, bytes, count)
                          : decode_locale(character_out, bytes, count);

  if (used == 0) {
    *character_out = (wchar_t)(ESCAPE_FIRST + ((uint8_t)bytes[0] - 0x80));
    return 1;
  }
  return used;
}

void portres__ws_text_init(struct portres__ws_text* text) {
  memset(text, 0, sizeof *text);
}

void portres__ws_text_finish(struct portres__ws_text* text) {
  free(text->bytes);
}

char* portres__ws_text_room(struct portres__ws_text* text, size_t size) {
  size_t needed = text->length + size + 1;
  size_t capacity = text->capacity == 0 ? CAPACITY_FIRST : text->capacity;
  char* bytes;

  if (text->has_failed || needed <= size) {
    text->has_failed = true;
    return NULL;
  }
  if (needed > text->capacity) {
    while (capacity < needed) {
      capacity = capacity > SIZE_MAX / 2 ? needed : 2 * capacity;
    }
    bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
      text->has_failed = true;
      return NULL;
    }
    text->bytes = bytes;
    text->capacity = capacity;
  }
  return text->bytes + text->length;
}

void portres__ws_text_add(struct portres__ws_text* text,
                          const char* bytes,
                          size_t size) {
  char* room = size > 0 ? portres__ws_text_room(text, size) : NULL;

  if (room != NULL) {
    memcpy(room, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
  }
}

void portres__ws_text_pad(struct portres__ws_text* text,
                          char byte,
                          size_t count) {
  char* room = portres__ws_text_room(text, count);

  if (room != NULL) {
    memset(room, byte, count);
    text->length += count;
    text->bytes[text->length] = '\0';
  }
}

void portres__ws_text_add_wide(struct portres__ws_text* text,
                               const wchar_t* wide,
                               size_t count) {
  char bytes[PORTRES__WS_CHARACTER_MAX];
  size_t length;

  for (size_t i = 0; i < count && !text->has_failed;) {
    i += portres__ws_encode(bytes, &length, wide + i, count - i);
    portres__ws_text_add(text, bytes, length);
  }
}

size_t portres__ws_text_characters(const char* bytes, size_t count) {
  wchar_t character;
  size_t characters = 0;

  for (size_t i = 0; i < count; characters++) {
    i += portres__ws_decode(&character, bytes + i, count - i);
  }
  return characters;
}

size_t portres__ws_text_widen(wchar_t* wide,
                              size_t size,
                              const char* bytes,
                              size_t count) {
  size_t used = 0;

  for (size_t i = 0; i < count && used < size; used++) {
    i += portres__ws_decode(wide + used, bytes + i, count - i);
  }
  return used;
}
