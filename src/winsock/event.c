/* event.c - events under the names of Winsock and of Win32. */
#include "portres_ws/event.h"

#include <errno.h>

#include "error.h"
#include "handle.h"
#include "portres_ws/socket.h"
#include "startup.h"

static BOOL fail(int error) {
  portres__ws_fail(error);
  return FALSE;
}

/* --- Win32 --- */

static HANDLE open_event(struct portres__ws_object* event) {
  HANDLE handle;

  portres__ws_lock();
  handle = portres__ws_handle_open(event);
  if (handle == NULL) {
    portres__ws_object_drop(event);
  }
  portres__ws_unlock();
  return handle;
}

static HANDLE create_event(bool is_manual, bool is_signaled) {
  int saved_errno = errno;
  struct portres__ws_object* event =
      portres__ws_object_create(is_manual, is_signaled);
  HANDLE handle = event == NULL ? NULL : open_event(event);

  errno = saved_errno;
  WSASetLastError(handle == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0);
  return handle;
}

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes,
                    BOOL bManualReset,
                    BOOL bInitialState,
                    LPCSTR lpName) {
  (void)lpEventAttributes;
  if (lpName != NULL) {
    portres__ws_fail(ERROR_NOT_SUPPORTED);
    return NULL;
  }
  return create_event(bManualReset != FALSE, bInitialState != FALSE);
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes,
                    BOOL bManualReset,
                    BOOL bInitialState,
                    LPCWSTR lpName) {
  (void)lpEventAttributes;
  if (lpName != NULL) {
    portres__ws_fail(ERROR_NOT_SUPPORTED);
    return NULL;
  }
  return create_event(bManualReset != FALSE, bInitialState != FALSE);
}

static BOOL set_event(HANDLE handle, bool is_signaled) {
  struct portres__ws_object* object;
  bool is_event;

  portres__ws_lock();
  object = portres__ws_handle_object(handle);
  is_event = object != NULL && object->is_event;
  if (is_event && is_signaled) {
    portres__ws_object_signal(object);
  } else if (is_event) {
    object->is_signaled = false;
  }
  portres__ws_unlock();
  return is_event ? TRUE : fail(ERROR_INVALID_HANDLE);
}

BOOL SetEvent(HANDLE hEvent) {
  return set_event(hEvent, true);
}

BOOL ResetEvent(HANDLE hEvent) {
  return set_event(hEvent, false);
}

BOOL CloseHandle(HANDLE hObject) {
  bool was_open;

  portres__ws_lock();
  was_open = portres__ws_handle_close(hObject);
  portres__ws_unlock();
  return was_open ? TRUE : fail(ERROR_INVALID_HANDLE);
}

/* --- Winsock: the same, once it is started --- */

WSAEVENT WSACreateEvent(void) {
  if (!portres__ws_is_started()) {
    portres__ws_fail(WSANOTINITIALISED);
    return WSA_INVALID_EVENT;
  }
  return create_event(true, false);
}

BOOL WSASetEvent(WSAEVENT hEvent) {
  return portres__ws_is_started() ? SetEvent(hEvent) : fail(WSANOTINITIALISED);
}

BOOL WSAResetEvent(WSAEVENT hEvent) {
  return portres__ws_is_started() ? ResetEvent(hEvent)
                                  : fail(WSANOTINITIALISED);
}

BOOL WSACloseEvent(WSAEVENT hEvent) {
  return portres__ws_is_started() ? CloseHandle(hEvent)
                                  : fail(WSANOTINITIALISED);
}
