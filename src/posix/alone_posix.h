/* alone_posix.h - a process of one thread. */
#ifndef PORTRES_ALONE_POSIX_H
#define PORTRES_ALONE_POSIX_H

#include <stdbool.h>

/* True: surely no other thread has the descriptors of this process. */
bool portres__is_alone(void);

#endif
