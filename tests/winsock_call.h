/* winsock_call.h - WSAIoctl() and WSPIoctl() as one call with a face.
 *
 * The wrapper holds what is true of every call, so that no row repeats it:
 * WSAIoctl() tells its error by WSAGetLastError() and nothing else, 0 after a
 * success; WSPIoctl() by *lpErrno, and leaves the last error alone; errno is
 * as it was.
 */
#ifndef PORTRES_TESTS_WINSOCK_CALL_H
#define PORTRES_TESTS_WINSOCK_CALL_H

#include <portres_ws/event.h>
#include <portres_ws/persistent.h>
#include <portres_ws/reservation.h>
#include <portres_ws/spi.h>

#include "table.h"

enum call_face { CALL_WSA, CALL_SPI };

/* What *lpcbBytesReturned holds before a call. */
#define CALL_UNTOUCHED 0xDEADBEEFu

struct call {
  enum call_face face;
  SOCKET s;
  DWORD code;
  void* in;
  DWORD in_len;
  void* out;
  DWORD out_len;
  LPDWORD bytes; /* call_make() points it to `returned` */
  LPWSAOVERLAPPED overlapped;
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
  LPWSATHREADID thread; /* of WSPIoctl */
  DWORD returned;
};

/* 0 or the Winsock number. */
int call_make(struct call* call);

/* The three codes, synchronous; StartPort in host order. */
int call_acquire(enum call_face face,
                 SOCKET s,
                 USHORT start,
                 USHORT count,
                 INET_PORT_RESERVATION_INSTANCE* out);
int call_associate(enum call_face face, SOCKET s, ULONG64 token);
int call_release(enum call_face face, SOCKET s, ULONG64 token);

/* --- Sockets, with Winsock started --- */

SOCKET call_socket(int protocol);
void call_close(SOCKET s);
USHORT call_port(SOCKET s);
int call_bind(SOCKET s, USHORT port); /* 0 or the Winsock number */
void call_start(void);
void call_stop(void);

/* --- Memory that is not there --- */

/* Two pages, of which the second is not there; `size` bytes before it. */
void* call_before_the_end(size_t size);
void* call_unmapped(void);
void* call_read_only(void);
void* call_of_the_kernel(void);

/* table_run() between WSAStartup() and WSACleanup(). */
int call_run(const char* group);

#endif
