/* handle.h - handles of events and threads, checked at every use.
 *
 * A handle is an index and the generation of its slot: one that was closed, or
 * never was one, is found out, also when the slot is in use again.
 * Lock: the dispatcher's is held, for all of these.
 */
#ifndef PORTRES_WINSOCK_HANDLE_H
#define PORTRES_WINSOCK_HANDLE_H

#include "dispatcher.h"

/* The caller's reference passes to the handle. NULL: no memory, and the
 * reference stays. */
HANDLE portres__ws_handle_open(struct portres__ws_object* object);

/* NULL: not a handle. The handle's reference, not the caller's. */
struct portres__ws_object* portres__ws_handle_object(HANDLE handle);

bool portres__ws_handle_close(HANDLE handle);

#endif
