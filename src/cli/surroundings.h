/* surroundings.h - the environment of a program under `portres run`. */
#ifndef PORTRES_CLI_SURROUNDINGS_H
#define PORTRES_CLI_SURROUNDINGS_H

#include "tree.h"

/* The library to preload; NULL: it is not where it should be, or was built
 * without hooks. */
const char* surroundings_library(void);

/* Set the environment of this process so that a program that it executes
 * belongs to the tree. `library` may be NULL. False: no memory. */
bool surroundings_set(const struct tree* tree,
                      const char* line,
                      const char* library,
                      bool is_outgoing);

#endif
