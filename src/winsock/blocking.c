#include "blocking.h"

#include "error.h"
#include "operation.h"
#include "portres_ws/socket.h"
#include "startup.h"
#include "thread.h"

bool portres__ws_is_in_progress(void) {
  const struct portres__ws_thread* thread = portres__ws_thread_known();

  return thread != NULL && thread->is_blocking;
}

BOOL WSAIsBlocking(void) {
  return portres__ws_is_in_progress();
}

/* Winsock 1.1 means the thread's own call, from its blocking hook. A thread
 * that has none ends those of the others: nothing else could. */
int WSACancelBlockingCall(void) {
  if (!portres__ws_is_started()) {
    return portres__ws_fail(WSANOTINITIALISED);
  }
  return portres__ws_operations_interrupt(portres__ws_is_in_progress()
                                              ? portres__ws_thread_known()
                                              : NULL) == 0
             ? portres__ws_fail(WSAEINVAL)
             : 0;
}
