/* stdlib.h - see missing.h. */
#ifndef PORTRES_TESTS_WIN_POSIX_STDLIB_H
#define PORTRES_TESTS_WIN_POSIX_STDLIB_H

#pragma GCC system_header /* `#include_next` is no standard C */
#include_next <stdlib.h>

/* For the programs that start themselves again, which they need not here. */
#define mkdtemp(pattern) ((pattern) ? (char*)NULL : (char*)NULL)
#define setenv(...) posix_missing("there is no setenv()")

#endif
