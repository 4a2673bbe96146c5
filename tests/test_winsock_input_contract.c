/* Bad input of the control calls: pointers that are NULL or lead nowhere,
 * sizes, codes, sockets that are none. Windows' answer to each, and what it
 * leaves in *lpcbBytesReturned, are those of the semantics' section 7 (S7);
 * where that is silent, the row names the question (Q).
 */
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "winsock_call.h"

/* --- Which buffer, which size: one call that would succeed, but for that ---
 */

enum place { GOOD, NONE, UNMAPPED, READ_ONLY, PARTLY, KERNEL };

struct input_row {
  const char* name;
  DWORD code;
  enum place in;
  DWORD in_len;
  enum place out;
  DWORD out_len;
  int error;
  DWORD bytes;
};

#define ACQUIRE SIO_ACQUIRE_PORT_RESERVATION
#define ASSOCIATE SIO_ASSOCIATE_PORT_RESERVATION
#define RELEASE SIO_RELEASE_PORT_RESERVATION
#define EXTENSION SIO_GET_EXTENSION_FUNCTION_POINTER

static const struct input_row input_rows[] = {
    {"S7: given ACQUIRE without input, then WSAEFAULT", ACQUIRE, NONE, 4, GOOD,
     16, WSAEFAULT, 0},
    {"S7: given ACQUIRE with input of 0 bytes, then WSAEFAULT", ACQUIRE, GOOD,
     0, GOOD, 16, WSAEFAULT, 0},
    {"Q10: given ACQUIRE with input a byte short, then WSAEFAULT", ACQUIRE,
     GOOD, 3, GOOD, 16, WSAEFAULT, 0},
    {"S7: given ACQUIRE with input a byte long, then it is done", ACQUIRE, GOOD,
     5, GOOD, 16, 0, 16},
    {"given ACQUIRE with input that is not mapped, then WSAEFAULT", ACQUIRE,
     UNMAPPED, 4, GOOD, 16, WSAEFAULT, 0},
    {"given ACQUIRE with input partly mapped, then WSAEFAULT", ACQUIRE, PARTLY,
     4, GOOD, 16, WSAEFAULT, 0},
    {"given ACQUIRE with input of the kernel, then WSAEFAULT", ACQUIRE, KERNEL,
     4, GOOD, 16, WSAEFAULT, 0},
    {"given ACQUIRE with input that may only be read, then its zeros count",
     ACQUIRE, READ_ONLY, 4, GOOD, 16, WSAEINVAL, 0},
    {"S2.4: given ACQUIRE with output a byte short, then WSAEINVAL", ACQUIRE,
     GOOD, 4, GOOD, 15, WSAEINVAL, 0},
    {"S2.4: given ACQUIRE with output of 0 bytes, then WSAEINVAL", ACQUIRE,
     GOOD, 4, GOOD, 0, WSAEINVAL, 0},
    {"S2.4: given ACQUIRE without output of 0 bytes, then WSAEINVAL", ACQUIRE,
     GOOD, 4, NONE, 0, WSAEINVAL, 0},
    {"given ACQUIRE with output a byte long, then it is done", ACQUIRE, GOOD, 4,
     GOOD, 17, 0, 16},
    {"given ACQUIRE without output of 16 bytes, then WSAEFAULT", ACQUIRE, GOOD,
     4, NONE, 16, WSAEFAULT, 0},
    {"given ACQUIRE with output that is not mapped, then WSAEFAULT", ACQUIRE,
     GOOD, 4, UNMAPPED, 16, WSAEFAULT, 0},
    {"given ACQUIRE with output that may only be read, then WSAEFAULT", ACQUIRE,
     GOOD, 4, READ_ONLY, 16, WSAEFAULT, 0},
    {"given ACQUIRE with output partly mapped, then WSAEFAULT", ACQUIRE, GOOD,
     4, PARTLY, 16, WSAEFAULT, 0},
    {"given ACQUIRE with output of the kernel, then WSAEFAULT", ACQUIRE, GOOD,
     4, KERNEL, 16, WSAEFAULT, 0},
    {"given ACQUIRE with input that ends nowhere, then WSAEFAULT", ACQUIRE,
     GOOD, 0xFFFFFFFFu, GOOD, 16, WSAEFAULT, 0},
    {"given ACQUIRE with output that ends nowhere, then WSAEFAULT", ACQUIRE,
     GOOD, 4, GOOD, 0xFFFFFFFFu, WSAEFAULT, 0},
    {"given ACQUIRE with both too short, then the input is told", ACQUIRE, GOOD,
     3, GOOD, 15, WSAEFAULT, 0},

    {"S7: given ASSOCIATE without input, then WSAEFAULT", ASSOCIATE, NONE, 8,
     NONE, 0, WSAEFAULT, 0},
    {"Q10: given ASSOCIATE with input a byte short, then WSAEFAULT", ASSOCIATE,
     GOOD, 7, NONE, 0, WSAEFAULT, 0},
    {"S4.1: given ASSOCIATE with input a byte long, then it is done", ASSOCIATE,
     GOOD, 9, NONE, 0, 0, 0},
    {"given ASSOCIATE with input that is not mapped, then WSAEFAULT", ASSOCIATE,
     UNMAPPED, 8, NONE, 0, WSAEFAULT, 0},
    {"given ASSOCIATE with input partly mapped, then WSAEFAULT", ASSOCIATE,
     PARTLY, 8, NONE, 0, WSAEFAULT, 0},
    {"Q9: given ASSOCIATE with output, then WSAEINVAL", ASSOCIATE, GOOD, 8,
     GOOD, 1, WSAEINVAL, 0},
    {"Q9: given ASSOCIATE with an output pointer of 0 bytes, then it is done",
     ASSOCIATE, GOOD, 8, GOOD, 0, 0, 0},

    {"S7: given RELEASE without input, then WSAEFAULT", RELEASE, NONE, 8, NONE,
     0, WSAEFAULT, 0},
    {"Q10: given RELEASE with input a byte short, then WSAEFAULT", RELEASE,
     GOOD, 7, NONE, 0, WSAEFAULT, 0},
    {"S3: given RELEASE with input a byte long, then it is done", RELEASE, GOOD,
     9, NONE, 0, 0, 0},
    {"given RELEASE with input of the kernel, then WSAEFAULT", RELEASE, KERNEL,
     8, NONE, 0, WSAEFAULT, 0},
    {"Q9: given RELEASE with output, then WSAEINVAL", RELEASE, GOOD, 8, GOOD, 8,
     WSAEINVAL, 0},

    {"S7: given an unknown code, then WSAEOPNOTSUPP", _WSAIOW(IOC_VENDOR, 103),
     GOOD, 8, GOOD, 16, WSAEOPNOTSUPP, 0},
    {"S7: given code 0 and no buffers, then WSAEOPNOTSUPP", 0, NONE, 0, NONE, 0,
     WSAEOPNOTSUPP, 0},
    {"S7: given an unknown code and bad pointers, then WSAEOPNOTSUPP",
     _WSAIORW(IOC_WS2, 99), UNMAPPED, 8, KERNEL, 16, WSAEOPNOTSUPP, 0},

    {"given SIO_CPU_AFFINITY on TCP, then WSAEOPNOTSUPP", SIO_CPU_AFFINITY,
     GOOD, 2, NONE, 0, WSAEOPNOTSUPP, 0},
    {"given SIO_CPU_AFFINITY a byte short, then WSAEFAULT", SIO_CPU_AFFINITY,
     GOOD, 1, NONE, 0, WSAEFAULT, 0},
    {"S7: given SIO_KEEPALIVE_VALS, then it is done, with 0 bytes",
     SIO_KEEPALIVE_VALS, GOOD, 12, NONE, 0, 0, 0},
    {"S7: given SIO_KEEPALIVE_VALS a byte short, then WSAEFAULT",
     SIO_KEEPALIVE_VALS, GOOD, 11, NONE, 0, WSAEFAULT, 0},
    {"given SIO_FLUSH, then it is done, with 0 bytes", SIO_FLUSH, NONE, 0, NONE,
     0, 0, 0},
    {"S7: given FIONBIO a byte short, then WSAEFAULT", PORTRES_WS_FIONBIO, GOOD,
     3, NONE, 0, WSAEFAULT, 0},
    {"S7: given FIONBIO longer than needed, then it is done",
     PORTRES_WS_FIONBIO, GOOD, 12, NONE, 0, 0, 0},
    {"S7: given FIONREAD, then it is done, with 4 bytes", PORTRES_WS_FIONREAD,
     NONE, 0, GOOD, 4, 0, 4},
    {"given FIONREAD with output a byte short, then WSAEFAULT",
     PORTRES_WS_FIONREAD, NONE, 0, GOOD, 3, WSAEFAULT, 0},
    {"given FIONREAD with output that may only be read, then WSAEFAULT",
     PORTRES_WS_FIONREAD, NONE, 0, READ_ONLY, 4, WSAEFAULT, 0},
    {"given SIOCATMARK, then it is done, with 4 bytes", PORTRES_WS_SIOCATMARK,
     NONE, 0, GOOD, 4, 0, 4},
    {"given the GUID of no function, then WSAEINVAL", EXTENSION, GOOD, 16, GOOD,
     8, WSAEINVAL, 0},
    {"given a GUID a byte short, then WSAEFAULT", EXTENSION, GOOD, 15, GOOD, 8,
     WSAEFAULT, 0},
};

union input {
  INET_PORT_RANGE range;
  INET_PORT_RESERVATION_TOKEN token;
  USHORT processor;
  ULONG number;
  struct tcp_keepalive keepalive;
  GUID guid;
};

static void* place_of(enum place place, void* good, DWORD len) {
  switch (place) {
    case GOOD:
      return good;
    case UNMAPPED:
      return call_unmapped();
    case READ_ONLY:
      return call_read_only();
    case PARTLY:
      return call_before_the_end(len - 1);
    case KERNEL:
      return call_of_the_kernel();
    default:
      return NULL;
  }
}

static void fill(union input* in, DWORD code, ULONG64 token) {
  if (code == ACQUIRE) {
    in->range.NumberOfPorts = 1;
  } else if (code == ASSOCIATE || code == RELEASE) {
    in->token.Token = token;
  } else if (code == SIO_KEEPALIVE_VALS) {
    in->keepalive = (struct tcp_keepalive){1, 60500, 1};
  }
}

static void check_input_by(enum call_face face, const struct input_row* row) {
  SOCKET s = call_socket(IPPROTO_TCP);
  INET_PORT_RESERVATION_INSTANCE block;
  union input in = {.keepalive = {0, 0, 0}};
  char out[32] = {0};
  struct call call = {.face = face,
                      .s = s,
                      .code = row->code,
                      .in = place_of(row->in, &in, row->in_len),
                      .in_len = row->in_len,
                      .out = place_of(row->out, out, row->out_len),
                      .out_len = row->out_len};

  assert_int_equal(call_acquire(face, s, 0, 1, &block), 0);
  fill(&in, row->code, block.Token);
  assert_int_equal(call_make(&call), row->error);
  assert_int_equal(call.returned, row->bytes);
  for (size_t i = row->error == 0 ? row->out_len : 0; i < sizeof out; i++) {
    assert_int_equal(out[i], 0);
  }
  call_close(s);
}

static void check_input(const void* data) {
  check_input_by(CALL_WSA, data);
  check_input_by(CALL_SPI, data);
}

/* --- Sockets that are none, in the order Windows looks --- */

struct socket_row {
  const char* name;
  SOCKET (*make)(void);
  int error;
  DWORD bytes;
};

static int file_of_socket = -1;

static SOCKET make_unix(void) {
  file_of_socket = socket(AF_UNIX, SOCK_STREAM, 0);
  return (SOCKET)file_of_socket;
}

static SOCKET make_raw(void) {
  file_of_socket = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  return (SOCKET)file_of_socket;
}

static SOCKET make_pipe(void) {
  int ends[2];

  assert_int_equal(pipe(ends), 0);
  close(ends[1]);
  file_of_socket = ends[0];
  return (SOCKET)file_of_socket;
}

static SOCKET make_closed(void) {
  SOCKET s = call_socket(IPPROTO_TCP);

  call_close(s);
  return s;
}

static SOCKET make_invalid(void) {
  return INVALID_SOCKET;
}

/* Cut to an int, it would be a socket that is open. */
static SOCKET make_large(void) {
  file_of_socket = socket(AF_INET, SOCK_STREAM, 0);
  return (SOCKET)file_of_socket + 0x100000000ull;
}

static const struct socket_row socket_rows[] = {
    {"S2.2: given a UNIX socket, then WSAEOPNOTSUPP", make_unix, WSAEOPNOTSUPP,
     0},
    {"S2.2: given a raw socket, then WSAEOPNOTSUPP", make_raw, WSAEOPNOTSUPP,
     0},
    {"S7: given a pipe, then WSAENOTSOCK", make_pipe, WSAENOTSOCK,
     CALL_UNTOUCHED},
    {"S7: given a closed socket, then WSAENOTSOCK", make_closed, WSAENOTSOCK,
     CALL_UNTOUCHED},
    {"S7: given INVALID_SOCKET, then WSAENOTSOCK", make_invalid, WSAENOTSOCK,
     CALL_UNTOUCHED},
    {"given a SOCKET above INT_MAX, then WSAENOTSOCK", make_large, WSAENOTSOCK,
     CALL_UNTOUCHED},
};

static const DWORD codes[] = {ACQUIRE, ASSOCIATE, RELEASE, SIO_CPU_AFFINITY,
                              SIO_KEEPALIVE_VALS};

static void check_socket_code(const struct socket_row* row,
                              enum call_face face,
                              DWORD code) {
  char in[32] = {1};
  char out[32];
  DWORD out_len = code == ACQUIRE ? sizeof out : 0;
  struct call call = {.face = face,
                      .s = row->make(),
                      .code = code,
                      .in = in,
                      .in_len = sizeof in,
                      .out = out,
                      .out_len = out_len};

  assert_int_equal(call_make(&call), row->error);
  assert_int_equal(call.returned, row->bytes);
  if (file_of_socket >= 0) {
    close(file_of_socket);
    file_of_socket = -1;
  }
}

static void check_socket(const void* row) {
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    check_socket_code(row, CALL_WSA, codes[i]);
    check_socket_code(row, CALL_SPI, codes[i]);
  }
}

/* --- *lpcbBytesReturned comes first of all --- */

static void expect_fault(LPDWORD bytes,
                         DWORD code,
                         LPWSAOVERLAPPED overlapped) {
  int error = 0;
  SOCKET s = call_socket(IPPROTO_TCP);

  assert_int_equal(WSAIoctl(s, code, NULL, 0, NULL, 0, bytes, overlapped, NULL),
                   -1);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  assert_int_equal(
      WSAIoctl(INVALID_SOCKET, code, NULL, 0, NULL, 0, bytes, overlapped, NULL),
      -1);
  assert_int_equal(WSAGetLastError(), WSAEFAULT);
  assert_int_equal(WSPIoctl(s, code, NULL, 0, NULL, 0, bytes, overlapped, NULL,
                            NULL, &error),
                   -1);
  assert_int_equal(error, WSAEFAULT);
  call_close(s);
}

static void check_no_bytes(void) {
  WSAOVERLAPPED overlapped = {.hEvent = NULL};
  LPDWORD places[] = {NULL, call_unmapped(), call_read_only(),
                      call_before_the_end(2), call_of_the_kernel()};

  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    expect_fault(places[i], ACQUIRE, NULL);
    expect_fault(places[i], ACQUIRE, &overlapped);
    expect_fault(places[i], 0, NULL);
    expect_fault(places[i], 0, &overlapped);
  }
}

static void check_not_started(void) {
  struct call call = {.s = INVALID_SOCKET, .code = ACQUIRE};

  call_stop();
  assert_int_equal(call_make(&call), WSANOTINITIALISED);
  assert_int_equal(call.returned, CALL_UNTOUCHED);
  call.face = CALL_SPI;
  assert_int_equal(call_make(&call), WSANOTINITIALISED);
  call_start();
  assert_int_equal(call_make(&call), WSAENOTSOCK);
}

int main(void) {
  TABLE_ADD(input_rows, check_input);
  TABLE_ADD(socket_rows, check_socket);
  table_add_one("S7: given no place for the bytes, then WSAEFAULT before all",
                check_no_bytes);
  table_add_one("S7: given Winsock is not started, then WSANOTINITIALISED",
                check_not_started);
  return call_run("winsock_input");
}
