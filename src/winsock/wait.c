/* wait.c - waits and sleeps under the names of Winsock and of Win32. */
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "handle.h"
#include "memory.h"
#include "portres_ws/event.h"
#include "portres_ws/socket.h"
#include "startup.h"
#include "thread.h"

/* --- Waits --- */

struct objects {
  HANDLE handles[MAXIMUM_WAIT_OBJECTS];
  struct portres__ws_object* list[MAXIMUM_WAIT_OBJECTS];
  DWORD count;
};

static void drop_objects(const struct objects* objects) {
  for (DWORD i = 0; i < objects->count; i++) {
    portres__ws_object_drop(objects->list[i]);
  }
}

/* The index of a handle that is none, or `count`. */
static DWORD take_objects(struct objects* objects, DWORD count) {
  for (DWORD i = 0; i < count; i++) {
    struct portres__ws_object* object =
        portres__ws_handle_object(objects->handles[i]);
    if (object == NULL) {
      return i;
    }
    portres__ws_object_take(object);
    objects->list[i] = object;
    objects->count++;
  }
  return count;
}

/* Which Windows refuses when all are waited for. */
static bool has_twins(const struct objects* objects) {
  for (DWORD i = 0; i < objects->count; i++) {
    for (DWORD k = i + 1; k < objects->count; k++) {
      if (objects->list[i] == objects->list[k]) {
        return true;
      }
    }
  }
  return false;
}

static int open_objects(const HANDLE* handles,
                        DWORD count,
                        BOOL is_all,
                        struct objects* out) {
  int error = 0;

  out->count = 0;
  if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) {
    return ERROR_INVALID_PARAMETER;
  }
  if (!portres__ws_can_read(handles, count * sizeof *handles)) {
    return ERROR_NOACCESS;
  }
  memcpy(out->handles, handles, count * sizeof *handles);
  portres__ws_lock();
  if (take_objects(out, count) != count) {
    error = ERROR_INVALID_HANDLE;
  } else if (is_all && has_twins(out)) {
    error = ERROR_INVALID_PARAMETER;
  }
  if (error != 0) {
    drop_objects(out);
  }
  portres__ws_unlock();
  return error;
}

DWORD WaitForMultipleObjectsEx(DWORD nCount,
                               const HANDLE* lpHandles,
                               BOOL bWaitAll,
                               DWORD dwMilliseconds,
                               BOOL bAlertable) {
  struct objects objects;
  DWORD result;
  int error = open_objects(lpHandles, nCount, bWaitAll, &objects);

  if (error != 0) {
    portres__ws_fail(error);
    return WAIT_FAILED;
  }
  result =
      portres__ws_thread_wait(objects.list, objects.count, bWaitAll != FALSE,
                              dwMilliseconds, bAlertable != FALSE);
  portres__ws_lock();
  drop_objects(&objects);
  portres__ws_unlock();
  return result;
}

DWORD WaitForMultipleObjects(DWORD nCount,
                             const HANDLE* lpHandles,
                             BOOL bWaitAll,
                             DWORD dwMilliseconds) {
  return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds,
                                  FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE hHandle,
                            DWORD dwMilliseconds,
                            BOOL bAlertable) {
  return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds,
                                  bAlertable);
}

DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
  return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD WSAWaitForMultipleEvents(DWORD cEvents,
                               const WSAEVENT* lphEvents,
                               BOOL fWaitAll,
                               DWORD dwTimeout,
                               BOOL fAlertable) {
  if (!portres__ws_is_started()) {
    portres__ws_fail(WSANOTINITIALISED);
    return WSA_WAIT_FAILED;
  }
  return WaitForMultipleObjectsEx(cEvents, lphEvents, fWaitAll, dwTimeout,
                                  fAlertable);
}

/* --- Sleeps --- */

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) {
  DWORD result = portres__ws_thread_wait(NULL, 0, false, dwMilliseconds,
                                         bAlertable != FALSE);

  if (dwMilliseconds == 0) {
    sched_yield();
  }
  return result == WAIT_IO_COMPLETION ? WAIT_IO_COMPLETION : 0;
}

void Sleep(DWORD dwMilliseconds) {
  SleepEx(dwMilliseconds, FALSE);
}

/* --- Who and what --- */

DWORD GetLastError(void) {
  return (DWORD)WSAGetLastError();
}

void SetLastError(DWORD dwErrCode) {
  WSASetLastError((int)dwErrCode);
}

/* As Windows' own: a multiple of 4, and not one of the system's numbers. */
DWORD GetCurrentThreadId(void) {
  static _Atomic DWORD last;
  static _Thread_local DWORD id;

  if (id == 0) {
    id = atomic_fetch_add_explicit(&last, 4, memory_order_relaxed) + 4;
  }
  return id;
}

DWORD GetCurrentProcessId(void) {
  return (DWORD)getpid();
}
