#include "waiter.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void* acquire(void* arg) {
  struct waiter* waiter = arg;

  waiter->status =
      portres_acquire_with(waiter->owner, &waiter->options, &waiter->granted);
  eventfd_write(waiter->ended, 1);
  return NULL;
}

int waiter_start(struct waiter* waiter,
                 int owner,
                 const struct portres_options* options) {
  int error;

  waiter->owner = owner;
  waiter->options = *options;
  waiter->ended = eventfd(0, EFD_CLOEXEC);
  if (waiter->ended < 0) {
    return errno;
  }
  error = pthread_create(&waiter->thread, NULL, acquire, waiter);
  if (error != 0) {
    close(waiter->ended);
  }
  return error;
}

int waiter_join(struct waiter* waiter, struct portres_reservation* out) {
  pthread_join(waiter->thread, NULL);
  close(waiter->ended);
  if (waiter->status == PORTRES_OK) {
    *out = waiter->granted;
  }
  return waiter->status;
}
