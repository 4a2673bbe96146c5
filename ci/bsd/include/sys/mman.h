/* sys/mman.h - musl's, and minherit(). */
#include_next <sys/mman.h>
#ifndef BSD_SYS_MMAN_H
#define BSD_SYS_MMAN_H

#include <bsd.h>

int minherit(void*, size_t, int) BSD_NAME(minherit);

#endif
