/* hook_support.h - what the hook tests share: blocks of ports, sockets of a
 *                  block, children, and system calls that no hook can see.
 *
 * Functions that cannot fail in a healthy test fail the row by themselves;
 * those marked "in a child" never do, for a child must not return to CMocka.
 */
#ifndef PORTRES_TESTS_HOOK_SUPPORT_H
#define PORTRES_TESTS_HOOK_SUPPORT_H

#include <errno.h>
#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "net.h"
#include "table.h"

/* No kernel and no libc uses this number: what errno holds when untouched. */
enum { HOOK_ERRNO = 4711 };

/* The names of libc; tests/bsd has others. */
#ifndef HOOK_SYMBOL
#define HOOK_SYMBOL(name) name
#endif

/* libc's headers rename these where file offsets are 64 bits wide. */
int hook_plain_fcntl(int fd, int command, ...) __asm__(HOOK_SYMBOL("fcntl"));
FILE* hook_plain_freopen(const char* path,
                         const char* mode,
                         FILE* stream) __asm__(HOOK_SYMBOL("freopen"));

struct hook_block {
  int owner; /* the acquiring socket */
  int protocol;
  struct portres_range range;
  portres_token token;
};

struct hook_block hook_acquire(int protocol, uint16_t count);

/* All ports must have come back; then the acquiring socket closes. */
void hook_finish(const struct hook_block* block);

/* Sockets of the block: v4, associated, not bound or bound to loopback. */
int hook_member(const struct hook_block* block);
int hook_bound_member(const struct hook_block* block);

/* Bind to loopback, port 0; 0 or errno. May be used in a child. */
int hook_bind(int s);
/* The same until it works or a second is over: a full block is looked through
 * for ports that came back unseen, but not more often than every 10 ms. */
int hook_bind_soon(int s);
/* Bind to loopback at an explicit port; 0 or errno. May be used in a child. */
int hook_bind_at(int s, uint16_t port);
/* The port of a socket, 0 for none, -1 for no socket. May be used in a child */
int hook_port(int s);

bool hook_is_inside(const struct hook_block* block, int port);
void hook_expect(const struct hook_block* block, unsigned used, unsigned free);
bool hook_is_alive(portres_token token);
int hook_used(const struct hook_block* block); /* ports; may be in a child */

/* For functions that must not leave by an assertion, in children and threads:
 * they return 0 for success and a line (modulo 255, plus 1) for failure. */
#define HOOK_CLAIM(claim)      \
  if (!(claim)) {              \
    return __LINE__ % 255 + 1; \
  }

/* Run `body` in a fork()ed child: what it returned, or 256 + the signal that
 * ended it. */
int hook_in_child(int (*body)(void* arg), void* arg);
int hook_status_of(int pid);

double hook_seconds(void); /* of a clock that only goes on */

/* When a race that begins now is to end: after the seconds, or, with
 * PORTRES_TEST_PACE=N, after N times as many. */
double hook_end_of_race(double seconds);

/* A system call by its instruction, past libc: what io_uring, Go or an
 * assembler routine does. The result is the kernel's: -errno for a failure. */
void hook_need_hidden(void); /* or skip */
long hook_hidden(long number, long a, long b, long c, long d, long e, long f);
void hook_hidden_close(int s);

#endif
