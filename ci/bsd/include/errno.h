/* errno.h - musl's, and where errno is kept. */
#include_next <errno.h>
#ifndef BSD_ERRNO_H
#define BSD_ERRNO_H

#include <bsd.h>

#undef errno
#define errno (*BSD_ERRNO())
int* BSD_ERRNO(void);

#endif
