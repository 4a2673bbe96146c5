#include "surroundings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VALUE_SIZE = 64 };

/* --- The library --- */

static bool find_own_folder(char out[PATH_MAX]) {
  ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
  char* slash;

  if (len <= 0) {
    return false;
  }
  out[len] = '\0';
  slash = strrchr(out, '/');
  if (slash == NULL) {
    return false;
  }
  *slash = '\0';
  return true;
}

/* First beside the command, as after a build; then where it was installed, also
 * when all of that was moved. */
const char* surroundings_library(void) {
  static char path[2 * PATH_MAX];
  static const char* const places[] = {"", PORTRES_CLI_LIBRARY_FOLDER "/"};
  char folder[PATH_MAX];

  if (!PORTRES_CLI_HAS_HOOKS) {
    return NULL;
  }
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    if (!find_own_folder(folder)) {
      break;
    }
    snprintf(path, sizeof path, "%s/%slibportres.so.0", folder, places[i]);
    if (access(path, R_OK) == 0) {
      return path;
    }
  }
  snprintf(path, sizeof path, "%s", PORTRES_CLI_LIBRARY);
  return access(path, R_OK) == 0 ? path : NULL;
}

/* --- Variables --- */

static bool set_number(const char* name, bool is_there, unsigned number) {
  char text[VALUE_SIZE];

  snprintf(text, sizeof text, "%u", number);
  return is_there ? setenv(name, text, 1) == 0 : unsetenv(name) == 0;
}

static bool set_blocks(const struct tree* tree) {
  char value[VALUE_SIZE] = "";
  size_t len = 0;

  for (int i = 0; i < TREE_BLOCKS; i++) {
    const struct tree_block* block = &tree->blocks[i];
    if (block->range.count != 0) {
      len += (size_t)snprintf(value + len, sizeof value - len, "%s%s:%u:%u",
                              len != 0 ? "," : "",
                              block->protocol == PORTRES_TCP ? "tcp" : "udp",
                              block->range.start, block->range.count);
    }
  }
  return setenv("PORTRES_BLOCK", value, 1) == 0;
}

static bool set_starts(const struct tree* tree) {
  static const char* const names[][2] = {
      {"PORTRES_TCP_START", "PORTRES_TCP_COUNT"},
      {"PORTRES_UDP_START", "PORTRES_UDP_COUNT"}};
  bool is_set = true;

  for (int i = 0; i < TREE_BLOCKS; i++) {
    const struct tree_block* block = &tree->blocks[i];
    const char* const* name = names[block->protocol == PORTRES_UDP];
    bool is_there = block->range.count != 0;
    is_set = is_set && set_number(name[0], is_there, block->range.start) &&
             set_number(name[1], is_there, block->range.count);
  }
  return is_set;
}

/* An outer tree's library is this one, too: it is not named twice. */
static bool set_preload(const char* library) {
  const char* others = getenv("LD_PRELOAD");
  size_t library_len = strlen(library);
  bool is_set;
  char* value;

  if (others == NULL || *others == '\0') {
    return setenv("LD_PRELOAD", library, 1) == 0;
  }
  if (strncmp(others, library, library_len) == 0 &&
      (others[library_len] == '\0' || others[library_len] == ':')) {
    return true;
  }
  value = malloc(library_len + strlen(others) + 2);
  if (value == NULL) {
    return false;
  }
  sprintf(value, "%s:%s", library, others);
  is_set = setenv("LD_PRELOAD", value, 1) == 0;
  free(value);
  return is_set;
}

bool surroundings_set(const struct tree* tree,
                      const char* line,
                      const char* library,
                      bool is_outgoing) {
  bool is_set = set_blocks(tree) && set_starts(tree) &&
                setenv("PORTRES_TREE", line, 1) == 0;

  if (is_outgoing) {
    is_set = is_set && setenv("PORTRES_OUTGOING", "1", 1) == 0;
  } else {
    unsetenv("PORTRES_OUTGOING");
  }
  return is_set && (library == NULL || set_preload(library));
}
