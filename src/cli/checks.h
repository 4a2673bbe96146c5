/* checks.h - what can be asked of a system about ports. */
#ifndef PORTRES_CLI_CHECKS_H
#define PORTRES_CLI_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum check_state { CHECK_NO, CHECK_YES, CHECK_PARTLY };

enum { CHECK_DETAIL_SIZE = 512 };

struct check_result {
  enum check_state state;
  char detail[CHECK_DETAIL_SIZE];
};

struct check {
  const char* name;
  void (*look)(struct check_result* out);
  bool is_needed; /* without it, no port can be reserved */
};

extern const struct check checks[];
extern const size_t checks_count;

#endif
