/* dispatcher.h - what can be waited for, and who waits.
 *
 * One lock for all of it, as in the kernel that is emulated: who sets an event
 * decides there and then whose wait that ends, so that an automatic event ends
 * exactly one, and one that is reset at once has ended those that waited.
 * Nothing of the program, and nothing of libportres, is called with it held.
 */
#ifndef PORTRES_WINSOCK_DISPATCHER_H
#define PORTRES_WINSOCK_DISPATCHER_H

#include <pthread.h>
#include <stdbool.h>

#include "portres_ws/types.h"

struct portres__ws_object {
  unsigned ref_count;
  bool is_manual; /* stays signaled until it is reset */
  bool is_signaled;
  bool is_event; /* else a thread, which nobody may set */
  void (*destroy)(struct portres__ws_object* self);
};

struct portres__ws_thread;

/* Lock: not recursive. A forked child has it free, and nobody waiting. */
void portres__ws_lock(void);
void portres__ws_unlock(void);

/* What these two lock, to wait with a condition. */
pthread_mutex_t* portres__ws_mutex(void);

/* An event with one reference, or NULL: no memory. */
struct portres__ws_object* portres__ws_object_create(bool is_manual,
                                                     bool is_signaled);

/* All with the lock held. */
void portres__ws_object_take(struct portres__ws_object* object);
void portres__ws_object_drop(struct portres__ws_object* object);
void portres__ws_object_signal(struct portres__ws_object* object);

/* Something has changed that waits may be over for. */
void portres__ws_waits_retry(void);

/* Wait for one or all of the objects, which the caller holds references to.
 * Lock: not held.
 * Returns: the index of the object, WAIT_IO_COMPLETION when there are APCs to
 * run, or WAIT_TIMEOUT. */
DWORD portres__ws_wait_for(struct portres__ws_object* const* objects,
                           DWORD count,
                           bool is_all,
                           DWORD timeout_ms,
                           struct portres__ws_thread* alertable);

#endif
