/* cli_scope.h - against whom the command's own reservations hold. */
#ifndef PORTRES_CLI_SCOPE_H
#define PORTRES_CLI_SCOPE_H

#include <portres/portres.h>
#include <stdbool.h>

struct cli_scope {
  const char* name;
  enum portres_scope of_library; /* what the library is asked for */
  bool is_guarded; /* `run` keeps a socket bound to each free port */
};

/* NULL: there is no such scope. */
const struct cli_scope* cli_scope_find(const char* name);

/* The scope for so many ports when nobody named one: PORTRES_SCOPE, or the
 * strongest that the limit on descriptors allows. NULL: PORTRES_SCOPE is none.
 */
const struct cli_scope* cli_scope_default(unsigned port_count);

/* How many ports this process could guard: its limit, with room for others. */
unsigned cli_scope_guard_limit(void);

#endif
