/* Events and waits, under the names of Winsock and of Win32. What Windows'
 * pages say of them; section 7 of the semantics names only the alertable ones,
 * which are test_winsock_apc_contract.c.
 */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "winsock_call.h"

enum { LONG_MS = 60000 };

static DWORD probe(HANDLE event) {
  return WaitForSingleObject(event, 0);
}

static void check_manual(void) {
  WSAEVENT event = WSACreateEvent();

  assert_non_null(event);
  assert_int_equal(probe(event), WAIT_TIMEOUT);
  assert_int_equal(WSASetEvent(event), TRUE);
  assert_int_equal(probe(event), WAIT_OBJECT_0);
  assert_int_equal(probe(event), WAIT_OBJECT_0);
  assert_int_equal(WSAResetEvent(event), TRUE);
  assert_int_equal(probe(event), WAIT_TIMEOUT);
  assert_int_equal(WSACloseEvent(event), TRUE);
}

static void check_automatic(void) {
  HANDLE event = CreateEventW(NULL, FALSE, TRUE, NULL);

  assert_int_equal(probe(event), WAIT_OBJECT_0);
  assert_int_equal(probe(event), WAIT_TIMEOUT);
  assert_int_equal(SetEvent(event), TRUE);
  assert_int_equal(ResetEvent(event), TRUE);
  assert_int_equal(probe(event), WAIT_TIMEOUT);
  assert_int_equal(CloseHandle(event), TRUE);
}

static void check_named(void) {
  assert_null(CreateEventA(NULL, TRUE, FALSE, "portres"));
  assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
  assert_null(CreateEventW(NULL, TRUE, FALSE, L"portres"));
  assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

/* --- Several --- */

enum { MANY = WSA_MAXIMUM_WAIT_EVENTS };

static void open_many(WSAEVENT* events, int count) {
  for (int i = 0; i < count; i++) {
    events[i] = WSACreateEvent();
    assert_non_null(events[i]);
  }
}

static void close_many(const WSAEVENT* events, int count) {
  for (int i = 0; i < count; i++) {
    assert_int_equal(WSACloseEvent(events[i]), TRUE);
  }
}

static void check_any(void) {
  WSAEVENT events[MANY];

  open_many(events, MANY);
  assert_int_equal(WSAWaitForMultipleEvents(MANY, events, FALSE, 0, FALSE),
                   WSA_WAIT_TIMEOUT);
  assert_int_equal(WSASetEvent(events[63]), TRUE);
  assert_int_equal(
      WSAWaitForMultipleEvents(MANY, events, FALSE, WSA_INFINITE, FALSE),
      WSA_WAIT_EVENT_0 + 63);
  assert_int_equal(WSASetEvent(events[5]), TRUE);
  assert_int_equal(WSAWaitForMultipleEvents(MANY, events, FALSE, 0, FALSE),
                   WSA_WAIT_EVENT_0 + 5);
  close_many(events, MANY);
}

static void check_all(void) {
  WSAEVENT events[MANY];

  open_many(events, MANY);
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(WSAWaitForMultipleEvents(MANY, events, TRUE, 0, FALSE),
                     WSA_WAIT_TIMEOUT);
    assert_int_equal(WSASetEvent(events[i]), TRUE);
  }
  assert_int_equal(WSAWaitForMultipleEvents(MANY, events, TRUE, 0, FALSE),
                   WSA_WAIT_EVENT_0);
  close_many(events, MANY);
}

/* None is taken before all are there. */
static void check_all_or_none(void) {
  HANDLE events[2] = {CreateEvent(NULL, FALSE, TRUE, NULL),
                      CreateEvent(NULL, FALSE, FALSE, NULL)};

  assert_int_equal(WaitForMultipleObjects(2, events, TRUE, 1), WAIT_TIMEOUT);
  assert_int_equal(SetEvent(events[1]), TRUE);
  assert_int_equal(WaitForMultipleObjects(2, events, TRUE, 0), WAIT_OBJECT_0);
  assert_int_equal(probe(events[0]), WAIT_TIMEOUT);
  assert_int_equal(probe(events[1]), WAIT_TIMEOUT);
  close_many(events, 2);
}

/* --- Bad input --- */

static void expect_failure(DWORD count,
                           const WSAEVENT* events,
                           BOOL is_all,
                           int error) {
  WSASetLastError(0);
  assert_int_equal(WSAWaitForMultipleEvents(count, events, is_all, 0, FALSE),
                   WSA_WAIT_FAILED);
  assert_int_equal(WSAGetLastError(), error);
  assert_int_equal(WaitForMultipleObjects(count, events, is_all, 0),
                   WAIT_FAILED);
  assert_int_equal(GetLastError(), error);
}

static void check_bad_waits(void) {
  WSAEVENT events[MANY + 1];

  open_many(events, MANY + 1);
  expect_failure(0, events, FALSE, WSA_INVALID_PARAMETER);
  expect_failure(MANY + 1, events, FALSE, WSA_INVALID_PARAMETER);
  expect_failure(1, NULL, FALSE, ERROR_NOACCESS);
  expect_failure(2, call_before_the_end(sizeof *events), FALSE, ERROR_NOACCESS);
  events[MANY] = events[0];
  expect_failure(2, (WSAEVENT[]){events[1], events[1]}, TRUE,
                 WSA_INVALID_PARAMETER);
  expect_failure(2, (WSAEVENT[]){events[1], NULL}, FALSE, WSA_INVALID_HANDLE);
  events[MANY] = WSA_INVALID_EVENT;
  close_many(events, MANY);
}

/* The slot is in use again; the handle is another. */
static void check_stale(void) {
  WSAEVENT stale = WSACreateEvent();
  WSAEVENT fresh;

  assert_int_equal(WSACloseEvent(stale), TRUE);
  fresh = WSACreateEvent();
  assert_ptr_not_equal(stale, fresh);
  assert_int_equal(WSASetEvent(stale), FALSE);
  assert_int_equal(WSAGetLastError(), WSA_INVALID_HANDLE);
  assert_int_equal(WSACloseEvent(stale), FALSE);
  assert_int_equal(probe(fresh), WAIT_TIMEOUT);
  assert_int_equal(WSACloseEvent(fresh), TRUE);
}

static void check_garbage(void) {
  HANDLE handles[] = {NULL,
                      INVALID_HANDLE_VALUE,
                      (HANDLE)(uintptr_t)4,
                      call_unmapped(),
                      call_of_the_kernel(),
                      &handles};

  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    assert_int_equal(SetEvent(handles[i]), FALSE);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_int_equal(ResetEvent(handles[i]), FALSE);
    assert_int_equal(CloseHandle(handles[i]), FALSE);
    assert_int_equal(WSACloseEvent(handles[i]), FALSE);
    assert_int_equal(WSAGetLastError(), WSA_INVALID_HANDLE);
    assert_int_equal(WaitForSingleObject(handles[i], INFINITE), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
  }
}

static void check_not_started(void) {
  HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);

  call_stop();
  assert_ptr_equal(WSACreateEvent(), WSA_INVALID_EVENT);
  assert_int_equal(WSAGetLastError(), WSANOTINITIALISED);
  assert_int_equal(WSASetEvent(event), FALSE);
  assert_int_equal(WSAGetLastError(), WSANOTINITIALISED);
  assert_int_equal(WSAResetEvent(event), FALSE);
  assert_int_equal(WSACloseEvent(event), FALSE);
  assert_int_equal(WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE),
                   WSA_WAIT_FAILED);
  assert_int_equal(WSAGetLastError(), WSANOTINITIALISED);
  assert_int_equal(probe(event), WAIT_OBJECT_0);
  assert_int_equal(CloseHandle(event), TRUE);
  call_start();
}

/* --- Threads --- */

struct waiter {
  pthread_t thread;
  HANDLE ready;
  HANDLE go;
  HANDLE back; /* or NULL */
  DWORD result;
};

static void* wait_for_go(void* arg) {
  struct waiter* waiter = arg;

  SetEvent(waiter->ready);
  waiter->result = WaitForSingleObject(waiter->go, LONG_MS);
  if (waiter->back != NULL) {
    SetEvent(waiter->back);
  }
  return NULL;
}

enum { WAITERS = 8 };

static void start_waiters(struct waiter* waiters, HANDLE go, HANDLE back) {
  for (int i = 0; i < WAITERS; i++) {
    waiters[i] = (struct waiter){
        .go = go, .back = back, .ready = CreateEvent(NULL, TRUE, FALSE, NULL)};
    assert_int_equal(
        pthread_create(&waiters[i].thread, NULL, wait_for_go, &waiters[i]), 0);
  }
  for (int i = 0; i < WAITERS; i++) {
    assert_int_equal(WaitForSingleObject(waiters[i].ready, LONG_MS),
                     WAIT_OBJECT_0);
    assert_int_equal(CloseHandle(waiters[i].ready), TRUE);
  }
}

static void join_waiters(struct waiter* waiters) {
  for (int i = 0; i < WAITERS; i++) {
    assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
    assert_int_equal(waiters[i].result, WAIT_OBJECT_0);
  }
}

static void check_broadcast(void) {
  HANDLE go = CreateEvent(NULL, TRUE, FALSE, NULL);
  struct waiter waiters[WAITERS];

  start_waiters(waiters, go, NULL);
  assert_int_equal(SetEvent(go), TRUE);
  join_waiters(waiters);
  assert_int_equal(CloseHandle(go), TRUE);
}

/* Two waits that one set had ended would set `back` once too often. */
static void check_handover(void) {
  HANDLE go = CreateEvent(NULL, FALSE, FALSE, NULL);
  HANDLE back = CreateEvent(NULL, FALSE, FALSE, NULL);
  struct waiter waiters[WAITERS];

  start_waiters(waiters, go, back);
  for (int i = 0; i < WAITERS; i++) {
    assert_int_equal(probe(back), WAIT_TIMEOUT);
    assert_int_equal(SetEvent(go), TRUE);
    assert_int_equal(WaitForSingleObject(back, LONG_MS), WAIT_OBJECT_0);
  }
  join_waiters(waiters);
  assert_int_equal(probe(back), WAIT_TIMEOUT);
  assert_int_equal(probe(go), WAIT_TIMEOUT);
  assert_int_equal(CloseHandle(back), TRUE);
  assert_int_equal(CloseHandle(go), TRUE);
}

struct chooser {
  HANDLE events[2];
  HANDLE ready;
  DWORD result;
};

static void* choose(void* arg) {
  struct chooser* chooser = arg;

  SetEvent(chooser->ready);
  chooser->result = WaitForMultipleObjects(2, chooser->events, FALSE, LONG_MS);
  return NULL;
}

/* The first set ends the wait; the second must not, before the thread runs. */
static void check_one_of_two(void) {
  for (int i = 0; i < 200; i++) {
    struct chooser chooser = {{CreateEvent(NULL, FALSE, FALSE, NULL),
                               CreateEvent(NULL, FALSE, FALSE, NULL)},
                              CreateEvent(NULL, FALSE, FALSE, NULL),
                              WAIT_FAILED};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, choose, &chooser), 0);
    assert_int_equal(WaitForSingleObject(chooser.ready, LONG_MS),
                     WAIT_OBJECT_0);
    assert_int_equal(SetEvent(chooser.events[1]), TRUE);
    assert_int_equal(SetEvent(chooser.events[0]), TRUE);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_in_range(chooser.result, WAIT_OBJECT_0, WAIT_OBJECT_0 + 1);
    assert_int_equal(probe(chooser.events[chooser.result]), WAIT_TIMEOUT);
    assert_int_equal(probe(chooser.events[1 - chooser.result]), WAIT_OBJECT_0);
    close_many(chooser.events, 2);
    assert_int_equal(CloseHandle(chooser.ready), TRUE);
  }
}

/* The wait holds the event; the handle may go. */
static void check_close_while_waited(void) {
  HANDLE go = CreateEvent(NULL, TRUE, FALSE, NULL);
  struct waiter waiters[WAITERS];

  start_waiters(waiters, go, NULL);
  assert_int_equal(SetEvent(go), TRUE);
  join_waiters(waiters);
  assert_int_equal(CloseHandle(go), TRUE);
  assert_int_equal(probe(go), WAIT_FAILED);
}

/* --- Time --- */

static long elapsed_ms(const struct timespec* since) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - since->tv_sec) * 1000 +
         (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void check_timeout(void) {
  WSAEVENT event = WSACreateEvent();
  struct timespec start;

  clock_gettime(CLOCK_MONOTONIC, &start);
  assert_int_equal(WaitForSingleObject(event, 30), WAIT_TIMEOUT);
  assert_true(elapsed_ms(&start) >= 30);
  clock_gettime(CLOCK_MONOTONIC, &start);
  Sleep(30);
  assert_true(elapsed_ms(&start) >= 30);
  assert_int_equal(SleepEx(0, FALSE), 0);
  assert_int_equal(WSACloseEvent(event), TRUE);
}

static void check_last_error(void) {
  SetLastError(4711);
  assert_int_equal(WSAGetLastError(), 4711);
  WSASetLastError(WSAEINTR);
  assert_int_equal(GetLastError(), WSAEINTR);
  assert_int_equal(GetCurrentProcessId(), (DWORD)getpid());
  assert_int_not_equal(GetCurrentThreadId(), 0);
  assert_int_equal(GetCurrentThreadId(), GetCurrentThreadId());
}

int main(void) {
  table_add_one("given WSACreateEvent, then it is manual", check_manual);
  table_add_one("given an automatic event, then one wait takes it",
                check_automatic);
  table_add_one("given a name, then ERROR_NOT_SUPPORTED", check_named);
  table_add_one("given 64 events, when any will do, then the lowest set one",
                check_any);
  table_add_one("given 64 events, when all are wanted, then not before",
                check_all);
  table_add_one(
      "given automatic events, when all are wanted, then all or none "
      "are taken",
      check_all_or_none);
  table_add_one("given a bad count, array or handle, then WSA_WAIT_FAILED",
                check_bad_waits);
  table_add_one("given a closed handle, then it is not its successor",
                check_stale);
  table_add_one("given garbage for a handle, then WSA_INVALID_HANDLE",
                check_garbage);
  table_add_one("given Winsock is not started, then only Win32's names work",
                check_not_started);
  table_add_one("given a manual event, when it is set, then all waits end",
                check_broadcast);
  table_add_one("given an automatic event, when it is set, then one wait ends",
                check_handover);
  table_add_one(
      "given two automatic events, when both are set, then one is "
      "taken",
      check_one_of_two);
  table_add_one("given a handle that is closed, then its waits have ended",
                check_close_while_waited);
  table_add_one("given a timeout, then it has passed", check_timeout);
  table_add_one("given one face's last error, then it is the other's, too",
                check_last_error);
  return call_run("winsock_event");
}
