/* mark_posix.h - a page that is empty in a forked child. */
#ifndef PORTRES_MARK_POSIX_H
#define PORTRES_MARK_POSIX_H

#include <stddef.h>

/* NULL: the system has none. */
void* portres__mark_map(void);

#endif
