/* Completion routines and alertable waits (semantics 7): on the thread that
 * issued the call, once, and only where it waits alertably. And calls that
 * block, which wait so themselves: WSACancelBlockingCall(), WSAEINPROGRESS.
 */
#include <portres/testing.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "winsock_call.h"

enum { LONG_MS = 60000 };

/* A RELEASE of a dead token that pends; it ends as it is settled. */
struct job {
  WSAOVERLAPPED overlapped; /* first: the routine gets it */
  SOCKET s;
  ULONG64 token;
  _Atomic int told_count;
  DWORD told_error;
  pthread_t told_thread;
  void (*then)(struct job* job);
};

static void CALLBACK tell(DWORD error,
                          DWORD bytes,
                          LPWSAOVERLAPPED overlapped,
                          DWORD flags) {
  struct job* job = (struct job*)overlapped;

  (void)bytes;
  (void)flags;
  job->told_error = error;
  job->told_thread = pthread_self();
  atomic_fetch_add(&job->told_count, 1);
  if (job->then != NULL) {
    job->then(job);
  }
}

static int start_job(struct job* job) {
  struct call call = {.s = job->s,
                      .code = SIO_RELEASE_PORT_RESERVATION,
                      .in = &job->token,
                      .in_len = sizeof job->token,
                      .overlapped = &job->overlapped,
                      .routine = tell};

  return call_make(&call);
}

/* One whose routine is queued. */
static void queue_job(struct job* job, SOCKET s, void (*then)(struct job*)) {
  memset(job, 0, sizeof *job);
  job->s = s;
  job->then = then;
  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 1, PORTRES_EPENDING), 0);
  assert_int_equal(start_job(job), WSA_IO_PENDING);
  assert_int_equal(portres_testing_settle(PORTRES_EINTR), 1);
}

/* --- Which waits are alertable --- */

static DWORD sleep_alertably(HANDLE event) {
  (void)event;
  return SleepEx(INFINITE, TRUE);
}

static DWORD wait_for_one(HANDLE event) {
  return WaitForSingleObjectEx(event, INFINITE, TRUE);
}

static DWORD wait_for_several(HANDLE event) {
  return WaitForMultipleObjectsEx(1, &event, TRUE, INFINITE, TRUE);
}

static DWORD wait_for_events(HANDLE event) {
  return WSAWaitForMultipleEvents(1, &event, FALSE, WSA_INFINITE, TRUE);
}

static DWORD only_look(HANDLE event) {
  return WSAWaitForMultipleEvents(1, &event, FALSE, 0, TRUE);
}

static DWORD sleep_soundly(HANDLE event) {
  (void)event;
  Sleep(0);
  return SleepEx(0, FALSE);
}

static DWORD wait_soundly(HANDLE event) {
  return WaitForSingleObject(event, 0);
}

static DWORD wait_soundly_for_events(HANDLE event) {
  return WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE);
}

static DWORD wait_for_set_event(HANDLE event) {
  SetEvent(event);
  return WaitForSingleObjectEx(event, INFINITE, TRUE);
}

/* Of a call that is over, with its event set. */
static DWORD ask_for_result(HANDLE event) {
  WSAOVERLAPPED overlapped = {.hEvent = event};
  SOCKET s = call_socket(IPPROTO_TCP);
  DWORD transfer;
  DWORD flags;

  SetEvent(event);
  assert_int_equal(
      WSAGetOverlappedResult(s, &overlapped, &transfer, TRUE, &flags), TRUE);
  call_close(s);
  return 0;
}

struct wait_row {
  const char* name;
  DWORD (*wait)(HANDLE event);
  DWORD result;
  int told_count;
};

static const struct wait_row wait_rows[] = {
    {"S7: given SleepEx alertable, then the routine runs", sleep_alertably,
     WAIT_IO_COMPLETION, 1},
    {"S7: given WaitForSingleObjectEx alertable, then the routine runs",
     wait_for_one, WAIT_IO_COMPLETION, 1},
    {"S7: given WaitForMultipleObjectsEx alertable, then the routine runs",
     wait_for_several, WAIT_IO_COMPLETION, 1},
    {"S7: given WSAWaitForMultipleEvents alertable, then the routine runs",
     wait_for_events, WSA_WAIT_IO_COMPLETION, 1},
    {"given a timeout of 0 alertable, then the routine runs", only_look,
     WSA_WAIT_IO_COMPLETION, 1},
    {"S7: given Sleep, then the routine does not run", sleep_soundly, 0, 0},
    {"S7: given WaitForSingleObject, then the routine does not run",
     wait_soundly, WAIT_TIMEOUT, 0},
    {"S7: given WSAWaitForMultipleEvents not alertable, then the routine does "
     "not run",
     wait_soundly_for_events, WSA_WAIT_TIMEOUT, 0},
    {"given an event that is set, then that ends the wait", wait_for_set_event,
     WAIT_OBJECT_0, 0},
    {"S7: given WSAGetOverlappedResult with fWait, then the routine does not "
     "run",
     ask_for_result, 0, 0},
};

static void check_wait(const void* data) {
  const struct wait_row* row = data;
  SOCKET s = call_socket(IPPROTO_TCP);
  HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
  struct job job;

  queue_job(&job, s, NULL);
  assert_int_equal(row->wait(event), row->result);
  assert_int_equal(job.told_count, row->told_count);
  assert_int_equal(SleepEx(0, TRUE),
                   row->told_count == 0 ? WAIT_IO_COMPLETION : 0);
  assert_int_equal(job.told_count, 1);
  assert_int_equal(job.told_error, WSAEINTR);
  assert_int_equal(CloseHandle(event), TRUE);
  call_close(s);
}

/* --- Several routines --- */

static void check_all_run(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct job jobs[16];

  for (int i = 0; i < 16; i++) {
    queue_job(&jobs[i], s, NULL);
  }
  assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
  for (int i = 0; i < 16; i++) {
    assert_int_equal(jobs[i].told_count, 1);
  }
  assert_int_equal(SleepEx(0, TRUE), 0);
  call_close(s);
}

static struct job inner;

static void wait_again(struct job* job) {
  queue_job(&inner, job->s, NULL);
  assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
  assert_int_equal(inner.told_count, 1);
}

static void check_nested(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct job job;

  queue_job(&job, s, wait_again);
  assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
  assert_int_equal(job.told_count, 1);
  assert_int_equal(SleepEx(0, TRUE), 0);
  call_close(s);
}

/* --- The issuing thread --- */

struct issuer {
  struct job job;
  HANDLE issued;
};

static void* issue_and_wait(void* arg) {
  struct issuer* issuer = arg;

  if (start_job(&issuer->job) == WSA_IO_PENDING) {
    SetEvent(issuer->issued);
    SleepEx(INFINITE, TRUE);
  }
  return NULL;
}

static void check_own_thread(void) {
  struct issuer issuer = {.job = {.s = call_socket(IPPROTO_TCP)},
                          .issued = CreateEvent(NULL, TRUE, FALSE, NULL)};
  pthread_t thread;

  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 1, PORTRES_EPENDING), 0);
  assert_int_equal(pthread_create(&thread, NULL, issue_and_wait, &issuer), 0);
  assert_int_equal(WaitForSingleObject(issuer.issued, LONG_MS), WAIT_OBJECT_0);
  assert_int_equal(portres_testing_settle(PORTRES_EINTR), 1);
  assert_int_equal(SleepEx(0, TRUE), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(issuer.job.told_count, 1);
  assert_true(pthread_equal(issuer.job.told_thread, thread));
  assert_int_equal(CloseHandle(issuer.issued), TRUE);
  call_close(issuer.job.s);
}

/* --- Many threads: each job is told once, by its own thread --- */

enum { THREADS = 4, JOBS = 200 };

static _Atomic int running;

static void* run_jobs(void* arg) {
  int* failures = arg;

  for (int i = 0; i < JOBS; i++) {
    struct job job = {.s = portres_ws_socket(AF_INET, SOCK_STREAM, 0)};
    int error = start_job(&job);

    if (i % 3 == 0) {
      closesocket(job.s);
    }
    while (error == WSA_IO_PENDING && atomic_load(&job.told_count) == 0) {
      SleepEx(LONG_MS, TRUE);
    }
    *failures += error != WSA_IO_PENDING || job.told_count != 1 ||
                 !pthread_equal(job.told_thread, pthread_self());
    if (i % 3 != 0) {
      closesocket(job.s);
    }
  }
  atomic_fetch_sub(&running, 1);
  return NULL;
}

static void check_many_threads(void) {
  pthread_t threads[THREADS];
  int failures[THREADS] = {0};

  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 0, PORTRES_EPENDING), 0);
  atomic_store(&running, THREADS);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, run_jobs, &failures[i]),
                     0);
  }
  for (int i = 0; atomic_load(&running) != 0; i++) {
    portres_testing_settle(i % 2 == 0 ? 0 : PORTRES_EABORTED);
    sched_yield();
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures[i], 0);
  }
  portres_testing_reset();
}

/* --- Calls that block --- */

struct blocked {
  SOCKET s;
  int error;
};

static void* block(void* arg) {
  struct blocked* blocked = arg;
  ULONG64 token = 0;
  struct call call = {.s = blocked->s,
                      .code = SIO_RELEASE_PORT_RESERVATION,
                      .in = &token,
                      .in_len = sizeof token};

  blocked->error = call_make(&call);
  return NULL;
}

static void start_blocked(struct blocked* blocked, pthread_t* thread) {
  blocked->s = call_socket(IPPROTO_TCP);
  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 1, PORTRES_EPENDING), 0);
  assert_int_equal(pthread_create(thread, NULL, block, blocked), 0);
}

static void check_cancel(void) {
  struct blocked blocked;
  pthread_t thread;

  assert_int_equal(WSACancelBlockingCall(), SOCKET_ERROR);
  assert_int_equal(WSAGetLastError(), WSAEINVAL);
  start_blocked(&blocked, &thread);
  while (WSACancelBlockingCall() != 0) {
    sched_yield();
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(blocked.error, WSAEINTR);
  call_close(blocked.s);
  portres_testing_reset();
}

static void check_settle_blocked(void) {
  struct blocked blocked;
  pthread_t thread;

  start_blocked(&blocked, &thread);
  while (portres_testing_settle(0) == 0) {
    sched_yield();
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(blocked.error, WSAEINVAL); /* token 0 */
  call_close(blocked.s);
}

/* Whether it blocks already cannot be seen without ending it: then it finds
 * its socket closed before it begins. */
static void check_close_blocked(void) {
  struct blocked blocked;
  pthread_t thread;

  start_blocked(&blocked, &thread);
  call_close(blocked.s);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(blocked.error == WSAEINTR || blocked.error == WSAENOTSOCK);
  portres_testing_reset();
}

/* At every moment of a call: none may be left that nobody ends. */
enum { CLOSES = 300 };

struct relay {
  HANDLE given;
  HANDLE done;
  _Atomic SOCKET s;
  int error;
};

static void* call_what_is_given(void* arg) {
  struct relay* relay = arg;

  for (int i = 0; i < CLOSES; i++) {
    struct blocked blocked = {0, 0};

    WaitForSingleObject(relay->given, LONG_MS);
    blocked.s = atomic_load(&relay->s);
    block(&blocked);
    relay->error = blocked.error;
    SetEvent(relay->done);
  }
  return NULL;
}

static void check_close_race(void) {
  struct relay relay = {.given = CreateEvent(NULL, FALSE, FALSE, NULL),
                        .done = CreateEvent(NULL, FALSE, FALSE, NULL)};
  pthread_t thread;

  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 0, PORTRES_EPENDING), 0);
  assert_int_equal(pthread_create(&thread, NULL, call_what_is_given, &relay),
                   0);
  for (int i = 0; i < CLOSES; i++) {
    atomic_store(&relay.s, call_socket(IPPROTO_TCP));
    assert_int_equal(SetEvent(relay.given), TRUE);
    for (volatile int spin = 0; spin < i * 200; spin++) {
    }
    call_close(atomic_load(&relay.s));
    assert_int_equal(WaitForSingleObject(relay.done, LONG_MS), WAIT_OBJECT_0);
    assert_true(relay.error == WSAEINTR || relay.error == WSAENOTSOCK);
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(CloseHandle(relay.given), TRUE);
  assert_int_equal(CloseHandle(relay.done), TRUE);
  portres_testing_reset();
}

/* --- While a call of the thread blocks --- */

static struct {
  BOOL is_blocking;
  int control_error;
  int cleanup_error;
} seen;

static void look_around(struct job* job) {
  DWORD bytes;

  seen.is_blocking = WSAIsBlocking();
  assert_int_equal(
      WSAIoctl(job->s, SIO_FLUSH, NULL, 0, NULL, 0, &bytes, NULL, NULL),
      SOCKET_ERROR);
  seen.control_error = WSAGetLastError();
  assert_int_equal(WSACleanup(), SOCKET_ERROR);
  seen.cleanup_error = WSAGetLastError();
  assert_int_equal(WSACancelBlockingCall(), 0);
}

static void check_in_progress(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct job job;

  assert_int_equal(WSAIsBlocking(), FALSE);
  queue_job(&job, s, look_around);
  assert_int_equal(
      portres_testing_pend(PORTRES_TESTING_RELEASE, 1, 1, PORTRES_EPENDING), 0);
  assert_int_equal(call_release(CALL_WSA, s, 0), WSAEINTR);
  assert_int_equal(job.told_count, 1);
  assert_int_equal(seen.is_blocking, TRUE);
  assert_int_equal(seen.control_error, WSAEINPROGRESS);
  assert_int_equal(seen.cleanup_error, WSAEINPROGRESS);
  assert_int_equal(WSAIsBlocking(), FALSE);
  call_close(s);
}

int main(void) {
  TABLE_ADD(wait_rows, check_wait);
  table_add_one("given several routines, then one wait runs them all",
                check_all_run);
  table_add_one("given a routine that waits, then others run meanwhile",
                check_nested);
  table_add_one(
      "S7: given another thread settles, then the issuing one is told",
      check_own_thread);
  table_add_one(
      "given many threads, then each call is told once, and to its "
      "own",
      check_many_threads);
  table_add_one("given a call that blocks, when it is cancelled, then WSAEINTR",
                check_cancel);
  table_add_one(
      "given a call that blocks, when it is settled, then it is "
      "carried out",
      check_settle_blocked);
  table_add_one(
      "given a call that blocks, when its socket closes, then it "
      "ends",
      check_close_blocked);
  table_add_one("given calls that begin as their sockets close, then all end",
                check_close_race);
  table_add_one(
      "given a call that blocks, when its thread calls again, then "
      "WSAEINPROGRESS",
      check_in_progress);
  return call_run("winsock_apc");
}
