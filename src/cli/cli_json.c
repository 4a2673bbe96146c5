#include "cli_json.h"

#include <stddef.h>
#include <stdio.h>

static bool wants_comma;
static unsigned depth;

/* The length of the UTF-8 sequence that begins here; 0: none does. */
static unsigned sequence_len(const unsigned char* at) {
  unsigned len = at[0] < 0x80   ? 1
                 : at[0] < 0xc2 ? 0
                 : at[0] < 0xe0 ? 2
                 : at[0] < 0xf0 ? 3
                 : at[0] < 0xf5 ? 4
                                : 0;

  for (unsigned i = 1; i < len; i++) {
    if ((at[i] & 0xc0) != 0x80) {
      return 0;
    }
  }
  /* Overlong, surrogate, or past U+10FFFF. */
  if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
      (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) {
    return 0;
  }
  return len;
}

static void write_string(const char* text) {
  const unsigned char* at = (const unsigned char*)text;

  putchar('"');
  while (*at != '\0') {
    unsigned len = sequence_len(at);
    if (len == 0) {
      fputs("\\ufffd", stdout);
      len = 1;
    } else if (*at < ' ' || *at == 0x7f) {
      printf("\\u%04x", *at);
    } else {
      if (*at == '"' || *at == '\\') {
        putchar('\\');
      }
      fwrite(at, 1, len, stdout);
    }
    at += len;
  }
  putchar('"');
}

static void begin(const char* name) {
  if (wants_comma) {
    fputs(", ", stdout);
  }
  wants_comma = true;
  if (name != NULL) {
    write_string(name);
    fputs(": ", stdout);
  }
}

void json_open(const char* name, char bracket) {
  begin(name);
  putchar(bracket);
  wants_comma = false;
  depth++;
}

void json_close(char bracket) {
  putchar(bracket);
  depth--;
  wants_comma = depth != 0;
  if (depth == 0) {
    putchar('\n');
  }
}

void json_text(const char* name, const char* text) {
  begin(name);
  write_string(text);
}

void json_number(const char* name, unsigned long long number) {
  begin(name);
  printf("%llu", number);
}

void json_boolean(const char* name, bool is_true) {
  begin(name);
  fputs(is_true ? "true" : "false", stdout);
}

void json_null(const char* name) {
  begin(name);
  fputs("null", stdout);
}
