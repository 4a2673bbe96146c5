#include "overlapped.h"

#include <stdbool.h>
#include <string.h>

#include "descriptor.h"
#include "error.h"
#include "handle.h"
#include "memory.h"
#include "ntstatus.h"
#include "operation.h"

void portres__ws_overlapped_begin(LPWSAOVERLAPPED overlapped) {
  __atomic_store_n(&overlapped->Internal, (ULONG_PTR)NTSTATUS_PENDING,
                   __ATOMIC_RELEASE);
}

void portres__ws_overlapped_end(LPWSAOVERLAPPED overlapped,
                                int error,
                                DWORD bytes) {
  if (portres__ws_can_write(overlapped, sizeof *overlapped)) {
    overlapped->InternalHigh = bytes;
    __atomic_store_n(&overlapped->Internal,
                     (ULONG_PTR)portres__ws_ntstatus_of_error(error),
                     __ATOMIC_RELEASE);
  }
}

static int error_of(const WSAOVERLAPPED* overlapped) {
  return portres__ws_error_of_ntstatus(
      (ULONG)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE));
}

static struct portres__ws_object* take_event(HANDLE handle) {
  struct portres__ws_object* object;

  portres__ws_lock();
  object =
      portres__ws_handle_object((HANDLE)((uintptr_t)handle & ~(uintptr_t)1));
  if (object != NULL) {
    portres__ws_object_take(object);
  }
  portres__ws_unlock();
  return object;
}

/* As on Windows: for the event if there is one, and not alertably. */
static void await_end(const WSAOVERLAPPED* overlapped) {
  struct portres__ws_object* event = take_event(overlapped->hEvent);

  if (event == NULL) {
    portres__ws_operation_await(overlapped);
    return;
  }
  portres__ws_thread_wait(&event, 1, false, INFINITE, false);
  portres__ws_lock();
  portres__ws_object_drop(event);
  portres__ws_unlock();
}

/* Windows crashes on bad pointers here; nobody can rely on that. */
BOOL WSAGetOverlappedResult(SOCKET s,
                            LPWSAOVERLAPPED lpOverlapped,
                            LPDWORD lpcbTransfer,
                            BOOL fWait,
                            LPDWORD lpdwFlags) {
  DWORD bytes;
  int error;

  if (portres__ws_descriptor(s) < 0) {
    return FALSE;
  }
  if (!portres__ws_can_write(lpOverlapped, sizeof *lpOverlapped) ||
      !portres__ws_can_write(lpcbTransfer, sizeof *lpcbTransfer) ||
      !portres__ws_can_write(lpdwFlags, sizeof *lpdwFlags)) {
    portres__ws_fail(WSAEFAULT);
    return FALSE;
  }
  if (fWait && error_of(lpOverlapped) == WSA_IO_INCOMPLETE) {
    await_end(lpOverlapped);
  }
  error = error_of(lpOverlapped);
  if (error != 0) {
    portres__ws_fail(error);
    return FALSE;
  }
  bytes = (DWORD)lpOverlapped->InternalHigh;
  memcpy(lpcbTransfer, &bytes, sizeof bytes);
  memset(lpdwFlags, 0, sizeof *lpdwFlags);
  return TRUE;
}
