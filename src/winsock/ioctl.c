#include "ioctl.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "blocking.h"
#include "code.h"
#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "operation.h"
#include "overlapped.h"

static void give_bytes(const struct portres__ws_call* call, DWORD bytes) {
  memcpy(call->bytes, &bytes, sizeof bytes);
}

/* --- Synchronous --- */

/* Without memory it cannot pend, which only tests ask for. */
static int run_or_block(struct portres__ws_request* request) {
  struct portres__ws_thread* thread = portres__ws_thread_current();
  struct portres__ws_operation* operation = NULL;

  if (request->kind->testing_call != 0 && thread != NULL) {
    portres__ws_lock();
    portres__ws_object_take(&thread->object);
    portres__ws_unlock();
    operation = portres__ws_operation_create(
        &(struct portres__ws_channel){.thread = thread});
  }
  return operation == NULL ? portres__ws_run(request)
                           : portres__ws_operation_block(operation, request);
}

static int control_now(const struct portres__ws_call* call,
                       struct portres__ws_request* request) {
  int error = portres__ws_prepare(call, request);

  if (error == 0) {
    error = run_or_block(request);
  }
  give_bytes(call, error == 0 ? request->bytes : 0);
  return error;
}

/* --- Overlapped --- */

static int check_pointers(const struct portres__ws_call* call) {
  if (!portres__ws_can_write(call->overlapped, sizeof *call->overlapped)) {
    return WSAEFAULT;
  }
  return call->routine == NULL ||
                 portres__ws_can_read((const void*)(uintptr_t)call->routine, 1)
             ? 0
             : WSAEFAULT;
}

/* The event of a call with a routine is not even looked at. The lowest bit is
 * the program's, see handle.c. An event is reset when a call begins. */
static int take_event(const struct portres__ws_call* call,
                      struct portres__ws_channel* channel) {
  uintptr_t handle = (uintptr_t)call->overlapped->hEvent & ~(uintptr_t)1;

  if (call->routine != NULL || handle == 0) {
    return 0;
  }
  channel->event = portres__ws_handle_object((HANDLE)handle);
  if (channel->event == NULL || !channel->event->is_event) {
    return WSA_INVALID_HANDLE;
  }
  channel->event->is_signaled = false;
  portres__ws_object_take(channel->event);
  return 0;
}

static int open_channel(const struct portres__ws_call* call,
                        struct portres__ws_thread* thread,
                        struct portres__ws_channel* out) {
  int error;

  if (thread == NULL) {
    return WSAENOBUFS;
  }
  *out = (struct portres__ws_channel){.overlapped = call->overlapped,
                                      .routine = call->routine,
                                      .thread = thread};
  portres__ws_lock();
  error = take_event(call, out);
  if (error == 0) {
    portres__ws_object_take(&thread->object);
  }
  portres__ws_unlock();
  return error;
}

/* Windows hands a code that it does not know to the transport, and the refusal
 * comes back as a completion; what is wrong with the arguments comes at once,
 * and the OVERLAPPED stays as if it pended. */
static int start(const struct portres__ws_call* call,
                 struct portres__ws_request* request,
                 struct portres__ws_operation* operation) {
  int error = portres__ws_prepare(call, request);

  if (portres__ws_kind_of(call->code) == NULL) {
    portres__ws_operation_fail(operation, error);
    return WSA_IO_PENDING;
  }
  if (error != 0) {
    portres__ws_operation_destroy(operation);
    return error;
  }
  error = portres__ws_operation_start(operation, request);
  if (error == 0 && call->routine != NULL) {
    give_bytes(call, 0);
  } else if (error == 0 && request->kind->is_filling) {
    give_bytes(call, request->bytes);
  }
  return error;
}

static int control_overlapped(const struct portres__ws_call* call,
                              struct portres__ws_request* request,
                              struct portres__ws_thread* thread) {
  struct portres__ws_operation* operation;
  struct portres__ws_channel channel;
  int error = check_pointers(call);

  if (error == 0) {
    error = open_channel(call, thread, &channel);
  }
  if (error != 0) {
    return error;
  }
  operation = portres__ws_operation_create(&channel);
  if (operation == NULL) {
    return WSAENOBUFS;
  }
  portres__ws_overlapped_begin(call->overlapped);
  return start(call, request, operation);
}

/* --- Both faces --- */

/* How often the descriptor was closed is read before it is looked at: a close
 * in between is a close of this socket. */
static int control(const struct portres__ws_call* call,
                   struct portres__ws_thread* thread) {
  struct portres__ws_request request = {.bytes = 0};

  if (!portres__ws_can_write(call->bytes, sizeof *call->bytes)) {
    return WSAEFAULT;
  }
  request.closes = call->s <= INT_MAX ? portres__ws_closes((int)call->s) : 0;
  request.fd = portres__ws_descriptor(call->s);
  if (request.fd < 0) {
    return WSAGetLastError();
  }
  if (portres__ws_is_in_progress()) {
    return WSAEINPROGRESS;
  }
  return call->overlapped == NULL || !portres__ws_is_overlapped(request.fd)
             ? control_now(call, &request)
             : control_overlapped(call, &request, thread);
}

int portres__ws_control(const struct portres__ws_call* call,
                        struct portres__ws_thread* thread) {
  int saved_errno = errno;
  int error = control(call, thread);

  errno = saved_errno;
  return error;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is Windows' */
int WSAIoctl(SOCKET s,
             DWORD dwIoControlCode,
             LPVOID lpvInBuffer,
             DWORD cbInBuffer,
             LPVOID lpvOutBuffer,
             DWORD cbOutBuffer,
             LPDWORD lpcbBytesReturned,
             LPWSAOVERLAPPED lpOverlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  struct portres__ws_call call = {.s = s,
                                  .code = dwIoControlCode,
                                  .in = lpvInBuffer,
                                  .in_len = cbInBuffer,
                                  .out = lpvOutBuffer,
                                  .out_len = cbOutBuffer,
                                  .bytes = lpcbBytesReturned,
                                  .overlapped = lpOverlapped,
                                  .routine = lpCompletionRoutine};
  int error = portres__ws_control(&call, portres__ws_thread_current());

  WSASetLastError(error);
  return error == 0 ? 0 : SOCKET_ERROR;
}
