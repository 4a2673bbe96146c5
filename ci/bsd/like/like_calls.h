/* like_calls.h - what one file of libbsdlike needs of another. */
#ifndef BSD_LIKE_CALLS_H
#define BSD_LIKE_CALLS_H

#include <stdbool.h>

/* Whether the owner of a socket set SO_REUSEPORT. */
bool like_wants_reuseport(int s);

#endif
