/* The six functions of iphlpapi.h: semantics section 6 (S6), and what their
 * tokens are good for in WSAIoctl(). They are Win32's: the code is the return
 * value, and the thread's last error is left alone, which the wrappers here
 * look at. "The right" is the right to write the state directory, taken away
 * by its mode; the program runs itself again with a directory of its own.
 */
#include <ftw.h>
#include <portres/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "winsock_call.h"

enum { LAST_ERROR = 4711 };

static const char* state_dir;

/* --- The six, by protocol; start in host order --- */

static ULONG finish(ULONG code) {
  assert_int_equal(GetLastError(), LAST_ERROR);
  return code;
}

static ULONG create(int protocol, USHORT start, USHORT count, PULONG64 token) {
  SetLastError(LAST_ERROR);
  return finish((protocol == IPPROTO_TCP ? CreatePersistentTcpPortReservation
                                         : CreatePersistentUdpPortReservation)(
      htons(start), count, token));
}

static ULONG lookup(int protocol, USHORT start, USHORT count, PULONG64 token) {
  SetLastError(LAST_ERROR);
  return finish((protocol == IPPROTO_TCP ? LookupPersistentTcpPortReservation
                                         : LookupPersistentUdpPortReservation)(
      htons(start), count, token));
}

static ULONG delete_block(int protocol, USHORT start, USHORT count) {
  SetLastError(LAST_ERROR);
  return finish((protocol == IPPROTO_TCP ? DeletePersistentTcpPortReservation
                                         : DeletePersistentUdpPortReservation)(
      htons(start), count));
}

/* --- Rows hold for both protocols --- */

struct persistent_row {
  const char* name;
  int protocol;
  int needs_store;
  void (*check)(int protocol);
};

#define WITH_STORE(name, check)            \
  {"TCP: " name, IPPROTO_TCP, 1, check}, { \
    "UDP: " name, IPPROTO_UDP, 1, check    \
  }
#define WITHOUT_STORE(name, check)         \
  {"TCP: " name, IPPROTO_TCP, 0, check}, { \
    "UDP: " name, IPPROTO_UDP, 0, check    \
  }

static int other_of(int protocol) {
  return protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
}

static USHORT make(int protocol, USHORT count, PULONG64 token) {
  USHORT start = net_free_block(count);

  assert_int_equal(create(protocol, start, count, token), NO_ERROR);
  assert_true(*token != INVALID_PORT_RESERVATION_TOKEN);
  return start;
}

static void check_round(int protocol) {
  ULONG64 created;
  ULONG64 found = 0;
  USHORT start = make(protocol, 20, &created);

  assert_int_equal(lookup(protocol, start, 20, &found), NO_ERROR);
  assert_true(found == created);
  found = 0;
  assert_int_equal(lookup(protocol, start, 19, &found), ERROR_NOT_FOUND);
  assert_int_equal(lookup(protocol, (USHORT)(start + 1), 19, &found),
                   ERROR_NOT_FOUND);
  assert_int_equal(lookup(other_of(protocol), start, 20, &found),
                   ERROR_NOT_FOUND);
  assert_true(found == 0);
  assert_int_equal(delete_block(protocol, start, 19), ERROR_NOT_FOUND);
  assert_int_equal(delete_block(protocol, start, 20), NO_ERROR);
  assert_int_equal(delete_block(protocol, start, 20), ERROR_NOT_FOUND);
  assert_int_equal(lookup(protocol, start, 20, &found), ERROR_NOT_FOUND);
}

static void check_before_startup(int protocol) {
  ULONG64 created;
  ULONG64 found;
  USHORT start;

  call_stop();
  start = make(protocol, 2, &created);
  assert_int_equal(lookup(protocol, start, 2, &found), NO_ERROR);
  assert_int_equal(delete_block(protocol, start, 2), NO_ERROR);
  call_start();
}

static void expect_parameter(int protocol, USHORT start, USHORT count) {
  ULONG64 token = 4711;

  assert_int_equal(create(protocol, start, count, &token),
                   ERROR_INVALID_PARAMETER);
  assert_int_equal(lookup(protocol, start, count, &token),
                   ERROR_INVALID_PARAMETER);
  assert_int_equal(delete_block(protocol, start, count),
                   ERROR_INVALID_PARAMETER);
  assert_true(token == 4711);
}

static void check_parameters(int protocol) {
  expect_parameter(protocol, 0, 1);
  expect_parameter(protocol, 50000, 0);
  expect_parameter(protocol, 0, 0);
  expect_parameter(protocol, 65535, 2);
  expect_parameter(protocol, 2, 65535);
}

static void check_pointers(int protocol) {
  PULONG64 places[] = {NULL, call_unmapped(), call_read_only(),
                       call_before_the_end(7), call_of_the_kernel()};
  USHORT start = net_free_block(1);

  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    assert_int_equal(create(protocol, start, 1, places[i]),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(lookup(protocol, start, 1, places[i]),
                     ERROR_INVALID_PARAMETER);
  }
}

static void check_nothing_created(int protocol) {
  USHORT start = net_free_block(1);

  assert_int_equal(create(protocol, start, 1, NULL), ERROR_INVALID_PARAMETER);
  assert_int_equal(delete_block(protocol, start, 1), ERROR_NOT_FOUND);
}

/* --- Sharing violations --- */

static void check_overlap(int protocol) {
  ULONG64 token;
  ULONG64 second;
  USHORT start = make(protocol, 3, &token);

  assert_int_equal(create(protocol, start, 3, &second),
                   ERROR_SHARING_VIOLATION);
  assert_int_equal(create(protocol, (USHORT)(start + 2), 2, &second),
                   ERROR_SHARING_VIOLATION);
  assert_int_equal(create(other_of(protocol), start, 3, &second), NO_ERROR);
  assert_int_equal(delete_block(other_of(protocol), start, 3), NO_ERROR);
  assert_int_equal(delete_block(protocol, start, 3), NO_ERROR);
}

static void check_busy(int protocol) {
  SOCKET s = call_socket(protocol);
  ULONG64 token;
  USHORT start = net_free_block(2);

  assert_int_equal(call_bind(s, (USHORT)(start + 1)), 0);
  assert_int_equal(create(protocol, start, 2, &token), ERROR_SHARING_VIOLATION);
  call_close(s);
  assert_int_equal(create(protocol, start, 2, &token), NO_ERROR);
  assert_int_equal(delete_block(protocol, start, 2), NO_ERROR);
}

static void check_runtime_overlap(int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block;
  ULONG64 token;
  USHORT start = net_free_block(2);

  assert_int_equal(call_acquire(CALL_WSA, s, start, 2, &block), 0);
  assert_int_equal(create(protocol, start, 1, &token), ERROR_SHARING_VIOLATION);
  call_close(s);
}

/* --- The right --- */

static void check_no_right(int protocol) {
  SOCKET s = call_socket(protocol);
  ULONG64 token;
  ULONG64 found;
  USHORT start = make(protocol, 2, &token);

  assert_int_equal(chmod(state_dir, 0555), 0);
  assert_int_equal(create(protocol, (USHORT)(start + 2), 1, &found),
                   ERROR_ACCESS_DENIED);
  assert_int_equal(create(protocol, 0, 1, &found), ERROR_INVALID_PARAMETER);
  assert_int_equal(delete_block(protocol, start, 2), ERROR_ACCESS_DENIED);
  assert_int_equal(delete_block(protocol, start, 1), ERROR_ACCESS_DENIED);
  assert_int_equal(lookup(protocol, start, 2, &found), NO_ERROR);
  assert_true(found == token);
  assert_int_equal(call_associate(CALL_WSA, s, token), WSAEACCES);
  assert_int_equal(call_associate(CALL_SPI, s, token), WSAEACCES);
  assert_int_equal(call_associate(CALL_WSA, s, token ^ 1), WSAEINVAL);
  assert_int_equal(chmod(state_dir, 0755), 0);
  assert_int_equal(delete_block(protocol, start, 2), NO_ERROR);
  call_close(s);
}

/* --- What a token is good for --- */

static void check_story(int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET stranger = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block;
  ULONG64 token;
  USHORT start = make(protocol, 2, &token);

  assert_int_equal(lookup(protocol, start, 2, &token), NO_ERROR);
  assert_int_equal(call_bind(stranger, (USHORT)(start + 1)), WSAEACCES);
  assert_int_equal(call_acquire(CALL_WSA, s, start, 1, &block), WSAEADDRINUSE);
  assert_int_equal(call_associate(CALL_WSA, s, token), 0);
  assert_int_equal(call_release(CALL_WSA, s, token), WSAEINVAL);
  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(call_port(s), start);
  call_close(stranger);
  call_close(s);
  assert_int_equal(delete_block(protocol, start, 2), NO_ERROR);
}

static void check_delete_in_use(int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET late = call_socket(protocol);
  ULONG64 token;
  USHORT start = make(protocol, 1, &token);

  assert_int_equal(call_associate(CALL_WSA, s, token), 0);
  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(delete_block(protocol, start, 1), NO_ERROR);
  assert_int_equal(call_port(s), start);
  assert_int_equal(call_associate(CALL_WSA, late, token), WSAEINVAL);
  call_close(late);
  call_close(s);
}

/* --- Codes --- */

static const struct {
  int status;
  ULONG code;
} codes[] = {
    {PORTRES_EACCES, ERROR_ACCESS_DENIED},
    {PORTRES_EADDRINUSE, ERROR_SHARING_VIOLATION},
    {PORTRES_EINVAL, ERROR_INVALID_PARAMETER},
    {PORTRES_EFAULT, ERROR_INVALID_PARAMETER},
    {PORTRES_ENOTFOUND, ERROR_NOT_FOUND},
    {PORTRES_ENOBUFS, ERROR_NOT_ENOUGH_MEMORY},
    {PORTRES_EOPNOTSUPP, ERROR_NOT_SUPPORTED},
    {PORTRES_EABORTED, ERROR_OPERATION_ABORTED},
    {PORTRES_ENETDOWN, WSAENETDOWN},
};

static void fail_next(enum portres_testing_call call, int status) {
  assert_int_equal(portres_testing_fail(call, 1, 1, status), 0);
}

static void check_codes(int protocol) {
  ULONG64 token;

  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    fail_next(PORTRES_TESTING_CREATE, codes[i].status);
    fail_next(PORTRES_TESTING_DELETE, codes[i].status);
    fail_next(PORTRES_TESTING_LOOKUP, codes[i].status);
    assert_int_equal(create(protocol, 50000, 1, &token), codes[i].code);
    assert_int_equal(lookup(protocol, 50000, 1, &token), codes[i].code);
    assert_int_equal(delete_block(protocol, 50000, 1), codes[i].code);
  }
  portres_testing_reset();
}

static const struct persistent_row rows[] = {
    WITH_STORE("B13, S6.1: given create, then lookup has its token, for "
               "exactly its ports, until delete",
               check_round),
    WITH_STORE("B14, S6.1: given Winsock is not started, then all work",
               check_before_startup),
    WITHOUT_STORE("S6.1, Q20: given no start, no count, or ports past 65535, "
                  "then ERROR_INVALID_PARAMETER",
                  check_parameters),
    WITHOUT_STORE("Q20: given no place for the token, then "
                  "ERROR_INVALID_PARAMETER",
                  check_pointers),
    WITH_STORE("Q20: given no place for the token, then nothing is created",
               check_nothing_created),
    WITH_STORE("S6.1, B16: given an overlap, then ERROR_SHARING_VIOLATION",
               check_overlap),
    WITH_STORE("S6.1: given a busy port, then ERROR_SHARING_VIOLATION",
               check_busy),
    WITH_STORE("Q18: given a runtime reservation, then "
               "ERROR_SHARING_VIOLATION",
               check_runtime_overlap),
    WITH_STORE("S6.2, Q20, Q25: given no right, then ERROR_ACCESS_DENIED, but "
               "for lookup",
               check_no_right),
    WITH_STORE("S4.1, S5, Q11: given its token, then a socket may have its "
               "ports, and no other",
               check_story),
    WITH_STORE("Q19: given delete while in use, then its sockets keep their "
               "ports",
               check_delete_in_use),
    WITHOUT_STORE("S6.1: given a status, then its Win32 code", check_codes),
};

static void check_persistent(const void* data) {
  const struct persistent_row* row = data;
  ULONG64 token;

  if (row->needs_store && LookupPersistentTcpPortReservation(
                              htons(50000), 1, &token) == ERROR_NOT_SUPPORTED) {
    table_skip("this build has no persistent reservations");
  }
  row->check(row->protocol);
}

/* --- A state directory of one's own --- */

static int remove_one(const char* path,
                      const struct stat* status,
                      int type,
                      struct FTW* place) {
  (void)status;
  (void)type;
  (void)place;
  return remove(path);
}

static int run_again(char** argv) {
  char folder[] = "/tmp/portres-test-XXXXXX";
  char path[sizeof folder + 8];
  int status = -1;
  pid_t child;

  if (mkdtemp(folder) == NULL) {
    return 1;
  }
  snprintf(path, sizeof path, "%s/state", folder);
  setenv("PORTRES_STATE_DIR", path, 1);
  child = fork();
  if (child == 0) {
    execl("/proc/self/exe", argv[0], path, (char*)NULL);
    _exit(127);
  }
  waitpid(child, &status, 0);
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    return run_again(argv);
  }
  state_dir = argv[1];
  TABLE_ADD(rows, check_persistent);
  return call_run("winsock_persistent");
}
