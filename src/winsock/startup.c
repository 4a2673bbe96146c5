/* startup.c - WSAStartup and WSACleanup, counted as on Windows. */
#include "startup.h"

#include <errno.h>
#include <portres/calls.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "blocking.h"
#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "operation.h"
#include "portres_ws/socket.h"

enum { VERSION_1_0 = 0x0001, VERSION_1_1 = 0x0101, VERSION_2_2 = 0x0202 };

static _Atomic unsigned started;

bool portres__ws_is_started(void) {
  return atomic_load(&started) != 0;
}

/* Sockets of this face bind by portres/calls.h, whatever libc's names are in
 * this program. Where those do not reach the library (it came by dlopen(), or
 * behind libc), it wants to be told, and looks at descriptors more closely
 * from then on; so it is told only there. */
static void promise_calls(void) {
  if (!portres_is_reached()) {
    portres_use_calls();
  }
}

/* Windows: the highest version that is not above the one asked for. */
static WORD version_for(WORD requested) {
  int major = LOBYTE(requested);

  if (major == 1) {
    return HIBYTE(requested) == 0 ? VERSION_1_0 : VERSION_1_1;
  }
  return major == 2 && HIBYTE(requested) < 2 ? requested : VERSION_2_2;
}

static void describe(WORD version, LPWSADATA data) {
  memset(data, 0, sizeof *data);
  data->wVersion = version;
  data->wHighVersion = VERSION_2_2;
  data->iMaxSockets = LOBYTE(version) == 1 ? 32767 : 0;
  data->iMaxUdpDg = LOBYTE(version) == 1 ? 65467 : 0;
  memcpy(data->szDescription, "WinSock 2.0", sizeof "WinSock 2.0");
  memcpy(data->szSystemStatus, "Running", sizeof "Running");
}

int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) {
  static pthread_once_t is_promised = PTHREAD_ONCE_INIT;
  int saved_errno = errno;

  if (LOBYTE(wVersionRequested) == 0) {
    return WSAVERNOTSUPPORTED;
  }
  if (!portres__ws_can_write(lpWSAData, sizeof *lpWSAData)) {
    return WSAEFAULT;
  }
  describe(version_for(wVersionRequested), lpWSAData);
  pthread_once(&is_promised, promise_calls);
  atomic_fetch_add(&started, 1u);
  errno = saved_errno;
  return 0;
}

/* Windows: sockets that are open at the last WSACleanup are closed, which ends
 * their reservations and whatever waits for them. */
int WSACleanup(void) {
  int saved_errno = errno;
  unsigned count = atomic_load(&started);

  if (count != 0 && portres__ws_is_in_progress()) {
    return portres__ws_fail(WSAEINPROGRESS);
  }
  do {
    if (count == 0) {
      return portres__ws_fail(WSANOTINITIALISED);
    }
  } while (!atomic_compare_exchange_weak(&started, &count, count - 1));
  if (count == 1) {
    portres__ws_operations_end();
    portres__ws_close_all();
  }
  errno = saved_errno;
  return 0;
}
