#include "environment_posix.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask_posix.h"
#include "block.h"
#include "variable_posix.h"

enum { VALUE_SIZE = 1024 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct portres__environment environment;
static char value_copy[VALUE_SIZE];
static char state_dir[PORTRES__ENVIRONMENT_PATH_SIZE];
static char tree_copy[PORTRES__ASK_VALUE_LEN + 1];
static char runtime_dir[PORTRES__ENVIRONMENT_PATH_SIZE];
static char session_dir[PORTRES__ENVIRONMENT_PATH_SIZE];

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
static const char* parse_dir(const char* path,
                             char copy[PORTRES__ENVIRONMENT_PATH_SIZE]) {
  size_t path_len = path != NULL ? strlen(path) : 0;

  while (path_len > 1 && path[path_len - 1] == '/') {
    path_len--;
  }
  if (path_len <= 1 || *path != '/' ||
      path_len >= PORTRES__ENVIRONMENT_PATH_SIZE) {
    return NULL;
  }
  snprintf(copy, path_len + 1, "%s", path);
  return copy;
}

static bool is_set(const char* value) {
  return value != NULL && *value != '\0';
}

static void read_dirs(void) {
  const char* state = portres__variable("PORTRES_STATE_DIR");
  const char* runtime = portres__variable("PORTRES_RUNTIME_DIR");

  environment.state_dir =
      parse_dir(is_set(state) ? state : PORTRES_STATE_DIR, state_dir);
  environment.has_runtime_dir = is_set(runtime);
  environment.runtime_dir = parse_dir(runtime, runtime_dir);
  environment.session_dir =
      parse_dir(portres__variable("XDG_RUNTIME_DIR"), session_dir);
}

static void read_scope(void) {
  const char* scope = portres__variable("PORTRES_SCOPE");

  environment.is_scope_known = true;
  if (is_set(scope) && strcmp(scope, "process") == 0) {
    environment.scope = PORTRES_SCOPE_PROCESS;
  } else if (is_set(scope) && strcmp(scope, "shared") == 0) {
    environment.scope = PORTRES_SCOPE_SHARED;
  } else if (is_set(scope) && strcmp(scope, "machine") == 0) {
    environment.scope = PORTRES_SCOPE_MACHINE;
  } else {
    environment.is_scope_known = !is_set(scope);
  }
}

static const char* parse_tree(const char* value) {
  if (value == NULL || !portres__ask_is_value(value)) {
    return NULL;
  }
  memcpy(tree_copy, value, sizeof tree_copy);
  return tree_copy;
}

static void read_environment(void) {
  const char* value = portres__variable("PORTRES_BLOCK");
  const char* outgoing = portres__variable("PORTRES_OUTGOING");
  size_t value_len = value != NULL ? strlen(value) : 0;
  bool is_long = value_len >= VALUE_SIZE;

  if (value_len != 0) {
    memcpy(value_copy, value, is_long ? VALUE_SIZE - 1 : value_len);
  }
  portres__environment_parse(value_copy, &environment);
  if (is_long) {
    environment.malformed = "it is longer than 1023 bytes";
  }
  environment.tree = parse_tree(portres__variable("PORTRES_TREE"));
  read_scope();
  read_dirs();
  environment.is_outgoing = outgoing != NULL && strcmp(outgoing, "1") == 0;
}

const struct portres__environment* portres__environment(void) {
  pthread_once(&once, read_environment);
  return &environment;
}
