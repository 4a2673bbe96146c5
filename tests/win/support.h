/* support.h - what the tests of src/win share. */
#ifndef PORTRES_TESTS_WIN_SUPPORT_H
#define PORTRES_TESTS_WIN_SUPPORT_H

#include "fake.h"
/* This one wants the other first. */
#include <portres/portres.h>

#include "../table.h"

enum { TCP = IPPROTO_TCP, UDP = IPPROTO_UDP };

/* Around every check: a fresh Windows before it, no misuse and nothing left
 * open after it. */
void support_begin(void);
void support_end(void);

/* A socket of the transport, in the fake Windows. */
SOCKET support_socket(int protocol);

struct portres_range support_range(unsigned start, unsigned count);

/* Acquire, which must succeed. */
struct portres_reservation support_acquire(SOCKET s,
                                           unsigned start,
                                           unsigned count);

/* The reservations that are listed; the status must be as given. */
int support_count(int status);

/* A row that is a scenario without data. */
struct support_row {
  const char* name;
  void (*check)(void);
};
void support_check(const void* data);

#endif
