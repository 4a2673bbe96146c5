/* missing.h - a row that needs what Windows has not ends there, skipped. */
#ifndef PORTRES_TESTS_WIN_POSIX_MISSING_H
#define PORTRES_TESTS_WIN_POSIX_MISSING_H

#include "../../table.h"

static inline int posix_missing(const char* reason) {
  table_skip(reason);
  return -1;
}

#endif
