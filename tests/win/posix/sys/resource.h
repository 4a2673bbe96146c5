/* sys/resource.h - Windows has no limit on sockets that is worth a look. */
#ifndef PORTRES_TESTS_WIN_POSIX_RESOURCE_H
#define PORTRES_TESTS_WIN_POSIX_RESOURCE_H

enum { RLIMIT_NOFILE };

struct rlimit {
  unsigned rlim_cur;
  unsigned rlim_max;
};

static inline int getrlimit(int resource, struct rlimit* out) {
  (void)resource;
  out->rlim_cur = 1u << 20;
  out->rlim_max = 1u << 20;
  return 0;
}

#endif
