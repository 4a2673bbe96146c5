#include "winsock_call.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LAST_ERROR = 4711, ERROR_ASIDE = 4712 };

static int make_wsa(const struct call* call) {
  int result;

  WSASetLastError(LAST_ERROR);
  result =
      WSAIoctl(call->s, call->code, call->in, call->in_len, call->out,
               call->out_len, call->bytes, call->overlapped, call->routine);
  if (result == 0) {
    assert_int_equal(WSAGetLastError(), 0);
    return 0;
  }
  assert_int_equal(result, SOCKET_ERROR);
  assert_int_not_equal(WSAGetLastError(), LAST_ERROR);
  assert_int_not_equal(WSAGetLastError(), 0);
  return WSAGetLastError();
}

static int make_spi(const struct call* call) {
  int error = ERROR_ASIDE;
  int result;

  WSASetLastError(LAST_ERROR);
  result = WSPIoctl(call->s, call->code, call->in, call->in_len, call->out,
                    call->out_len, call->bytes, call->overlapped, call->routine,
                    call->thread, &error);
  assert_int_equal(WSAGetLastError(), LAST_ERROR);
  if (result == 0) {
    assert_int_equal(error, ERROR_ASIDE);
    return 0;
  }
  assert_int_equal(result, SOCKET_ERROR);
  assert_int_not_equal(error, ERROR_ASIDE);
  return error;
}

int call_make(struct call* call) {
  int error;

  call->returned = CALL_UNTOUCHED;
  if (call->bytes == NULL) {
    call->bytes = &call->returned;
  }
  errno = ENOTNAM;
  error = call->face == CALL_WSA ? make_wsa(call) : make_spi(call);
  assert_int_equal(errno, ENOTNAM);
  return error;
}

int call_acquire(enum call_face face,
                 SOCKET s,
                 USHORT start,
                 USHORT count,
                 INET_PORT_RESERVATION_INSTANCE* out) {
  INET_PORT_RANGE range = {.StartPort = htons(start), .NumberOfPorts = count};
  struct call call = {.face = face,
                      .s = s,
                      .code = SIO_ACQUIRE_PORT_RESERVATION,
                      .in = &range,
                      .in_len = sizeof range,
                      .out = out,
                      .out_len = sizeof *out};
  int error = call_make(&call);

  assert_int_equal(call.returned, error == 0 ? sizeof *out : 0);
  return error;
}

static int call_with_token(enum call_face face,
                           SOCKET s,
                           DWORD code,
                           ULONG64 token) {
  INET_PORT_RESERVATION_TOKEN in = {.Token = token};
  struct call call = {
      .face = face, .s = s, .code = code, .in = &in, .in_len = sizeof in};
  int error = call_make(&call);

  assert_int_equal(call.returned, 0);
  return error;
}

int call_associate(enum call_face face, SOCKET s, ULONG64 token) {
  return call_with_token(face, s, SIO_ASSOCIATE_PORT_RESERVATION, token);
}

int call_release(enum call_face face, SOCKET s, ULONG64 token) {
  return call_with_token(face, s, SIO_RELEASE_PORT_RESERVATION, token);
}

/* --- Sockets --- */

SOCKET call_socket(int protocol) {
  SOCKET s = portres_ws_socket(
      AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, protocol);

  assert_true(s != INVALID_SOCKET);
  return s;
}

void call_close(SOCKET s) {
  assert_int_equal(closesocket(s), 0);
}

USHORT call_port(SOCKET s) {
  struct sockaddr_in name = {.sin_port = 0};
  int len = sizeof name;

  assert_int_equal(portres_ws_getsockname(s, (struct sockaddr*)&name, &len), 0);
  return ntohs(name.sin_port);
}

int call_bind(SOCKET s, USHORT port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};

  return portres_ws_bind(s, (struct sockaddr*)&name, sizeof name) == 0
             ? 0
             : WSAGetLastError();
}

void call_start(void) {
  WSADATA data;

  assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

void call_stop(void) {
  assert_int_equal(WSACleanup(), 0);
}

/* --- Memory --- */

static char* map(size_t pages, int protection) {
  char* memory = mmap(NULL, pages * (size_t)sysconf(_SC_PAGESIZE), protection,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  assert_true(memory != MAP_FAILED);
  return memory;
}

void* call_before_the_end(size_t size) {
  static char* pages;
  size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

  if (pages == NULL) {
    pages = map(2, PROT_READ | PROT_WRITE);
    assert_int_equal(mprotect(pages + page_size, page_size, PROT_NONE), 0);
  }
  memset(pages, 0, page_size);
  return pages + page_size - size;
}

void* call_unmapped(void) {
  static char* page;

  if (page == NULL) {
    page = map(1, PROT_NONE);
  }
  return page;
}

void* call_read_only(void) {
  static char* page;

  if (page == NULL) {
    page = map(1, PROT_READ);
  }
  return page;
}

void* call_of_the_kernel(void) {
  return (void*)(UINTPTR_MAX - 0xFFFF);
}

int call_run(const char* group) {
  WSADATA data;
  int result;

  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  result = table_run(group);
  WSACleanup();
  return result;
}
