/* fcntl.h - see missing.h. */
#ifndef PORTRES_TESTS_WIN_POSIX_FCNTL_H
#define PORTRES_TESTS_WIN_POSIX_FCNTL_H

#pragma GCC system_header /* `#include_next` is no standard C */
#include_next <fcntl.h>

#include "missing.h"

enum { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC };
enum { FD_CLOEXEC = 1, O_NONBLOCK = 2048, O_CLOEXEC = 0 };

#define fcntl(...) posix_missing("there is no fcntl()")

#endif
