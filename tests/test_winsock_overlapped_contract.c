/* Control calls with OVERLAPPED that complete at once, as all do that testing.h
 * does not have pend: what they return, what they leave in the OVERLAPPED, and
 * which of event and routine is told. All of it is section 7 of the semantics;
 * calls that pend are test_winsock_pending_contract.c.
 */
#include <stdbool.h>
#include <string.h>

#include "winsock_call.h"

enum { NT_SUCCESS = 0, NT_PENDING = 0x103, NT_NOT_SUPPORTED = -1073741637 };

/* What the routine was told. */
static struct {
  int count;
  DWORD error;
  DWORD bytes;
  LPWSAOVERLAPPED overlapped;
  DWORD flags;
} told;

static void CALLBACK tell(DWORD error,
                          DWORD bytes,
                          LPWSAOVERLAPPED overlapped,
                          DWORD flags) {
  told.count++;
  told.error = error;
  told.bytes = bytes;
  told.overlapped = overlapped;
  told.flags = flags;
}

struct scene {
  SOCKET s;
  INET_PORT_RESERVATION_INSTANCE block;
  WSAOVERLAPPED overlapped;
  INET_PORT_RANGE range;
  INET_PORT_RESERVATION_INSTANCE out;
  struct call call;
};

/* A call of `code` that would succeed. */
static void open_scene(struct scene* scene, enum call_face face, DWORD code) {
  memset(scene, 0, sizeof *scene);
  memset(&told, 0, sizeof told);
  scene->s = call_socket(IPPROTO_UDP);
  scene->overlapped.Internal = 4711;
  scene->overlapped.InternalHigh = 4711;
  scene->range.NumberOfPorts = 2;
  assert_int_equal(call_acquire(face, scene->s, 0, 2, &scene->block), 0);
  scene->call = (struct call){.face = face,
                              .s = scene->s,
                              .code = code,
                              .in = &scene->block.Token,
                              .in_len = sizeof scene->block.Token,
                              .overlapped = &scene->overlapped};
  if (code == SIO_ACQUIRE_PORT_RESERVATION) {
    scene->call.in = &scene->range;
    scene->call.in_len = sizeof scene->range;
    scene->call.out = &scene->out;
    scene->call.out_len = sizeof scene->out;
  }
}

static void close_scene(struct scene* scene) {
  assert_int_equal(SleepEx(0, TRUE), 0);
  call_close(scene->s);
}

static void expect_result(struct scene* scene, int error, DWORD bytes) {
  DWORD transfer = CALL_UNTOUCHED;
  DWORD flags = CALL_UNTOUCHED;
  BOOL is_done = WSAGetOverlappedResult(scene->s, &scene->overlapped, &transfer,
                                        FALSE, &flags);

  if (error == 0) {
    assert_int_equal(is_done, TRUE);
    assert_int_equal(transfer, bytes);
    assert_int_equal(flags, 0);
  } else {
    assert_int_equal(is_done, FALSE);
    assert_int_equal(WSAGetLastError(), error);
    assert_int_equal(transfer, CALL_UNTOUCHED);
  }
}

/* --- At once, by code --- */

struct code_row {
  const char* name;
  DWORD code;
  int error;
  DWORD bytes;    /* *lpcbBytesReturned, without a routine */
  ULONG internal; /* NTSTATUS */
  DWORD high;
};

static const struct code_row code_rows[] = {
    {"S7: given ACQUIRE, then it returns 0 and tells 16 bytes",
     SIO_ACQUIRE_PORT_RESERVATION, 0, 16, NT_SUCCESS, 16},
    {"S7: given ASSOCIATE, then it returns 0 and leaves the bytes alone",
     SIO_ASSOCIATE_PORT_RESERVATION, 0, CALL_UNTOUCHED, NT_SUCCESS, 0},
    {"S7: given RELEASE, then it returns 0 and leaves the bytes alone",
     SIO_RELEASE_PORT_RESERVATION, 0, CALL_UNTOUCHED, NT_SUCCESS, 0},
    {"given SIO_CPU_AFFINITY, then it returns 0 and leaves the bytes alone",
     SIO_CPU_AFFINITY, 0, CALL_UNTOUCHED, NT_SUCCESS, 0},
    {"S7: given FIONBIO, then it returns 0 and tells 0 bytes",
     PORTRES_WS_FIONBIO, 0, 0, NT_SUCCESS, 0},
    {"S7: given an unknown code, then WSA_IO_PENDING and WSAEOPNOTSUPP later",
     _WSAIOW(IOC_VENDOR, 99), WSA_IO_PENDING, CALL_UNTOUCHED,
     (ULONG)NT_NOT_SUPPORTED, 0},
};

static int result_error(const struct code_row* row) {
  return row->error == 0 ? 0 : WSAEOPNOTSUPP;
}

static void check_event(const struct code_row* row, enum call_face face) {
  struct scene scene;
  WSAEVENT event = WSACreateEvent();

  open_scene(&scene, face, row->code);
  scene.overlapped.hEvent = event;
  assert_int_equal(call_make(&scene.call), row->error);
  assert_int_equal(scene.call.returned, row->bytes);
  assert_int_equal(WSAWaitForMultipleEvents(1, &event, TRUE, 0, FALSE),
                   WSA_WAIT_EVENT_0);
  assert_int_equal(scene.overlapped.Internal, row->internal);
  assert_int_equal(scene.overlapped.InternalHigh, row->high);
  expect_result(&scene, result_error(row), row->high);
  assert_int_equal(WSACloseEvent(event), TRUE);
  close_scene(&scene);
}

static void check_polling(const struct code_row* row, enum call_face face) {
  struct scene scene;

  open_scene(&scene, face, row->code);
  assert_int_equal(call_make(&scene.call), row->error);
  assert_int_equal(scene.call.returned, row->bytes);
  expect_result(&scene, result_error(row), row->high);
  close_scene(&scene);
}

/* Windows does not even look at hEvent then. */
static void check_routine(const struct code_row* row, enum call_face face) {
  struct scene scene;

  open_scene(&scene, face, row->code);
  scene.overlapped.hEvent = call_unmapped();
  scene.call.routine = tell;
  assert_int_equal(call_make(&scene.call), row->error);
  assert_int_equal(scene.call.returned, row->error == 0 ? 0 : CALL_UNTOUCHED);
  assert_int_equal(SleepEx(0, FALSE), 0);
  assert_int_equal(told.count, 0);
  assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
  assert_int_equal(told.count, 1);
  assert_int_equal(told.error, result_error(row));
  assert_int_equal(told.bytes, row->high);
  assert_ptr_equal(told.overlapped, &scene.overlapped);
  assert_int_equal(told.flags, 0);
  assert_int_equal(scene.overlapped.Internal, row->internal);
  close_scene(&scene);
}

static void check_code(const void* row) {
  for (int face = CALL_WSA; face <= CALL_SPI; face++) {
    check_event(row, (enum call_face)face);
    check_polling(row, (enum call_face)face);
    check_routine(row, (enum call_face)face);
  }
}

/* --- Refused at once: nobody is told --- */

struct refusal_row {
  const char* name;
  void (*spoil)(struct scene* scene);
  int error;
};

static void shorten_input(struct scene* scene) {
  scene->call.in_len--;
}

static void lose_input(struct scene* scene) {
  scene->call.in = call_unmapped();
}

static void shorten_output(struct scene* scene) {
  scene->call.out_len = 15;
}

static void want_no_ports(struct scene* scene) {
  scene->range.NumberOfPorts = 0;
}

static void want_taken_ports(struct scene* scene) {
  scene->range.StartPort = scene->block.StartPort;
}

static void pass_dead_token(struct scene* scene) {
  scene->call.code = SIO_ASSOCIATE_PORT_RESERVATION;
  scene->call.in = call_before_the_end(8);
  scene->call.in_len = 8;
  scene->call.out_len = 0;
}

static const struct refusal_row refusal_rows[] = {
    {"S7: given input a byte short, then WSAEFAULT", shorten_input, WSAEFAULT},
    {"S7: given input that is not mapped, then WSAEFAULT", lose_input,
     WSAEFAULT},
    {"given output a byte short, then WSAEINVAL", shorten_output, WSAEINVAL},
    {"given no ports, then WSAEINVAL", want_no_ports, WSAEINVAL},
    {"given reserved ports, then WSAEADDRINUSE", want_taken_ports,
     WSAEADDRINUSE},
    {"given a dead token, then WSAEINVAL", pass_dead_token, WSAEINVAL},
};

static void check_refusal_by(const struct refusal_row* row,
                             enum call_face face,
                             bool has_routine) {
  struct scene scene;
  WSAEVENT event = WSACreateEvent();

  open_scene(&scene, face, SIO_ACQUIRE_PORT_RESERVATION);
  scene.overlapped.hEvent = event;
  scene.call.routine = has_routine ? tell : NULL;
  row->spoil(&scene);
  assert_int_equal(call_make(&scene.call), row->error);
  assert_int_equal(scene.call.returned, CALL_UNTOUCHED);
  assert_int_equal(scene.overlapped.Internal, NT_PENDING);
  assert_int_equal(WaitForSingleObjectEx(event, 0, TRUE), WAIT_TIMEOUT);
  assert_int_equal(told.count, 0);
  expect_result(&scene, WSA_IO_INCOMPLETE, 0);
  assert_int_equal(CloseHandle(event), TRUE);
  close_scene(&scene);
}

static void check_refusal(const void* row) {
  check_refusal_by(row, CALL_WSA, false);
  check_refusal_by(row, CALL_WSA, true);
  check_refusal_by(row, CALL_SPI, false);
  check_refusal_by(row, CALL_SPI, true);
}

/* --- Bad pointers and handles --- */

static void check_bad_overlapped(void) {
  LPWSAOVERLAPPED places[4] = {call_unmapped(), call_read_only(),
                               call_of_the_kernel(),
                               call_before_the_end(sizeof(WSAOVERLAPPED) - 1)};
  struct scene scene;

  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  for (int i = 0; i < 4; i++) {
    scene.call.overlapped = places[i];
    assert_int_equal(call_make(&scene.call), WSAEFAULT);
    assert_int_equal(scene.call.returned, CALL_UNTOUCHED);
  }
  close_scene(&scene);
}

static void check_bad_routine(void) {
  void* place = call_unmapped();
  struct scene scene;

  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  memcpy(&scene.call.routine, &place, sizeof place);
  assert_int_equal(call_make(&scene.call), WSAEFAULT);
  assert_int_equal(scene.call.returned, CALL_UNTOUCHED);
  close_scene(&scene);
}

static void check_bad_event(void) {
  WSAEVENT closed = WSACreateEvent();
  HANDLE handles[] = {closed, call_unmapped(), INVALID_HANDLE_VALUE,
                      call_of_the_kernel()};
  struct scene scene;

  assert_int_equal(WSACloseEvent(closed), TRUE);
  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
    scene.overlapped.hEvent = handles[i];
    assert_int_equal(call_make(&scene.call), WSA_INVALID_HANDLE);
    assert_int_equal(scene.call.returned, CALL_UNTOUCHED);
  }
  close_scene(&scene);
}

/* The bit that keeps a completion port out. */
static void check_tagged_event(void) {
  WSAEVENT event = WSACreateEvent();
  struct scene scene;

  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  scene.overlapped.hEvent = (HANDLE)((uintptr_t)event | 1);
  assert_int_equal(call_make(&scene.call), 0);
  assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
  assert_int_equal(CloseHandle(event), TRUE);
  close_scene(&scene);
}

/* --- Synchronous after all --- */

static void check_plain_socket(void) {
  struct scene scene;

  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  scene.call.s = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0);
  scene.call.routine = tell;
  assert_int_equal(call_make(&scene.call), 0);
  assert_int_equal(scene.call.returned, 16);
  assert_int_equal(scene.overlapped.Internal, 4711);
  scene.call.overlapped = call_unmapped();
  assert_int_equal(call_make(&scene.call), 0);
  scene.call.code = _WSAIOW(IOC_VENDOR, 99);
  assert_int_equal(call_make(&scene.call), WSAEOPNOTSUPP);
  assert_int_equal(scene.call.returned, 0);
  call_close(scene.call.s);
  close_scene(&scene);
  assert_int_equal(told.count, 0);
}

static void check_no_overlapped(void) {
  struct scene scene;

  open_scene(&scene, CALL_WSA, SIO_ACQUIRE_PORT_RESERVATION);
  scene.call.overlapped = NULL;
  scene.call.routine = tell;
  assert_int_equal(call_make(&scene.call), 0);
  assert_int_equal(scene.call.returned, 16);
  close_scene(&scene);
  assert_int_equal(told.count, 0);
}

int main(void) {
  TABLE_ADD(code_rows, check_code);
  TABLE_ADD(refusal_rows, check_refusal);
  table_add_one("given an OVERLAPPED that is not there, then WSAEFAULT",
                check_bad_overlapped);
  table_add_one("given a routine that is not there, then WSAEFAULT",
                check_bad_routine);
  table_add_one("given an event that is none, then WSA_INVALID_HANDLE",
                check_bad_event);
  table_add_one("given the lowest bit of hEvent, then it is the program's",
                check_tagged_event);
  table_add_one(
      "S7: given a socket without WSA_FLAG_OVERLAPPED, then the call "
      "is synchronous",
      check_plain_socket);
  table_add_one(
      "S7: given a routine and no OVERLAPPED, then the call is "
      "synchronous",
      check_no_overlapped);
  return call_run("winsock_overlapped");
}
