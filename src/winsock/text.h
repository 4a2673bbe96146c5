/* text.h - wide characters as bytes and back.
 *
 * In UTF-8 when that is the locale's encoding, and also in the C locale, which
 * is where a program on Windows begins and which has nothing else to say. A
 * byte that is not valid becomes U+DC80 + (byte - 0x80), a code point that
 * nothing else uses, and that becomes the byte again.
 */
#ifndef PORTRES_WINSOCK_TEXT_H
#define PORTRES_WINSOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

enum { PORTRES__WS_CHARACTER_MAX = 16 }; /* bytes, of any encoding */

/* Returns: how many of the wide characters were used: 2 for a surrogate pair,
 * which one character is on Windows. What has no encoding becomes `?`. */
size_t portres__ws_encode(char bytes_out[PORTRES__WS_CHARACTER_MAX],
                          size_t* length_out,
                          const wchar_t* text,
                          size_t count);

/* Returns: how many of the bytes were used; no byte after an invalid one or a
 * NUL is looked at. */
size_t portres__ws_decode(wchar_t* character_out,
                          const char* bytes,
                          size_t count);

/* Bytes that grow. After a shortage of memory it stays as it is. */
struct portres__ws_text {
  char* bytes;
  size_t length;
  size_t capacity;
  bool has_failed;
};

void portres__ws_text_init(struct portres__ws_text* text);
void portres__ws_text_finish(struct portres__ws_text* text);

/* Room for `size` more bytes and a NUL; NULL when there is no memory. What was
 * written there counts after text->length has been raised. */
char* portres__ws_text_room(struct portres__ws_text* text, size_t size);
void portres__ws_text_add(struct portres__ws_text* text,
                          const char* bytes,
                          size_t size);
void portres__ws_text_pad(struct portres__ws_text* text,
                          char byte,
                          size_t count);
void portres__ws_text_add_wide(struct portres__ws_text* text,
                               const wchar_t* wide,
                               size_t count);

/* How many wide characters bytes are. */
size_t portres__ws_text_characters(const char* bytes, size_t count);

/* Into `wide`, at most `size` characters, without a NUL. Returns: how many. */
size_t portres__ws_text_widen(wchar_t* wide,
                              size_t size,
                              const char* bytes,
                              size_t count);

#endif
