/* The three control codes: what is given to Windows, what its answers become,
 * and what we make of options it does not know. */
#include <errno.h>
#include <string.h>

#include "support.h"

/* What Windows is given */

static void check_acquire_bytes(void) {
  struct portres_reservation out = support_acquire(support_socket(TCP), 0, 20);
  static const unsigned char want[] = {0, 0, 20, 0, 0, 0, 0, 0};
  assert_int_equal(fake.last_code, 0x98000064);
  assert_memory_equal(fake.last_in, want, sizeof want);
  assert_int_equal(out.range.start, 49152);
  assert_int_equal(out.range.count, 20);
  assert_true(out.token == 0x8877665544332211);
}

static void check_acquire_order_of_bytes(void) {
  static const unsigned char want[] = {0x13, 0x88, 0x02, 0x01, 0, 0, 0, 0};
  struct portres_reservation out =
      support_acquire(support_socket(UDP), 0x1388, 0x0102);
  assert_memory_equal(fake.last_in, want, sizeof want);
  assert_int_equal(out.range.start, 0x1388);
  assert_int_equal(out.range.count, 0x0102);
}

static void check_token_bytes(void) {
  static const unsigned char want[] = {0x11, 0x22, 0x33, 0x44,
                                       0x55, 0x66, 0x77, 0x88};
  SOCKET s = support_socket(TCP);
  struct portres_reservation block = support_acquire(s, 0, 2);
  assert_int_equal(portres_associate(s, block.token), 0);
  assert_int_equal(fake.last_code, 0x98000066);
  assert_memory_equal(fake.last_in, want, sizeof want);
  assert_int_equal(portres_release(s, block.token), 0);
  assert_int_equal(fake.last_code, 0x98000065);
  assert_memory_equal(fake.last_in, want, sizeof want);
  assert_int_equal(portres_release(s, block.token), PORTRES_EINVAL);
}

/* What its answers become */

struct error_row {
  const char* name;
  DWORD error;
  int status;
};

static const struct error_row error_rows[] = {
    {"given WSAEACCES, then EACCES", WSAEACCES, PORTRES_EACCES},
    {"given WSAEFAULT, then EFAULT", WSAEFAULT, PORTRES_EFAULT},
    {"given WSAEINVAL, then EINVAL", WSAEINVAL, PORTRES_EINVAL},
    {"given WSAENOTSOCK, then ENOTSOCK", WSAENOTSOCK, PORTRES_ENOTSOCK},
    {"given WSAEOPNOTSUPP, then EOPNOTSUPP", WSAEOPNOTSUPP, PORTRES_EOPNOTSUPP},
    {"given WSAEADDRINUSE, then EADDRINUSE", WSAEADDRINUSE, PORTRES_EADDRINUSE},
    {"given WSAENETDOWN, then ENETDOWN", WSAENETDOWN, PORTRES_ENETDOWN},
    {"given WSAENOBUFS, then ENOBUFS", WSAENOBUFS, PORTRES_ENOBUFS},
    {"given WSAEINTR, then EINTR", WSAEINTR, PORTRES_EINTR},
    {"given WSAEINPROGRESS, then EINPROGRESS", WSAEINPROGRESS,
     PORTRES_EINPROGRESS},
    {"given WSA_IO_PENDING, then EPENDING", ERROR_IO_PENDING, PORTRES_EPENDING},
    {"given WSA_OPERATION_ABORTED, then EABORTED", ERROR_OPERATION_ABORTED,
     PORTRES_EABORTED},
    {"given WSANOTINITIALISED, then ENOTREADY", WSANOTINITIALISED,
     PORTRES_ENOTREADY},
    {"given a code of no table, then EINVAL", WSAEADDRNOTAVAIL, PORTRES_EINVAL},
};

static void check_error(const void* data) {
  const struct error_row* row = data;
  struct portres_reservation out;
  struct portres_reservation before;
  support_begin();
  SOCKET s = support_socket(UDP);
  fake.errors[FAKE_ACQUIRE] = row->error;
  fake.errors[FAKE_ASSOCIATE] = row->error;
  fake.errors[FAKE_RELEASE] = row->error;
  memset(&out, 0xa5, sizeof out);
  before = out;
  errno = ENOTDIR;
  SetLastError(4711);
  assert_int_equal(portres_acquire(s, support_range(0, 4), &out), row->status);
  assert_memory_equal(&out, &before, sizeof out);
  assert_int_equal(portres_associate(s, 1), row->status);
  assert_int_equal(portres_release(s, 1), row->status);
  assert_int_equal(errno, ENOTDIR);
  assert_int_equal(GetLastError(), 4711);
  assert_int_equal(support_count(0), 0);
  support_end();
}

static void check_not_started(void) {
  struct portres_reservation out;
  SOCKET s = support_socket(TCP);
  fake.errors[FAKE_GETSOCKOPT] = WSANOTINITIALISED;
  assert_int_equal(portres_acquire(s, support_range(0, 4), &out),
                   PORTRES_ENOTREADY);
  assert_string_equal(portres_error_name(PORTRES_ENOTREADY), "ENOTREADY");
  assert_string_equal(portres_strerror(PORTRES_ENOTREADY),
                      "WSAStartup has not been called.");
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 0);
}

struct kind_row {
  const char* name;
  int type;
  int protocol;
  int status;
};

static const struct kind_row kind_rows[] = {
    {"given a TCP socket, then it may acquire", SOCK_STREAM, IPPROTO_TCP, 0},
    {"given a UDP socket, then it may acquire", SOCK_DGRAM, IPPROTO_UDP, 0},
    {"given a raw TCP socket, then EOPNOTSUPP", SOCK_RAW, IPPROTO_TCP,
     PORTRES_EOPNOTSUPP},
    {"given a raw UDP socket, then EOPNOTSUPP", SOCK_RAW, IPPROTO_UDP,
     PORTRES_EOPNOTSUPP},
    {"given a datagram socket of another protocol, then EOPNOTSUPP", SOCK_DGRAM,
     IPPROTO_ICMP, PORTRES_EOPNOTSUPP},
    {"given a stream socket of another protocol, then EOPNOTSUPP", SOCK_STREAM,
     99, PORTRES_EOPNOTSUPP},
};

static void check_kind(const void* data) {
  const struct kind_row* row = data;
  struct portres_reservation out;
  support_begin();
  SOCKET s = fake_open(row->type, row->protocol);
  assert_int_equal(portres_acquire(s, support_range(0, 4), &out), row->status);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], row->status == 0);
  support_end();
}

static void check_no_socket(void) {
  struct portres_reservation out;
  static const SOCKET values[] = {0, 7, (SOCKET)-1, (SOCKET)-2};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(portres_acquire(values[i], support_range(0, 4), &out),
                     PORTRES_ENOTSOCK);
    assert_int_equal(portres_associate(values[i], 1), PORTRES_ENOTSOCK);
    assert_int_equal(portres_release(values[i], 1), PORTRES_ENOTSOCK);
  }
}

static void check_strange_answers(void) {
  struct portres_reservation out;
  SOCKET s = support_socket(TCP);
  fake.gives_no_token = true;
  assert_int_equal(portres_acquire(s, support_range(0, 4), &out),
                   PORTRES_EOPNOTSUPP);
  fake.gives_no_token = false;
  fake.gives_count = 5;
  assert_int_equal(portres_acquire(s, support_range(0, 4), &out),
                   PORTRES_EOPNOTSUPP);
  assert_int_equal(support_count(0), 0);
}

/* Arguments never reach Windows when they are wrong by themselves. */
static void check_arguments(void) {
  struct portres_reservation out;
  struct portres_options options = {.size = 1, .range = {0, 4}};
  SOCKET s = support_socket(TCP);
  assert_int_equal(portres_acquire(s, support_range(0, 4), NULL),
                   PORTRES_EFAULT);
  assert_int_equal(portres_acquire(s, support_range(0, 0), &out),
                   PORTRES_EINVAL);
  assert_int_equal(portres_acquire(s, support_range(65535, 2), &out),
                   PORTRES_EINVAL);
  assert_int_equal(portres_acquire_with(s, &options, &out), PORTRES_EINVAL);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 0);
}

/* Options */

static int acquire_with(SOCKET s,
                        struct portres_options options,
                        struct portres_reservation* out) {
  options.size = sizeof options;
  return portres_acquire_with(s, &options, out);
}

static void check_alignment(void) {
  struct portres_reservation out;
  struct portres_options aligned = {.range = {0, 3}, .alignment = 1000};
  SOCKET s = support_socket(UDP);
  fake_reserve(UDP, 50002, 1);
  fake_reserve(UDP, 51000, 1);
  assert_int_equal(acquire_with(s, aligned, &out), 0);
  assert_int_equal(out.range.start, 52000);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 3);
  assert_int_equal(acquire_with(s, aligned, &out), 0);
  assert_int_equal(out.range.start, 53000);
}

static void check_hopeless_alignment(void) {
  struct portres_reservation out;
  struct portres_options aligned = {.range = {0, 2}, .alignment = 65535};
  SOCKET s = support_socket(TCP);
  assert_int_equal(acquire_with(s, aligned, &out), PORTRES_ENOBUFS);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 0);
  aligned.alignment = 60000;
  fake.errors[FAKE_ACQUIRE] = WSAEACCES;
  assert_int_equal(acquire_with(s, aligned, &out), PORTRES_ENOBUFS);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 1);
  aligned.alignment = 2;
  fake.errors[FAKE_ACQUIRE] = WSAEOPNOTSUPP;
  assert_int_equal(acquire_with(s, aligned, &out), PORTRES_EOPNOTSUPP);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 2);
}

static void check_specific_alignment(void) {
  struct portres_reservation out;
  struct portres_options aligned = {.range = {5000, 2}, .alignment = 100};
  SOCKET s = support_socket(TCP);
  assert_int_equal(acquire_with(s, aligned, &out), 0);
  assert_int_equal(out.range.start, 5000);
  aligned.range.start = 5150;
  assert_int_equal(acquire_with(s, aligned, &out), PORTRES_EINVAL);
}

static void check_order(void) {
  struct portres_reservation out;
  struct portres_options options = {.range = {0, 2},
                                    .order = PORTRES_ORDER_ROTATING};
  SOCKET s = support_socket(TCP);
  assert_int_equal(acquire_with(s, options, &out), PORTRES_EOPNOTSUPP);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 0);
  options.order = PORTRES_ORDER_LOWEST;
  assert_int_equal(acquire_with(s, options, &out), 0);
}

static void check_wait(void) {
  struct portres_reservation out;
  struct portres_options options = {.range = {50000, 2}, .wait_ms = 20};
  SOCKET s = support_socket(TCP);
  fake.errors[FAKE_ACQUIRE] = WSAEADDRINUSE;
  assert_int_equal(acquire_with(s, options, &out), PORTRES_EADDRINUSE);
  assert_true(fake.counts[FAKE_ACQUIRE] > 1);
  fake.counts[FAKE_ACQUIRE] = 0;
  fake.errors[FAKE_ACQUIRE] = WSAEACCES;
  assert_int_equal(acquire_with(s, options, &out), PORTRES_EACCES);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 1);
}

struct scope_row {
  const char* name;
  const char* value;
  int status;
};

static const struct scope_row scope_rows[] = {
    {"given no PORTRES_SCOPE, then there is one", NULL, 0},
    {"given PORTRES_SCOPE=process, then there is one", "process", 0},
    {"given PORTRES_SCOPE=galaxy, then EOPNOTSUPP", "galaxy",
     PORTRES_EOPNOTSUPP},
    {"given a PORTRES_SCOPE of 30 bytes, then EOPNOTSUPP",
     "processprocessprocessprocess..", PORTRES_EOPNOTSUPP},
};

static void check_scope(const void* data) {
  const struct scope_row* row = data;
  struct portres_reservation out;
  struct portres_options own = {.range = {0, 2},
                                .scope = PORTRES_SCOPE_PROCESS};
  support_begin();
  SOCKET s = support_socket(TCP);
  SetEnvironmentVariableA("PORTRES_SCOPE", row->value);
  assert_int_equal(portres_acquire(s, support_range(0, 2), &out), row->status);
  assert_int_equal(acquire_with(s, own, &out), 0);
  support_end();
}

/* Memory */

static void check_no_memory(void) {
  struct portres_reservation out;
  SOCKET s = support_socket(TCP);
  fake_fail_allocation(1);
  assert_int_equal(portres_acquire(s, support_range(0, 2), &out),
                   PORTRES_ENOBUFS);
  assert_int_equal(fake.counts[FAKE_ACQUIRE], 0);
  assert_int_equal(portres_acquire(s, support_range(0, 2), &out), 0);
}

static const struct support_row rows[] = {
    {"given a wildcard acquire, then Windows gets 4 bytes, and the token is "
     "that at offset 8",
     check_acquire_bytes},
    {"given a specific acquire, then the start is in network order and the "
     "count in host order",
     check_acquire_order_of_bytes},
    {"given a token, then associate and release give Windows its 8 bytes",
     check_token_bytes},
    {"given no WSAStartup, then acquire says so", check_not_started},
    {"given a number that is no socket, then ENOTSOCK", check_no_socket},
    {"given an answer without a token or of another count, then EOPNOTSUPP",
     check_strange_answers},
    {"given a bad argument, then Windows is not asked", check_arguments},
    {"given an alignment, then its multiples are tried from 49152 up",
     check_alignment},
    {"given an alignment no start has, then ENOBUFS; and an error ends the "
     "search",
     check_hopeless_alignment},
    {"given a specific start and an alignment, then the start must have it",
     check_specific_alignment},
    {"given rotating order, then EOPNOTSUPP", check_order},
    {"given a busy block and a wait, then it is asked for again", check_wait},
    {"given no memory, then ENOBUFS, and nothing is reserved", check_no_memory},
};

int main(void) {
  TABLE_ADD(rows, support_check);
  TABLE_ADD(error_rows, check_error);
  TABLE_ADD(kind_rows, check_kind);
  TABLE_ADD(scope_rows, check_scope);
  return table_run("runtime");
}
