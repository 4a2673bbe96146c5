/* waiter.h - an acquire that waits, in a thread of its own: the command looks
 * at other things meanwhile, and may end. */
#ifndef PORTRES_CLI_WAITER_H
#define PORTRES_CLI_WAITER_H

#include <portres/portres.h>
#include <pthread.h>

struct waiter {
  pthread_t thread;
  int owner; /* the socket that acquires */
  struct portres_options options;
  struct portres_reservation granted;
  int status;
  int ended; /* a descriptor: there is something to read once it has */
};

/* Returns: 0 or an errno value. Who gives up leaves `waiter` where it is until
 * the process ends. */
int waiter_start(struct waiter* waiter,
                 int owner,
                 const struct portres_options* options);

/* Once it has ended. Returns: as portres_acquire_with(). */
int waiter_join(struct waiter* waiter, struct portres_reservation* out);

#endif
