#include "cli_scope.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { DESCRIPTORS_FOR_OTHERS = 256, LIMIT_MAX = 1 << 20 };

static const struct cli_scope scopes[] = {
    {"machine", PORTRES_SCOPE_SHARED, true},
    {"shared", PORTRES_SCOPE_SHARED, false},
    {"process", PORTRES_SCOPE_PROCESS, false},
};

const struct cli_scope* cli_scope_find(const char* name) {
  for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
    if (strcmp(scopes[i].name, name) == 0) {
      return &scopes[i];
    }
  }
  return NULL;
}

/* The soft limit is raised as far as need be: it is the supervisor's own. */
unsigned cli_scope_guard_limit(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
      limit.rlim_max <= DESCRIPTORS_FOR_OTHERS) {
    return 0;
  }
  return limit.rlim_max > LIMIT_MAX
             ? LIMIT_MAX
             : (unsigned)limit.rlim_max - DESCRIPTORS_FOR_OTHERS;
}

const struct cli_scope* cli_scope_default(unsigned port_count) {
  const char* wanted = getenv("PORTRES_SCOPE");

  if (wanted != NULL && *wanted != '\0') {
    return cli_scope_find(wanted);
  }
  return cli_scope_find(port_count <= cli_scope_guard_limit() ? "machine"
                                                              : "shared");
}
