#include "environment_posix.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "variable_posix.h"

enum { VALUE_SIZE = 1024 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct portres__environment environment;
static char value_copy[VALUE_SIZE];
static char state_dir[PORTRES__ENVIRONMENT_PATH_SIZE];

static const char* parse_number(const char* text, uint16_t* out) {
  unsigned long value = 0;
  const char* at = text;

  for (; *at >= '0' && *at <= '9' && value <= PORTRES__PORT_MAX; at++) {
    value = value * 10 + (unsigned long)(*at - '0');
  }
  if (at == text || value > PORTRES__PORT_MAX) {
    return NULL;
  }
  *out = (uint16_t)value;
  return at;
}

static const char* parse_protocol(const char* text,
                                  enum portres_protocol* out) {
  if (strncmp(text, "tcp:", 4) == 0) {
    *out = PORTRES_TCP;
  } else if (strncmp(text, "udp:", 4) == 0) {
    *out = PORTRES_UDP;
  } else {
    return NULL;
  }
  return text + 4;
}

/* The text behind the next block; NULL: malformed, and why. */
static const char* parse_block(const char* text,
                               struct portres__environment* out) {
  struct portres_range* range = &out->blocks[out->block_count].range;
  const char* at =
      parse_protocol(text, &out->blocks[out->block_count].protocol);

  if (at == NULL) {
    out->malformed = "a block begins with tcp: or udp:";
    return NULL;
  }
  at = parse_number(at, &range->start);
  if (at == NULL || *at != ':') {
    out->malformed = "a start is a number from 0 to 65535 and a colon";
    return NULL;
  }
  at = parse_number(at + 1, &range->count);
  if (at == NULL || (*at != '\0' && *at != ',')) {
    out->malformed = "a count is a number from 1 to 65535 and ends the block";
    return NULL;
  }
  if (!portres__block_fits(*range)) {
    out->malformed = "a block has at least 1 port and none past 65535";
    return NULL;
  }
  out->block_count++;
  return at;
}

void portres__environment_parse(const char* value,
                                struct portres__environment* out) {
  const char* at = value;

  out->has_blocks = *value != '\0';
  out->value = value;
  out->malformed = NULL;
  out->block_count = 0;
  while (out->has_blocks) {
    if (out->block_count == PORTRES__ENVIRONMENT_BLOCKS) {
      out->malformed = "there are at most 16 blocks";
      return;
    }
    at = parse_block(at, out);
    if (at == NULL || *at == '\0') {
      return;
    }
    at++;
  }
}

/* A relative path would be another one after each chdir(). */
static const char* parse_state_dir(const char* path) {
  size_t path_len;

  if (path == NULL || *path == '\0') {
    path = PORTRES_STATE_DIR;
  }
  path_len = strlen(path);
  while (path_len > 1 && path[path_len - 1] == '/') {
    path_len--;
  }
  if (*path != '/' || path_len == 1 || path_len >= sizeof state_dir) {
    return NULL;
  }
  memcpy(state_dir, path, path_len);
  return state_dir;
}

static void read_environment(void) {
  const char* value = portres__variable("PORTRES_BLOCK");
  const char* outgoing = portres__variable("PORTRES_OUTGOING");
  const char* scope = portres__variable("PORTRES_SCOPE");
  size_t value_len = value != NULL ? strlen(value) : 0;
  bool is_long = value_len >= VALUE_SIZE;

  if (value_len != 0) {
    memcpy(value_copy, value, is_long ? VALUE_SIZE - 1 : value_len);
  }
  portres__environment_parse(value_copy, &environment);
  if (is_long) {
    environment.malformed = "it is longer than 1023 bytes";
  }
  environment.is_scope_known =
      scope == NULL || *scope == '\0' || strcmp(scope, "process") == 0;
  environment.state_dir =
      parse_state_dir(portres__variable("PORTRES_STATE_DIR"));
  environment.is_outgoing = outgoing != NULL && strcmp(outgoing, "1") == 0;
}

const struct portres__environment* portres__environment(void) {
  pthread_once(&once, read_environment);
  return &environment;
}
