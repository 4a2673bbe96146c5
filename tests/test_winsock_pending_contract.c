/* Control calls that testing.h has pend. On Windows reservations complete at
 * once, but the pages promise no such thing: a program must cope with
 * WSA_IO_PENDING, and its code for that must run somewhere. What is stressed:
 * each end (settled, closed, flushed, its thread gone, Winsock gone) against
 * each way to learn of it, and that exactly one of them happens.
 */
#include <portres/testing.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winsock_call.h"

enum { NT_PENDING = 0x103, LONG_MS = 60000 };

enum channel { POLLING, EVENT, ROUTINE };

struct pending {
  enum channel channel;
  SOCKET s;
  WSAEVENT event;
  WSAOVERLAPPED overlapped;
  INET_PORT_RANGE range;
  INET_PORT_RESERVATION_INSTANCE out;
  int told_count;
  DWORD told_error;
  DWORD told_bytes;
};

static void CALLBACK tell(DWORD error,
                          DWORD bytes,
                          LPWSAOVERLAPPED overlapped,
                          DWORD flags) {
  struct pending* pending = (struct pending*)overlapped->Pointer;

  assert_int_equal(flags, 0);
  assert_ptr_equal(overlapped, &pending->overlapped);
  pending->told_count++;
  pending->told_error = error;
  pending->told_bytes = bytes;
}

/* An ACQUIRE of `count` ports anywhere that pends. The event is set before,
 * and reset by the call. */
static int issue(struct pending* pending,
                 enum call_face face,
                 enum channel channel,
                 USHORT count) {
  struct call call = {.face = face,
                      .code = SIO_ACQUIRE_PORT_RESERVATION,
                      .in = &pending->range,
                      .in_len = sizeof pending->range,
                      .out = &pending->out,
                      .out_len = sizeof pending->out,
                      .overlapped = &pending->overlapped,
                      .routine = channel == ROUTINE ? tell : NULL};
  int error;

  memset(pending, 0, sizeof *pending);
  pending->channel = channel;
  pending->s = call_socket(IPPROTO_TCP);
  pending->event = CreateEvent(NULL, TRUE, TRUE, NULL);
  pending->overlapped.hEvent = channel == EVENT ? pending->event : NULL;
  pending->overlapped.Pointer = pending;
  pending->range.NumberOfPorts = count;
  call.s = pending->s;
  error = call_make(&call);
  assert_int_equal(call.returned, error != 0           ? CALL_UNTOUCHED
                                  : channel == ROUTINE ? 0
                                                       : 16);
  pending->range.NumberOfPorts = 0; /* Windows has its copy */
  return error;
}

static void expect_incomplete(struct pending* pending) {
  DWORD transfer = CALL_UNTOUCHED;
  DWORD flags;

  assert_int_equal(WSAGetOverlappedResult(pending->s, &pending->overlapped,
                                          &transfer, FALSE, &flags),
                   FALSE);
  assert_int_equal(WSAGetLastError(), WSA_IO_INCOMPLETE);
  assert_int_equal(transfer, CALL_UNTOUCHED);
  assert_int_equal(WaitForSingleObjectEx(pending->event, 0, TRUE),
                   pending->channel == EVENT ? WAIT_TIMEOUT : WAIT_OBJECT_0);
  assert_int_equal(SleepEx(0, TRUE), 0);
  assert_int_equal(pending->told_count, 0);
}

/* Any socket will do; that of the call may be closed. */
static void expect_result(struct pending* pending, int error) {
  SOCKET any = call_socket(IPPROTO_UDP);
  DWORD transfer = CALL_UNTOUCHED;
  DWORD flags;
  BOOL is_done = WSAGetOverlappedResult(any, &pending->overlapped, &transfer,
                                        FALSE, &flags);

  assert_int_equal(is_done, error == 0);
  assert_int_equal(transfer, error == 0 ? 16 : CALL_UNTOUCHED);
  if (error != 0) {
    assert_int_equal(WSAGetLastError(), error);
  }
  call_close(any);
}

/* It ended with `error`, and the channel has told it, once. */
static void expect_end(struct pending* pending, int error) {
  if (pending->channel == EVENT) {
    assert_int_equal(WaitForSingleObject(pending->event, LONG_MS),
                     WAIT_OBJECT_0);
  } else if (pending->channel == ROUTINE) {
    assert_int_equal(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(pending->told_count, 1);
    assert_int_equal(pending->told_error, error);
    assert_int_equal(pending->told_bytes, error == 0 ? 16 : 0);
  }
  expect_result(pending, error);
  assert_int_equal(SleepEx(0, TRUE), 0);
  assert_int_equal(pending->told_count, pending->channel == ROUTINE);
  assert_int_equal(pending->out.NumberOfPorts, error == 0 ? 3 : 0);
}

static void finish(struct pending* pending) {
  assert_int_equal(CloseHandle(pending->event), TRUE);
  portres_testing_reset();
}

static void close_and_finish(struct pending* pending) {
  call_close(pending->s);
  finish(pending);
}

static void pend_next(int settle) {
  assert_int_equal(portres_testing_pend(PORTRES_TESTING_ACQUIRE, 1, 1, settle),
                   0);
}

/* --- Each end --- */

struct end_row {
  const char* name;
  void (*end)(struct pending* pending);
  int error;
  bool is_closed; /* by `end` */
};

static void settle_well(struct pending* pending) {
  (void)pending;
  assert_int_equal(portres_testing_settle(0), 1);
}

static void settle_badly(struct pending* pending) {
  (void)pending;
  assert_int_equal(portres_testing_settle(PORTRES_EADDRINUSE), 1);
}

static void settle_without_network(struct pending* pending) {
  (void)pending;
  assert_int_equal(portres_testing_set_network_down(1), 0);
  assert_int_equal(portres_testing_settle(0), 1);
}

static void reset(struct pending* pending) {
  (void)pending;
  portres_testing_reset();
}

static void close_socket(struct pending* pending) {
  call_close(pending->s);
  assert_int_equal(portres_testing_settle(0), 0);
}

static void flush(struct pending* pending) {
  struct call call = {.s = pending->s, .code = SIO_FLUSH};

  assert_int_equal(call_make(&call), 0);
}

static const struct end_row end_rows[] = {
    {"given it is settled with 0, then it is carried out", settle_well, 0,
     false},
    {"given it is settled with a status, then it ends with that", settle_badly,
     WSAEADDRINUSE, false},
    {"given it is settled while the network is down, then WSAENETDOWN",
     settle_without_network, WSAENETDOWN, false},
    {"given the controls are reset, then WSA_OPERATION_ABORTED", reset,
     WSA_OPERATION_ABORTED, false},
    {"S7: given its socket closes, then WSA_OPERATION_ABORTED", close_socket,
     WSA_OPERATION_ABORTED, true},
    {"given SIO_FLUSH, then WSA_OPERATION_ABORTED", flush,
     WSA_OPERATION_ABORTED, false},
};

static void check_end_by(const struct end_row* row,
                         enum call_face face,
                         enum channel channel) {
  struct pending pending;

  pend_next(PORTRES_EPENDING);
  assert_int_equal(issue(&pending, face, channel, 3), WSA_IO_PENDING);
  expect_incomplete(&pending);
  row->end(&pending);
  expect_end(&pending, row->error);
  if (row->is_closed) {
    finish(&pending);
  } else {
    close_and_finish(&pending);
  }
}

static void check_end(const void* row) {
  for (int face = CALL_WSA; face <= CALL_SPI; face++) {
    check_end_by(row, (enum call_face)face, POLLING);
    check_end_by(row, (enum call_face)face, EVENT);
    check_end_by(row, (enum call_face)face, ROUTINE);
  }
}

/* --- Ends of threads and of Winsock --- */

struct issuer {
  struct pending pending;
  enum channel channel;
};

static void* issue_and_end(void* arg) {
  struct issuer* issuer = arg;

  pend_next(PORTRES_EPENDING);
  assert_int_equal(issue(&issuer->pending, CALL_WSA, issuer->channel, 3),
                   WSA_IO_PENDING);
  return NULL;
}

static void check_thread_end(void) {
  for (int channel = POLLING; channel <= ROUTINE; channel++) {
    struct issuer issuer = {.channel = (enum channel)channel};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, issue_and_end, &issuer), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(portres_testing_settle(0), 0);
    if (channel == EVENT) {
      assert_int_equal(WaitForSingleObject(issuer.pending.event, 0),
                       WAIT_OBJECT_0);
    }
    expect_result(&issuer.pending, WSA_OPERATION_ABORTED);
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_int_equal(issuer.pending.told_count, 0);
    close_and_finish(&issuer.pending);
  }
}

/* As Windows' page of WSACleanup() says: nobody is told. */
static void check_cleanup(void) {
  for (int channel = POLLING; channel <= ROUTINE; channel++) {
    struct pending pending;

    pend_next(PORTRES_EPENDING);
    assert_int_equal(issue(&pending, CALL_WSA, (enum channel)channel, 3),
                     WSA_IO_PENDING);
    call_stop();
    assert_int_equal(portres_testing_settle(0), 0);
    call_start();
    assert_int_equal(WaitForSingleObject(pending.event, 0),
                     channel == EVENT ? WAIT_TIMEOUT : WAIT_OBJECT_0);
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_int_equal(pending.told_count, 0);
    expect_result(&pending, WSA_OPERATION_ABORTED);
    finish(&pending);
  }
}

/* --- Waits --- */

static void check_before_wait(void) {
  struct pending pending;

  pend_next(PORTRES_EINTR);
  assert_int_equal(issue(&pending, CALL_WSA, EVENT, 3), WSA_IO_PENDING);
  assert_int_equal(pending.overlapped.Internal, NT_PENDING);
  assert_int_equal(
      WSAWaitForMultipleEvents(1, &pending.event, TRUE, WSA_INFINITE, FALSE),
      WSA_WAIT_EVENT_0);
  expect_result(&pending, WSAEINTR);
  close_and_finish(&pending);
}

static void* settle_later(void* arg) {
  (void)arg;
  while (portres_testing_settle(0) == 0) {
    sched_yield();
  }
  return NULL;
}

static void check_wait_for_result(void) {
  for (int channel = POLLING; channel <= EVENT; channel++) {
    struct pending pending;
    pthread_t thread;
    DWORD transfer;
    DWORD flags;

    pend_next(PORTRES_EPENDING);
    assert_int_equal(issue(&pending, CALL_WSA, (enum channel)channel, 3),
                     WSA_IO_PENDING);
    assert_int_equal(pthread_create(&thread, NULL, settle_later, NULL), 0);
    assert_int_equal(WSAGetOverlappedResult(pending.s, &pending.overlapped,
                                            &transfer, TRUE, &flags),
                     TRUE);
    assert_int_equal(transfer, 16);
    assert_int_equal(pending.out.NumberOfPorts, 3);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close_and_finish(&pending);
  }
}

static void expect_fault(SOCKET s,
                         LPWSAOVERLAPPED overlapped,
                         LPDWORD transfer,
                         LPDWORD flags) {
  assert_int_equal(
      WSAGetOverlappedResult(s, overlapped, transfer, FALSE, flags), FALSE);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
}

static void check_result_input(void) {
  WSAOVERLAPPED overlapped = {.InternalHigh = 7};
  SOCKET s = call_socket(IPPROTO_TCP);
  DWORD transfer;
  DWORD flags;

  expect_fault(s, NULL, &transfer, &flags);
  expect_fault(s, call_unmapped(), &transfer, &flags);
  expect_fault(s, &overlapped, NULL, &flags);
  expect_fault(s, &overlapped, call_read_only(), &flags);
  expect_fault(s, &overlapped, &transfer, NULL);
  expect_fault(s, &overlapped, &transfer, call_of_the_kernel());
  assert_int_equal(
      WSAGetOverlappedResult(s, &overlapped, &transfer, TRUE, &flags), TRUE);
  assert_int_equal(transfer, 7);
  call_close(s);
  assert_int_equal(
      WSAGetOverlappedResult(s, &overlapped, &transfer, TRUE, &flags), FALSE);
  assert_int_equal(WSAGetLastError(), WSAENOTSOCK);
  call_stop();
  assert_int_equal(
      WSAGetOverlappedResult(s, &overlapped, &transfer, TRUE, &flags), FALSE);
  assert_int_equal(WSAGetLastError(), WSANOTINITIALISED);
  call_start();
}

/* --- Memory that goes while the call pends --- */

struct lost {
  WSAOVERLAPPED overlapped;
  INET_PORT_RESERVATION_INSTANCE out;
};

static struct lost* map_lost(void) {
  struct lost* lost = mmap(NULL, sizeof *lost, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  assert_true(lost != MAP_FAILED);
  return lost;
}

static int issue_lost(SOCKET s,
                      LPWSAOVERLAPPED overlapped,
                      INET_PORT_RESERVATION_INSTANCE* out) {
  INET_PORT_RANGE range = {.NumberOfPorts = 3};
  struct call call = {.s = s,
                      .code = SIO_ACQUIRE_PORT_RESERVATION,
                      .in = &range,
                      .in_len = sizeof range,
                      .out = out,
                      .out_len = sizeof *out,
                      .overlapped = overlapped};

  pend_next(PORTRES_EPENDING);
  return call_make(&call);
}

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static int count_reservations(void) {
  int count = 0;

  assert_int_equal(portres_list(count_one, &count), 0);
  return count;
}

/* A block whose token nobody got would be lost. */
static void check_lost_output(void) {
  struct pending pending = {.s = call_socket(IPPROTO_TCP)};
  struct lost* lost = map_lost();

  assert_int_equal(issue_lost(pending.s, &pending.overlapped, &lost->out),
                   WSA_IO_PENDING);
  assert_int_equal(munmap(lost, sizeof *lost), 0);
  assert_int_equal(portres_testing_settle(0), 1);
  expect_result(&pending, WSAEFAULT);
  assert_int_equal(count_reservations(), 0);
  call_close(pending.s);
}

static void check_lost_overlapped(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct lost* lost = map_lost();
  struct pending pending = {.s = s};

  assert_int_equal(issue_lost(s, &lost->overlapped, &pending.out),
                   WSA_IO_PENDING);
  assert_int_equal(munmap(lost, sizeof *lost), 0);
  assert_int_equal(portres_testing_settle(PORTRES_EINVAL), 1);
  call_close(s);
}

/* --- Fork --- */

static int look_in_child(const struct pending* pending) {
  DWORD transfer;
  DWORD flags;
  WSAOVERLAPPED copy = pending->overlapped;

  if (portres_testing_settle(0) != 0 || SleepEx(0, TRUE) != 0) {
    return 1;
  }
  if (WSAGetOverlappedResult(pending->s, &copy, &transfer, TRUE, &flags) ||
      WSAGetLastError() != WSA_IO_INCOMPLETE) {
    return 2;
  }
  return SetEvent(pending->event) ? 0 : 3;
}

static void check_fork(void) {
  struct pending pending;
  pid_t child;
  int status;

  pend_next(PORTRES_EPENDING);
  assert_int_equal(issue(&pending, CALL_WSA, ROUTINE, 3), WSA_IO_PENDING);
  child = fork();
  if (child == 0) {
    _exit(look_in_child(&pending));
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(portres_testing_settle(0), 1);
  expect_end(&pending, 0);
  close_and_finish(&pending);
}

static int sleep_in_child(void) {
  return SleepEx(0, TRUE) == 0 ? 0 : 1;
}

/* It is told once in all, and not once in each process. */
static void check_fork_with_routine(void) {
  struct pending pending;
  pid_t child;
  int status;

  assert_int_equal(issue(&pending, CALL_WSA, ROUTINE, 3), 0);
  child = fork();
  if (child == 0) {
    _exit(sleep_in_child());
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  expect_end(&pending, 0);
  close_and_finish(&pending);
}

/* --- NTSTATUS --- */

struct nt_row {
  const char* name;
  ULONG ntstatus;
  int error;
  int settled; /* a status of portres.h that is written as it; 0: none */
};

static const struct nt_row nt_rows[] = {
    {"S0.1: SHARING_VIOLATION is WSAEADDRINUSE", 0xC0000043u, WSAEADDRINUSE,
     PORTRES_EADDRINUSE},
    {"S0.1: ADDRESS_ALREADY_EXISTS is WSAEADDRINUSE", 0xC000020Au,
     WSAEADDRINUSE, 0},
    {"S0.1: ACCESS_DENIED is WSAEACCES", 0xC0000022u, WSAEACCES,
     PORTRES_EACCES},
    {"S0.1, S4.4: TOO_MANY_ADDRESSES is WSAENOBUFS", 0xC0000209u, WSAENOBUFS,
     PORTRES_ENOBUFS},
    {"S0.1: INSUFFICIENT_RESOURCES is WSAENOBUFS", 0xC000009Au, WSAENOBUFS, 0},
    {"S0.1: NO_MEMORY is WSAENOBUFS", 0xC0000017u, WSAENOBUFS, 0},
    {"S0.1: CONFLICTING_ADDRESSES is WSAENOBUFS", 0xC0000018u, WSAENOBUFS, 0},
    {"S0.1: BUFFER_TOO_SMALL is WSAEFAULT", 0xC0000023u, WSAEFAULT, 0},
    {"S0.1: ACCESS_VIOLATION is WSAEFAULT", 0xC0000005u, WSAEFAULT,
     PORTRES_EFAULT},
    {"S0.1: NOT_SUPPORTED is WSAEOPNOTSUPP", 0xC00000BBu, WSAEOPNOTSUPP,
     PORTRES_EOPNOTSUPP},
    {"S0.1: NOT_IMPLEMENTED is WSAEOPNOTSUPP", 0xC0000002u, WSAEOPNOTSUPP, 0},
    {"S0.1: CANCELLED is WSA_OPERATION_ABORTED", 0xC0000120u,
     WSA_OPERATION_ABORTED, PORTRES_EABORTED},
    {"S0.1: REQUEST_ABORTED is WSAEINTR", 0xC0000240u, WSAEINTR, PORTRES_EINTR},
    {"S0.1: INVALID_ADDRESS is WSAEADDRNOTAVAIL", 0xC0000141u, WSAEADDRNOTAVAIL,
     0},
    {"S0.1: INVALID_ADDRESS_COMPONENT is WSAEADDRNOTAVAIL", 0xC0000207u,
     WSAEADDRNOTAVAIL, 0},
    {"S0.1: INVALID_PARAMETER is WSAEINVAL", 0xC000000Du, WSAEINVAL,
     PORTRES_EINVAL},
    {"S0.1: any other failure is WSAEINVAL", 0xC0000225u, WSAEINVAL, 0},
    {"given UNEXPECTED_NETWORK_ERROR, then WSAENETDOWN", 0xC00000C4u,
     WSAENETDOWN, PORTRES_ENETDOWN},
    {"given INVALID_HANDLE, then WSAENOTSOCK", 0xC0000008u, WSAENOTSOCK,
     PORTRES_ENOTSOCK},
    {"given an error without an NTSTATUS, then it comes back", 0xC0072734u,
     WSAEINPROGRESS, PORTRES_EINPROGRESS},
    {"given PENDING, then WSA_IO_INCOMPLETE", NT_PENDING, WSA_IO_INCOMPLETE, 0},
    {"given a success that is not 0, then it is one", 0x40000000u, 0, 0},
};

static void check_ntstatus(const void* data) {
  const struct nt_row* row = data;
  struct pending pending = {
      .overlapped = {.Internal = row->ntstatus, .InternalHigh = 16}};

  expect_result(&pending, row->error);
  if (row->settled != 0) {
    pend_next(row->settled);
    assert_int_equal(issue(&pending, CALL_WSA, EVENT, 3), WSA_IO_PENDING);
    assert_int_equal(WaitForSingleObject(pending.event, LONG_MS),
                     WAIT_OBJECT_0);
    assert_int_equal(pending.overlapped.Internal, row->ntstatus);
    close_and_finish(&pending);
  }
}

int main(void) {
  TABLE_ADD(end_rows, check_end);
  TABLE_ADD(nt_rows, check_ntstatus);
  table_add_one(
      "S7: given the thread of a call ends, then "
      "WSA_OPERATION_ABORTED",
      check_thread_end);
  table_add_one(
      "given WSACleanup, then WSA_OPERATION_ABORTED, and nobody is "
      "told",
      check_cleanup);
  table_add_one(
      "given a status of its own, then it ends when the program "
      "waits",
      check_before_wait);
  table_add_one("S7: given fWait, then WSAGetOverlappedResult waits",
                check_wait_for_result);
  table_add_one("S7: given bad input, then WSAGetOverlappedResult says which",
                check_result_input);
  table_add_one("given output that went, then WSAEFAULT, and nothing is lost",
                check_lost_output);
  table_add_one("given an OVERLAPPED that went, then nothing is written",
                check_lost_overlapped);
  table_add_one("given a fork, then the child has no operations", check_fork);
  table_add_one("given a fork, then a routine that waits runs here only",
                check_fork_with_routine);
  return call_run("winsock_pending");
}
