/* What WSPIoctl() has beside WSAIoctl(): the thread a routine is for, and
 * *lpErrno; and WPUQueueApc(), by which providers come to such a thread. That
 * the rest is the same, the other tests show by going through both faces.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "winsock_call.h"

enum { LONG_MS = 60000, ERROR_ASIDE = 4712 };

static _Thread_local int told_count;
static _Thread_local DWORD_PTR told_context;

static void CALLBACK tell(DWORD error,
                          DWORD bytes,
                          LPWSAOVERLAPPED overlapped,
                          DWORD flags) {
  (void)flags;
  assert_int_equal(error, 0);
  assert_int_equal(bytes, 0);
  told_context = (DWORD_PTR)overlapped;
  told_count++;
}

static void CALLBACK note(DWORD_PTR context) {
  told_context = context;
  told_count++;
}

/* A SIO_FLUSH for the thread: it is done at once, and the routine is queued. */
static int flush_for(SOCKET s,
                     LPWSATHREADID thread,
                     LPWSAOVERLAPPED overlapped) {
  struct call call = {.face = CALL_SPI,
                      .s = s,
                      .code = SIO_FLUSH,
                      .overlapped = overlapped,
                      .routine = tell,
                      .thread = thread};

  return call_make(&call);
}

/* --- Threads --- */

struct target {
  HANDLE ready;
  WSATHREADID id;
  int told_count;
  DWORD_PTR told_context;
};

static void* be_target(void* arg) {
  struct target* target = arg;
  int error = ERROR_ASIDE;

  if (WPUOpenCurrentThread(&target->id, &error) == 0) {
    SetEvent(target->ready);
    SleepEx(LONG_MS, TRUE);
  }
  target->told_count = told_count;
  target->told_context = told_context;
  return NULL;
}

static pthread_t start_target(struct target* target) {
  pthread_t thread;

  target->ready = CreateEvent(NULL, TRUE, FALSE, NULL);
  assert_int_equal(pthread_create(&thread, NULL, be_target, target), 0);
  assert_int_equal(WaitForSingleObject(target->ready, LONG_MS), WAIT_OBJECT_0);
  return thread;
}

static void end_target(struct target* target, pthread_t thread) {
  int error;

  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(target->told_count, 1);
  assert_int_equal(WaitForSingleObject(target->id.ThreadHandle, 0),
                   WAIT_OBJECT_0);
  assert_int_equal(WPUQueueApc(&target->id, note, 1, &error), SOCKET_ERROR);
  assert_int_equal(error, WSAEFAULT);
  assert_int_equal(WPUCloseThread(&target->id, &error), 0);
  assert_int_equal(CloseHandle(target->ready), TRUE);
}

static void check_other_thread(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct target target = {.told_count = 0};
  WSAOVERLAPPED overlapped = {.hEvent = NULL};
  pthread_t thread = start_target(&target);
  WSATHREADID copy = target.id;

  assert_int_equal(flush_for(s, &copy, &overlapped), 0);
  copy.ThreadHandle = NULL;
  assert_int_equal(SleepEx(0, TRUE), 0);
  end_target(&target, thread);
  assert_true(target.told_context == (DWORD_PTR)&overlapped);
  call_close(s);
}

static void check_own_thread(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  WSAOVERLAPPED overlapped = {.hEvent = NULL};
  WSATHREADID id;
  int error;

  assert_int_equal(WPUOpenCurrentThread(&id, &error), 0);
  told_count = 0;
  assert_int_equal(flush_for(s, &id, &overlapped), 0);
  assert_int_equal(flush_for(s, NULL, &overlapped), 0);
  assert_int_equal(told_count, 0);
  assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
  assert_int_equal(told_count, 2);
  assert_int_equal(WPUCloseThread(&id, &error), 0);
  call_close(s);
}

static void check_queue_apc(void) {
  struct target target = {.told_count = 0};
  pthread_t thread = start_target(&target);
  int error = ERROR_ASIDE;

  assert_int_equal(WPUQueueApc(&target.id, note, 4711, &error), 0);
  assert_int_equal(error, ERROR_ASIDE);
  end_target(&target, thread);
  assert_int_equal(target.told_context, 4711);
}

/* --- Bad input --- */

static void expect_fault(LPWSATHREADID id) {
  SOCKET s = call_socket(IPPROTO_TCP);
  WSAOVERLAPPED overlapped = {.hEvent = NULL};
  int error = ERROR_ASIDE;

  assert_int_equal(flush_for(s, id, &overlapped), WSAEFAULT);
  assert_int_equal(WPUQueueApc(id, note, 0, &error), SOCKET_ERROR);
  assert_int_equal(error, WSAEFAULT);
  error = ERROR_ASIDE;
  assert_int_equal(WPUCloseThread(id, &error), SOCKET_ERROR);
  assert_int_equal(error, WSAEFAULT);
  assert_int_equal(SleepEx(0, TRUE), 0);
  call_close(s);
}

static void check_bad_threads(void) {
  HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
  WSATHREADID closed;
  int error;

  assert_int_equal(WPUOpenCurrentThread(&closed, &error), 0);
  assert_int_equal(WPUCloseThread(&closed, &error), 0);
  expect_fault(&closed);
  expect_fault(&(WSATHREADID){.ThreadHandle = NULL});
  expect_fault(&(WSATHREADID){.ThreadHandle = event});
  expect_fault(&(WSATHREADID){.ThreadHandle = call_unmapped()});
  expect_fault(call_unmapped());
  expect_fault(call_before_the_end(8));
  expect_fault(call_of_the_kernel());
  assert_int_equal(CloseHandle(event), TRUE);
}

static void check_bad_pointers(void) {
  WSATHREADID id;
  int error = ERROR_ASIDE;

  assert_int_equal(WPUOpenCurrentThread(NULL, &error), SOCKET_ERROR);
  assert_int_equal(error, WSAEFAULT);
  assert_int_equal(WPUOpenCurrentThread(call_read_only(), &error),
                   SOCKET_ERROR);
  assert_int_equal(WPUOpenCurrentThread(&id, &error), 0);
  error = ERROR_ASIDE;
  assert_int_equal(WPUQueueApc(&id, NULL, 0, &error), SOCKET_ERROR);
  assert_int_equal(error, WSAEFAULT);
  assert_int_equal(WPUQueueApc(NULL, note, 0, &error), SOCKET_ERROR);
  assert_int_equal(WPUCloseThread(&id, &error), 0);
  assert_int_equal(SetEvent(id.ThreadHandle), FALSE);
}

/* Nobody can be told; nothing crashes, and the last error is not used. */
static void check_bad_errno(void) {
  LPINT places[] = {NULL, call_unmapped(), call_read_only(),
                    call_of_the_kernel()};
  DWORD bytes;

  WSASetLastError(4711);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    assert_int_equal(WSPIoctl(INVALID_SOCKET, SIO_FLUSH, NULL, 0, NULL, 0,
                              &bytes, NULL, NULL, NULL, places[i]),
                     SOCKET_ERROR);
    assert_int_equal(WPUQueueApc(NULL, note, 0, places[i]), SOCKET_ERROR);
  }
  assert_int_equal(WSAGetLastError(), 4711);
}

int main(void) {
  table_add_one("S7: given lpThreadId, then the routine is for that thread",
                check_other_thread);
  table_add_one("S7: given the calling thread, or none, then it is for that",
                check_own_thread);
  table_add_one("given WPUQueueApc, then the thread runs it in its wait",
                check_queue_apc);
  table_add_one("given a thread that is none, then WSAEFAULT",
                check_bad_threads);
  table_add_one("given a bad pointer, then WSAEFAULT", check_bad_pointers);
  table_add_one("given no place for the error, then nothing but SOCKET_ERROR",
                check_bad_errno);
  return call_run("winsock_spi");
}
