/* fake.h - a Windows of our own: one map of ports for each transport, the
 * sockets that hold reservations, and a note of how it was called.
 *
 * It writes what it returns byte by byte, by the offsets of the documents and
 * not by any header's structures. A call that Windows would not understand (a
 * wrong size, a pointer that must be NULL) counts as misuse; every test ends
 * with none.
 */
#ifndef PORTRES_TESTS_WIN_FAKE_H
#define PORTRES_TESTS_WIN_FAKE_H

#include <winsock2.h>
/* This one wants the other first. */
#include <stdbool.h>

/* The calls that may be told to fail once, or for good. */
enum fake_call {
  FAKE_ACQUIRE,
  FAKE_ASSOCIATE,
  FAKE_RELEASE,
  FAKE_GETSOCKOPT,
  FAKE_SOCKET,
  FAKE_CREATE,
  FAKE_DELETE,
  FAKE_LOOKUP,
  FAKE_TABLE,
  FAKE_CALLS
};

struct fake {
  DWORD errors[FAKE_CALLS]; /* what the call fails with; 0: it does not */
  int counts[FAKE_CALLS];
  bool has_no_library;
  const char* missing;      /* a function that is not exported; "*": all */
  int misuses;              /* calls that Windows would not understand */
  int open_sockets;         /* that were made and not closed */
  int open_libraries;       /* that were loaded and not freed */
  bool gives_no_token;      /* an acquire that succeeds with token 0 */
  USHORT gives_count;       /* or with another count than was wanted */
  unsigned char last_in[8]; /* of the last WSAIoctl */
  DWORD last_code;
  USHORT last_start_be; /* of the last persistent function */
  const char* last_function;
  int growing_tables; /* how often a table is too large for its size */
};
extern struct fake fake;

/* As new: no reservations, nothing bound, nothing fails. */
void fake_reset(void);

/* A socket of the caller's, of any kind. */
SOCKET fake_open(int type, int protocol);

/* End the reservations that were acquired on it. */
int fake_closesocket(SOCKET s);

/* A row for a table of ports: some process has this one. */
void fake_bind(int protocol, int family, USHORT port, DWORD pid);

/* Another process' reservation. */
void fake_reserve(int protocol, USHORT start, USHORT count);

/* A persistent reservation gets another token, as by a restart. */
void fake_restart(void);

/* Let the nth allocation from now on fail; 0: none. */
void fake_fail_allocation(int nth);

#endif
