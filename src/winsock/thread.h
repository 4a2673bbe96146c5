/* thread.h - a thread as Winsock sees it: its APCs, and its blocking call.
 *
 * APCs (asynchronous procedure calls) are how completion routines come to the
 * thread that issued the call; they run when it waits alertably.
 */
#ifndef PORTRES_WINSOCK_THREAD_H
#define PORTRES_WINSOCK_THREAD_H

#include "dispatcher.h"

struct portres__ws_apc {
  struct portres__ws_apc* next;
  void (*run)(struct portres__ws_apc* self);     /* without the lock */
  void (*abandon)(struct portres__ws_apc* self); /* with it: the thread ended */
};

struct portres__ws_thread {
  struct portres__ws_object object; /* signaled when the thread has ended */
  struct portres__ws_apc* first;
  struct portres__ws_apc** end;
  bool is_blocking; /* a synchronous call of it pends */
};

/* The calling thread; lives at least as long as it runs. NULL: no memory.
 * Lock: not held. */
struct portres__ws_thread* portres__ws_thread_current(void);

/* The same if it has been asked for before, else NULL. */
struct portres__ws_thread* portres__ws_thread_known(void);

/* Lock: held for the next four. */
bool portres__ws_thread_has_apc(const struct portres__ws_thread* thread);

/* False: the thread has ended, and the APC stays the caller's. */
bool portres__ws_thread_queue(struct portres__ws_thread* thread,
                              struct portres__ws_apc* apc);
struct portres__ws_thread* portres__ws_thread_of(
    struct portres__ws_object* object); /* NULL: it is none */

/* Drop what is queued. */
void portres__ws_thread_abandon(struct portres__ws_thread* thread);

/* Run what is queued for the calling thread. Lock: not held. */
void portres__ws_thread_run_apcs(struct portres__ws_thread* thread);

/* Wait as portres__ws_wait_for() does and run the APCs that end an alertable
 * wait; operations of testing.h that are to end when the program waits end
 * before. Returns: as portres__ws_wait_for(). */
DWORD portres__ws_thread_wait(struct portres__ws_object* const* objects,
                              DWORD count,
                              bool is_all,
                              DWORD timeout_ms,
                              bool is_alertable);

#endif
