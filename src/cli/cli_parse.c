#include "cli_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "cli_say.h"

enum { OPTION_MAX = 16, OPTION_HELP = 'h', WAIT_MAX_S = 65535 };

bool cli_parse_protocol(const char* text, enum portres_protocol* out) {
  if (strcmp(text, "tcp") == 0) {
    *out = PORTRES_TCP;
  } else if (strcmp(text, "udp") == 0) {
    *out = PORTRES_UDP;
  } else {
    return false;
  }
  return true;
}

const char* cli_protocol_name(enum portres_protocol protocol) {
  return protocol == PORTRES_TCP ? "tcp" : "udp";
}

bool cli_parse_number(const char* text,
                      unsigned low,
                      unsigned high,
                      unsigned* out) {
  unsigned value = 0;
  const char* at = text;

  for (; *at >= '0' && *at <= '9' && value <= PORTRES__PORT_MAX; at++) {
    value = value * 10 + (unsigned)(*at - '0');
  }
  if (at == text || *at != '\0' || value < low || value > high) {
    return false;
  }
  *out = value;
  return true;
}

bool cli_parse_block(const char* text, struct portres_range* out) {
  const char* at = strchr(text, '@');
  size_t count_len = at != NULL ? (size_t)(at - text) : strlen(text);
  char digits[8];
  unsigned count;
  unsigned start = 0;

  if (count_len >= sizeof digits) {
    return false;
  }
  memcpy(digits, text, count_len);
  digits[count_len] = '\0';
  if (!cli_parse_number(digits, 1, PORTRES__PORT_MAX, &count) ||
      (at != NULL && !cli_parse_number(at + 1, 1, PORTRES__PORT_MAX, &start))) {
    return false;
  }
  out->start = (uint16_t)start;
  out->count = (uint16_t)count;
  return portres__block_fits(*out);
}

int cli_read_wait(const struct cli_command* self,
                  const char* text,
                  uint32_t* out_ms) {
  unsigned seconds = 0;

  if (strcmp(text, "forever") == 0) {
    *out_ms = PORTRES_FOREVER;
    return CLI_OK;
  }
  if (!cli_parse_number(text, 0, WAIT_MAX_S, &seconds)) {
    return cli_misused(self,
                       "--wait '%s': it wants seconds, up to %d, or 'forever'",
                       text, WAIT_MAX_S);
  }
  *out_ms = seconds * 1000;
  return CLI_OK;
}

static int misused(const struct cli_command* self,
                   char** words,
                   const char* problem) {
  char letter[] = {'-', (char)optopt, '\0'};
  bool is_long = optopt == 0 || strncmp(words[optind - 1], "--", 2) == 0;

  return cli_misused(self, "%s %s", is_long ? words[optind - 1] : letter,
                     problem);
}

/* What follows the words of `run` is its program's: '+' ends the options at the
 * first word. */
int cli_option_next(const struct cli_command* self,
                    int count,
                    char** words,
                    const struct option* table,
                    int* code_out) {
  struct option all[OPTION_MAX + 2] = {{"help", no_argument, NULL, 'h'}};
  int found;

  for (size_t i = 0; i < OPTION_MAX && table[i].name != NULL; i++) {
    all[i + 1] = table[i];
  }
  opterr = 0;
  found =
      getopt_long(count, words, self->has_command ? "+:h" : ":h", all, NULL);
  switch (found) {
    case OPTION_HELP:
      fputs(self->help, stdout);
      *code_out = CLI_OK;
      return CLI_OPTION_END;
    case ':':
      *code_out = misused(self, words, "wants a value");
      return CLI_OPTION_END;
    case '?':
      *code_out = misused(self, words, "is not understood");
      return CLI_OPTION_END;
    default:
      return found;
  }
}

int cli_only_json(const struct cli_command* self,
                  int count,
                  char** words,
                  bool* is_json_out,
                  int* code_out) {
  static const struct option table[] = {{"json", no_argument, NULL, 'j'}, {0}};
  int found;

  *is_json_out = false;
  while ((found = cli_option_next(self, count, words, table, code_out)) ==
         'j') {
    *is_json_out = true;
  }
  return found;
}
