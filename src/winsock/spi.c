/* spi.c - the service provider's face: errors come back in *lpErrno only. */
#include "portres_ws/spi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "handle.h"
#include "ioctl.h"
#include "memory.h"
#include "thread.h"

static int answer(int error, LPINT out) {
  if (error == 0) {
    return 0;
  }
  if (portres__ws_can_write(out, sizeof *out)) {
    memcpy(out, &error, sizeof error);
  }
  return SOCKET_ERROR;
}

/* The thread a structure names; a reference of its own. NULL: none. */
static struct portres__ws_thread* take_thread(const WSATHREADID* id) {
  struct portres__ws_thread* thread;

  portres__ws_lock();
  thread = portres__ws_thread_of(portres__ws_handle_object(id->ThreadHandle));
  if (thread != NULL) {
    portres__ws_object_take(&thread->object);
  }
  portres__ws_unlock();
  return thread;
}

static void drop_thread(struct portres__ws_thread* thread) {
  portres__ws_lock();
  portres__ws_object_drop(&thread->object);
  portres__ws_unlock();
}

static int control(const struct portres__ws_call* call,
                   const WSATHREADID* thread_id) {
  struct portres__ws_thread* thread;
  WSATHREADID copy;
  int error;

  if (thread_id == NULL) {
    return portres__ws_control(call, portres__ws_thread_current());
  }
  if (!portres__ws_can_read(thread_id, sizeof copy)) {
    return WSAEFAULT;
  }
  memcpy(&copy, thread_id, sizeof copy);
  thread = take_thread(&copy);
  if (thread == NULL) {
    return WSAEFAULT;
  }
  error = portres__ws_control(call, thread);
  drop_thread(thread);
  return error;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is Windows' */
int WSPIoctl(SOCKET s,
             DWORD dwIoControlCode,
             LPVOID lpvInBuffer,
             DWORD cbInBuffer,
             LPVOID lpvOutBuffer,
             DWORD cbOutBuffer,
             LPDWORD lpcbBytesReturned,
             LPWSAOVERLAPPED lpOverlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine,
             LPWSATHREADID lpThreadId,
             LPINT lpErrno) {
  struct portres__ws_call call = {.s = s,
                                  .code = dwIoControlCode,
                                  .in = lpvInBuffer,
                                  .in_len = cbInBuffer,
                                  .out = lpvOutBuffer,
                                  .out_len = cbOutBuffer,
                                  .bytes = lpcbBytesReturned,
                                  .overlapped = lpOverlapped,
                                  .routine = lpCompletionRoutine};
  int saved_error = WSAGetLastError();
  int error = control(&call, lpThreadId);

  WSASetLastError(saved_error);
  return answer(error, lpErrno);
}

/* --- APCs of a program's own --- */

struct user_apc {
  struct portres__ws_apc apc;
  LPWSAUSERAPC routine;
  DWORD_PTR context;
};

static void run_user_apc(struct portres__ws_apc* apc) {
  struct user_apc user = *(struct user_apc*)apc;

  free(apc);
  user.routine(user.context);
}

static void abandon_user_apc(struct portres__ws_apc* apc) {
  free(apc);
}

static int queue(const WSATHREADID* thread_id,
                 LPWSAUSERAPC routine,
                 DWORD_PTR context) {
  struct portres__ws_thread* thread = take_thread(thread_id);
  struct user_apc* user;
  bool is_queued;

  if (thread == NULL) {
    return WSAEFAULT;
  }
  user = malloc(sizeof *user);
  if (user == NULL) {
    drop_thread(thread);
    return WSAENOBUFS;
  }
  *user = (struct user_apc){
      .apc = {.run = run_user_apc, .abandon = abandon_user_apc},
      .routine = routine,
      .context = context};
  portres__ws_lock();
  is_queued = portres__ws_thread_queue(thread, &user->apc);
  portres__ws_unlock();
  if (!is_queued) {
    free(user);
  }
  drop_thread(thread);
  return is_queued ? 0 : WSAEFAULT;
}

int WPUQueueApc(LPWSATHREADID lpThreadId,
                LPWSAUSERAPC lpfnUserApc,
                DWORD_PTR dwContext,
                LPINT lpErrno) {
  int saved_errno = errno;
  int error =
      portres__ws_can_read(lpThreadId, sizeof *lpThreadId) &&
              portres__ws_can_read((const void*)(uintptr_t)lpfnUserApc, 1)
          ? queue(lpThreadId, lpfnUserApc, dwContext)
          : WSAEFAULT;

  errno = saved_errno;
  return answer(error, lpErrno);
}

static int open_thread(LPWSATHREADID out) {
  struct portres__ws_thread* thread = portres__ws_thread_current();
  WSATHREADID id = {.ThreadHandle = NULL};

  if (thread != NULL) {
    portres__ws_lock();
    portres__ws_object_take(&thread->object);
    id.ThreadHandle = portres__ws_handle_open(&thread->object);
    if (id.ThreadHandle == NULL) {
      portres__ws_object_drop(&thread->object);
    }
    portres__ws_unlock();
  }
  if (id.ThreadHandle == NULL) {
    return WSAENOBUFS;
  }
  memcpy(out, &id, sizeof id);
  return 0;
}

int WPUOpenCurrentThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
  int saved_errno = errno;
  int error = portres__ws_can_write(lpThreadId, sizeof *lpThreadId)
                  ? open_thread(lpThreadId)
                  : WSAEFAULT;

  errno = saved_errno;
  return answer(error, lpErrno);
}

static int close_thread(const WSATHREADID* thread_id) {
  struct portres__ws_object* object;
  bool is_thread;

  portres__ws_lock();
  object = portres__ws_handle_object(thread_id->ThreadHandle);
  is_thread = portres__ws_thread_of(object) != NULL;
  if (is_thread) {
    portres__ws_handle_close(thread_id->ThreadHandle);
  }
  portres__ws_unlock();
  return is_thread ? 0 : WSAEFAULT;
}

int WPUCloseThread(LPWSATHREADID lpThreadId, LPINT lpErrno) {
  return answer(portres__ws_can_read(lpThreadId, sizeof *lpThreadId)
                    ? close_thread(lpThreadId)
                    : WSAEFAULT,
                lpErrno);
}
