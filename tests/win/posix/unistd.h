/* unistd.h - see sys/socket.h and missing.h. */
#ifndef PORTRES_TESTS_WIN_POSIX_UNISTD_H
#define PORTRES_TESTS_WIN_POSIX_UNISTD_H

#include <process.h>
#include <sys/socket.h>

#include "missing.h"

enum { _SC_PAGESIZE };

static inline long sysconf(int name) {
  SYSTEM_INFO info;
  (void)name;
  GetSystemInfo(&info);
  return (long)info.dwPageSize;
}

#ifndef STDIN_FILENO
#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#endif
#define close posix_close
#define getpid _getpid
#define pipe(...) posix_missing("a pipe is no descriptor among sockets")
#define dup(...) posix_missing("sockets have no dup()")
#define dup2(...) posix_missing("sockets have no dup2()")
#define read(...) posix_missing("there is no read()")
#define execl(...) posix_missing("there is no exec()")

#endif
