/* handle.h - names one life of one object of a slab: slab.h. */
#ifndef PORTRES_HANDLE_H
#define PORTRES_HANDLE_H

#include <stdint.h>

/* 0 names nothing. */
typedef uint64_t portres__handle;

#endif
