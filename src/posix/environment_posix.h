/* environment_posix.h - what PORTRES_BLOCK and its kin ask for.
 *
 * Read once, for the program may change its environment later; and not at all
 * where the kernel says that the environment is not to be trusted
 * (secure_getenv: setuid programs). */
#ifndef PORTRES_ENVIRONMENT_POSIX_H
#define PORTRES_ENVIRONMENT_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>

enum {
  PORTRES__ENVIRONMENT_BLOCKS = 16,
  PORTRES__ENVIRONMENT_PATH_SIZE = 1024
};

struct portres__environment {
  bool has_blocks;      /* the variable is set, to something */
  bool is_outgoing;     /* PORTRES_OUTGOING=1 */
  bool is_scope_known;  /* PORTRES_SCOPE is one there is, or not set */
  bool has_runtime_dir; /* PORTRES_RUNTIME_DIR is set, to something */
  enum portres_scope scope;
  const char* state_dir;   /* no slash at its end; NULL: of no use */
  const char* runtime_dir; /* the same */
  const char* session_dir; /* the same, of XDG_RUNTIME_DIR */
  const char* tree;        /* PORTRES_TREE: ask_posix.h; NULL: of no use */
  const char* value;       /* the variable, cut to fit */
  const char* malformed;   /* what is wrong with it; NULL: nothing */
  size_t block_count;
  struct {
    enum portres_protocol protocol;
    struct portres_range range;
  } blocks[PORTRES__ENVIRONMENT_BLOCKS];
};

const struct portres__environment* portres__environment(void);

/* The same for a given value, which is kept. */
void portres__environment_parse(const char* value,
                                struct portres__environment* out);

#endif
