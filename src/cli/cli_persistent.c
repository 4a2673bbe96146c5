/* cli_persistent.c - portres create, delete, lookup: reservations that outlive
 *                    every process. */
#include <portres/portres.h>
#include <stdio.h>

#include "block.h"
#include "cli_json.h"
#include "cli_parse.h"
#include "cli_say.h"

enum { WORD_COUNT = 3, WHAT_SIZE = 32 };

struct request {
  enum portres_protocol protocol;
  struct portres_range range;
  bool is_json;
  char what[WHAT_SIZE]; /* the block, for messages */
};

static int read_words(const struct cli_command* self,
                      char** words,
                      struct request* out) {
  unsigned start;
  unsigned count;

  if (!cli_parse_protocol(words[0], &out->protocol)) {
    return cli_misused(self, "'%s' is neither tcp nor udp", words[0]);
  }
  if (!cli_parse_number(words[1], 1, PORTRES__PORT_MAX, &start)) {
    return cli_misused(self, "'%s' is no port from 1 to 65535", words[1]);
  }
  if (!cli_parse_number(words[2], 1, PORTRES__PORT_MAX, &count)) {
    return cli_misused(self, "'%s' is no count from 1 to 65535", words[2]);
  }
  out->range.start = (uint16_t)start;
  out->range.count = (uint16_t)count;
  if (!portres__block_fits(out->range)) {
    return cli_misused(self, "%u ports from %u on go past port 65535", count,
                       start);
  }
  snprintf(out->what, sizeof out->what, "%s %u %u", words[0], start, count);
  return CLI_OK;
}

/* True: `out` is filled; false: the command ends with `*code_out`. */
static bool read_request(const struct cli_command* self,
                         int count,
                         char** words,
                         struct request* out,
                         int* code_out) {
  if (cli_only_json(self, count, words, &out->is_json, code_out) ==
      CLI_OPTION_END) {
    return false;
  }
  if (count - optind != WORD_COUNT) {
    *code_out = cli_misused(self, "it wants a protocol, a start and a count");
    return false;
  }
  *code_out = read_words(self, words + optind, out);
  return *code_out == CLI_OK;
}

static void print(const struct request* request, portres_token token) {
  char text[WHAT_SIZE];

  snprintf(text, sizeof text, "%llu", (unsigned long long)token);
  if (!request->is_json) {
    if (token != 0) {
      puts(text);
    }
    return;
  }
  json_open(NULL, '{');
  json_text("protocol", cli_protocol_name(request->protocol));
  json_number("start", request->range.start);
  json_number("count", request->range.count);
  if (token != 0) {
    /* As text: many readers keep numbers in 53 bits. */
    json_text("token", text);
  }
  json_close('}');
}

static int finish(const struct cli_command* self,
                  const struct request* request,
                  int status,
                  portres_token token) {
  if (status != PORTRES_OK) {
    return cli_failed(self, request->what, status);
  }
  print(request, token);
  return CLI_OK;
}

int cli_create_main(const struct cli_command* self, int count, char** words) {
  struct request request;
  portres_token token = 0;
  int code;
  int status;

  if (!read_request(self, count, words, &request, &code)) {
    return code;
  }
  status = portres_persistent_create(request.protocol, request.range, &token);
  return finish(self, &request, status, token);
}

int cli_delete_main(const struct cli_command* self, int count, char** words) {
  struct request request;
  int code;

  if (!read_request(self, count, words, &request, &code)) {
    return code;
  }
  return finish(self, &request,
                portres_persistent_delete(request.protocol, request.range), 0);
}

int cli_lookup_main(const struct cli_command* self, int count, char** words) {
  struct request request;
  portres_token token = 0;
  int code;
  int status;

  if (!read_request(self, count, words, &request, &code)) {
    return code;
  }
  status = portres_persistent_lookup(request.protocol, request.range, &token);
  return finish(self, &request, status, token);
}
