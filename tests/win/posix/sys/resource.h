/* sys/resource.h - Windows has no limit on sockets that is worth a look. */
#ifndef PORTRES_TESTS_WIN_POSIX_RESOURCE_H
#define PORTRES_TESTS_WIN_POSIX_RESOURCE_H

#include "../missing.h"

enum { RLIMIT_NOFILE };

typedef unsigned long rlim_t;

struct rlimit {
  rlim_t rlim_cur;
  rlim_t rlim_max;
};

static inline int getrlimit(int resource, struct rlimit* out) {
  (void)resource;
  out->rlim_cur = 1u << 20;
  out->rlim_max = 1u << 20;
  return 0;
}

#define setrlimit(...) posix_missing("there is no setrlimit()")

#endif
