/* pthread.h - musl's, and pthread_cleanup_push() and its other half by the
 * names of the manual pages: what these macros call is another name on each
 * BSD. Where it is to run, the macros are those of the system that it runs on.
 */
#include_next <pthread.h>
#ifndef BSD_PTHREAD_H
#define BSD_PTHREAD_H

#ifndef LIKE_SOCKET
#undef pthread_cleanup_push
#undef pthread_cleanup_pop
void pthread_cleanup_push(void (*)(void*), void*);
void pthread_cleanup_pop(int);
#endif

#endif
