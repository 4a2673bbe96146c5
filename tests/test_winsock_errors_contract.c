/* The error table of a port-reserving program: every row of it, through
 * WSAIoctl() and, by lpErrno, through WSPIoctl(). None of them can be brought
 * about at will on a machine that is in order, so each is reached twice by the
 * controls of testing.h: by its functions, and by PORTRES_TESTING in a child
 * that calls none of them, as a program that nobody changed would.
 */
#include <errno.h>
#include <portres/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winsock_call.h"

enum way {
  PLAIN,       /* a synchronous call */
  ASYNC,       /* what the overlapped call returns */
  AWAITED,     /* what its end is, once it is waited for */
  NOT_STARTED, /* a program that has forgotten WSAStartup() */
};

struct error_row {
  const char* name;
  int error;
  enum way way;
  void (*control)(void);
  const char* environment;
};

/* --- By functions --- */

static void fail_acquire(int status) {
  assert_int_equal(portres_testing_fail(PORTRES_TESTING_ACQUIRE, 1, 1, status),
                   0);
}

static void pend_acquire(int settle) {
  assert_int_equal(portres_testing_pend(PORTRES_TESTING_ACQUIRE, 1, 1, settle),
                   0);
}

static void want_pending(void) {
  pend_acquire(PORTRES_EPENDING);
}

static void want_aborted(void) {
  pend_acquire(PORTRES_EABORTED);
}

static void want_interrupted(void) {
  pend_acquire(PORTRES_EINTR);
}

static void want_network_down(void) {
  assert_int_equal(portres_testing_set_network_down(1), 0);
}

static void want_eacces(void) {
  fail_acquire(PORTRES_EACCES);
}

static void want_efault(void) {
  fail_acquire(PORTRES_EFAULT);
}

static void want_einprogress(void) {
  fail_acquire(PORTRES_EINPROGRESS);
}

static void want_einval(void) {
  fail_acquire(PORTRES_EINVAL);
}

static void want_enotsock(void) {
  fail_acquire(PORTRES_ENOTSOCK);
}

static void want_eopnotsupp(void) {
  fail_acquire(PORTRES_EOPNOTSUPP);
}

static void want_eaddrinuse(void) {
  fail_acquire(PORTRES_EADDRINUSE);
}

static void want_enobufs(void) {
  fail_acquire(PORTRES_ENOBUFS);
}

static void want_nothing(void) {
}

static const struct error_row error_rows[] = {
    {"given nothing, then no error", 0, PLAIN, want_nothing, ""},
    {"WSA_IO_PENDING", WSA_IO_PENDING, ASYNC, want_pending,
     "pend=acquire:1:later"},
    {"WSA_OPERATION_ABORTED, overlapped", WSA_OPERATION_ABORTED, AWAITED,
     want_aborted, "pend=acquire:1:WSA_OPERATION_ABORTED"},
    {"WSA_OPERATION_ABORTED, synchronous", WSA_OPERATION_ABORTED, PLAIN,
     want_aborted, "pend=acquire:1:EABORTED"},
    {"WSAEINTR, overlapped", WSAEINTR, AWAITED, want_interrupted,
     "pend=acquire:1:WSAEINTR"},
    {"WSAEINTR, synchronous", WSAEINTR, PLAIN, want_interrupted,
     "pend=acquire:1:EINTR"},
    {"WSAEACCES", WSAEACCES, PLAIN, want_eacces, "fail=acquire:1:WSAEACCES"},
    {"WSAEFAULT", WSAEFAULT, PLAIN, want_efault, "fail=acquire:1:WSAEFAULT"},
    {"WSAEINPROGRESS", WSAEINPROGRESS, PLAIN, want_einprogress,
     "fail=acquire:1:WSAEINPROGRESS"},
    {"WSAEINVAL", WSAEINVAL, PLAIN, want_einval, "fail=acquire:1:WSAEINVAL"},
    {"WSAENETDOWN", WSAENETDOWN, PLAIN, want_network_down, "network=down"},
    {"WSAENETDOWN, overlapped", WSAENETDOWN, ASYNC, want_network_down,
     "network=down"},
    {"WSAENOTSOCK", WSAENOTSOCK, PLAIN, want_enotsock,
     "fail=acquire:1:WSAENOTSOCK"},
    {"WSAEOPNOTSUPP", WSAEOPNOTSUPP, PLAIN, want_eopnotsupp,
     "fail=acquire:1:WSAEOPNOTSUPP"},
    {"WSAEADDRINUSE", WSAEADDRINUSE, PLAIN, want_eaddrinuse,
     "fail=acquire:1:WSAEADDRINUSE"},
    {"WSAEADDRINUSE, overlapped", WSAEADDRINUSE, ASYNC, want_eaddrinuse,
     "fail=acquire:1:10048"},
    {"WSAENOBUFS", WSAENOBUFS, PLAIN, want_enobufs,
     "fail=acquire:1:WSAENOBUFS"},
    {"WSANOTINITIALISED", WSANOTINITIALISED, NOT_STARTED, want_nothing, ""},
};

/* --- The program under test --- */

static int end_of(SOCKET s, LPWSAOVERLAPPED overlapped) {
  DWORD bytes;
  DWORD flags;

  return WSAGetOverlappedResult(s, overlapped, &bytes, TRUE, &flags)
             ? 0
             : WSAGetLastError();
}

/* WSPIoctl() tells by lpErrno, and the end by the same OVERLAPPED. */
static int acquire(enum call_face face, enum way way) {
  INET_PORT_RANGE range = {.NumberOfPorts = 4};
  INET_PORT_RESERVATION_INSTANCE out;
  WSAOVERLAPPED overlapped = {.hEvent = NULL};
  SOCKET s = way == NOT_STARTED ? 0 : call_socket(IPPROTO_TCP);
  struct call call = {.face = face,
                      .s = s,
                      .code = SIO_ACQUIRE_PORT_RESERVATION,
                      .in = &range,
                      .in_len = sizeof range,
                      .out = &out,
                      .out_len = sizeof out};
  int error;

  if (way == ASYNC || way == AWAITED) {
    call.overlapped = &overlapped;
  }
  error = call_make(&call);
  if (way == AWAITED) {
    assert_int_equal(error, WSA_IO_PENDING);
    error = end_of(s, &overlapped);
  }
  if (way != NOT_STARTED) {
    call_close(s);
  }
  return error;
}

static int stop_and_acquire(enum call_face face, enum way way) {
  int error;

  if (way != NOT_STARTED) {
    return acquire(face, way);
  }
  call_stop();
  error = acquire(face, way);
  call_start();
  return error;
}

static void check_functions(const void* data) {
  const struct error_row* row = data;

  for (int face = CALL_WSA; face <= CALL_SPI; face++) {
    row->control();
    assert_int_equal(stop_and_acquire((enum call_face)face, row->way),
                     row->error);
    portres_testing_reset();
    assert_int_equal(acquire((enum call_face)face, PLAIN), 0);
  }
}

/* --- By the environment --- */

static int run_child(const char* face, const char* way) {
  int is_started = atoi(way) != NOT_STARTED;

  if (is_started) {
    call_start();
  }
  printf("%d\n", acquire((enum call_face)atoi(face), (enum way)atoi(way)));
  return 0;
}

static void execute(const struct error_row* row, int face, int out) {
  char face_text[16];
  char way_text[16];

  snprintf(face_text, sizeof face_text, "%d", face);
  snprintf(way_text, sizeof way_text, "%d", (int)row->way);
  setenv("PORTRES_TESTING", row->environment, 1);
  dup2(out, STDOUT_FILENO);
  execl("/proc/self/exe", "winsock_errors", face_text, way_text, (char*)NULL);
  _exit(127);
}

static int error_in_child(const struct error_row* row, int face) {
  char text[32] = "";
  int ends[2];
  int status;
  pid_t child;

  assert_int_equal(pipe(ends), 0);
  child = fork();
  if (child == 0) {
    execute(row, face, ends[1]);
  }
  close(ends[1]);
  assert_true(read(ends[0], text, sizeof text - 1) > 0);
  close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  return atoi(text);
}

static void check_environment(const void* data) {
  const struct error_row* row = data;

  for (int face = CALL_WSA; face <= CALL_SPI; face++) {
    assert_int_equal(error_in_child(row, face), row->error);
  }
}

/* --- The other two codes, and the calls before the one that fails --- */

struct count_row {
  const char* name;
  enum portres_testing_call call;
  int (*make)(enum call_face face, SOCKET s, ULONG64 token);
};

static const struct count_row count_rows[] = {
    {"given the second ASSOCIATE is to fail, then that one does",
     PORTRES_TESTING_ASSOCIATE, call_associate},
    {"given the second RELEASE is to fail, then that one does",
     PORTRES_TESTING_RELEASE, call_release},
};

static void check_count(const void* data) {
  const struct count_row* row = data;
  SOCKET s = call_socket(IPPROTO_UDP);
  INET_PORT_RESERVATION_INSTANCE blocks[2];

  assert_int_equal(call_acquire(CALL_WSA, s, 0, 1, &blocks[0]), 0);
  assert_int_equal(call_acquire(CALL_WSA, s, 0, 1, &blocks[1]), 0);
  assert_int_equal(portres_testing_fail(row->call, 2, 1, PORTRES_ENOBUFS), 0);
  assert_int_equal(row->make(CALL_WSA, s, blocks[0].Token), 0);
  assert_int_equal(row->make(CALL_SPI, s, blocks[1].Token), WSAENOBUFS);
  assert_int_equal(row->make(CALL_SPI, s, blocks[1].Token), 0);
  call_close(s);
  portres_testing_reset();
}

/* Bad arguments never come to the portable API, and do not count. */
static void check_uncounted(void) {
  SOCKET s = call_socket(IPPROTO_UDP);
  INET_PORT_RESERVATION_INSTANCE block;
  struct call call = {.s = s, .code = SIO_ACQUIRE_PORT_RESERVATION};

  fail_acquire(PORTRES_ENOBUFS);
  assert_int_equal(call_make(&call), WSAEFAULT);
  assert_int_equal(call_acquire(CALL_WSA, s, 0, 1, &block), WSAENOBUFS);
  call_close(s);
  portres_testing_reset();
}

static int first_associate(const char* face) {
  INET_PORT_RESERVATION_INSTANCE block;
  SOCKET s;

  call_start();
  s = call_socket(IPPROTO_TCP);
  call_acquire((enum call_face)atoi(face), s, 0, 1, &block);
  printf("%d\n", call_associate((enum call_face)atoi(face), s, block.Token));
  return 0;
}

/* WSAStartup() looks around itself, which must not be counted either. */
static void check_first_associate(void) {
  struct error_row row = {.environment = "fail=associate:1:WSAEACCES",
                          .way = NOT_STARTED + 1};

  assert_int_equal(error_in_child(&row, CALL_WSA), WSAEACCES);
  assert_int_equal(error_in_child(&row, CALL_SPI), WSAEACCES);
}

int main(int argc, char** argv) {
  if (argc == 3) {
    return atoi(argv[2]) > NOT_STARTED ? first_associate(argv[1])
                                       : run_child(argv[1], argv[2]);
  }
  TABLE_ADD(error_rows, check_functions);
  TABLE_ADD(error_rows, check_environment);
  TABLE_ADD(count_rows, check_count);
  table_add_one("given bad arguments, then a call is not counted",
                check_uncounted);
  table_add_one(
      "given the first ASSOCIATE of a program is to fail, then that "
      "one does",
      check_first_associate);
  return call_run("winsock_errors");
}
