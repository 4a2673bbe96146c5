/* operation.h - calls under way: those that testing.h has pend.
 *
 * By themselves reservations complete at once (semantics 10). A call that
 * pends is settled by whichever thread settles it, unless its socket closes,
 * its thread ends, or it is cancelled before: exactly one of these ends it.
 */
#ifndef PORTRES_WINSOCK_OPERATION_H
#define PORTRES_WINSOCK_OPERATION_H

#include "code.h"
#include "handle.h"

struct portres__ws_operation;

/* Ends are told by one channel: the completion routine, else the event. */
struct portres__ws_channel {
  LPWSAOVERLAPPED overlapped; /* NULL: the calling thread waits */
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
  struct portres__ws_object* event;  /* a reference of its own, or NULL */
  struct portres__ws_thread* thread; /* the same */
};

/* The channel's references pass to the operation, without memory too. */
struct portres__ws_operation* portres__ws_operation_create(
    const struct portres__ws_channel* channel);
void portres__ws_operation_destroy(struct portres__ws_operation* operation);

/* Carry the request out, or leave it pending.
 * Owner: the operation is no longer the caller's.
 * Returns: 0, completed; WSA_IO_PENDING; else a Winsock number, and there is
 * no completion. */
int portres__ws_operation_start(struct portres__ws_operation* operation,
                                struct portres__ws_request* request);

/* The operation fails behind the caller's back. Owner: as start. */
void portres__ws_operation_fail(struct portres__ws_operation* operation,
                                int error);

/* Carry the request out while the thread waits for it.
 * Owner: as start. Returns: 0 or a Winsock number. */
int portres__ws_operation_block(struct portres__ws_operation* operation,
                                struct portres__ws_request* request);

/* Wait until no operation has this OVERLAPPED. */
void portres__ws_operation_await(const WSAOVERLAPPED* overlapped);

/* The socket is about to be closed: its operations end with
 * WSA_OPERATION_ABORTED, through the channel each has chosen, and calls that
 * wait for it with WSAEINTR. After: none of them uses the descriptor. */
void portres__ws_operations_abort(int fd);

/* The thread ends, and its operations with WSA_OPERATION_ABORTED. */
void portres__ws_operations_cancel(struct portres__ws_thread* thread);

/* Calls that wait end with WSAEINTR: those of the thread, or of all (NULL).
 * Returns: how many. */
int portres__ws_operations_interrupt(struct portres__ws_thread* thread);

/* Winsock is no longer started: all end, and no program is told. */
void portres__ws_operations_end(void);

/* In a forked child, with the lock held: the operations are the parent's. */
void portres__ws_operations_forget(void);

#endif
