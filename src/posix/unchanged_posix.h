/* unchanged_posix.h - programs that nobody changed: PORTRES_BLOCK.
 *
 * PORTRES_BLOCK=tcp:START:COUNT[,udp:START:COUNT...] gives the process blocks
 * of its own. A socket counts as associated when it is bound to port 0, or to
 * a port inside a block; with PORTRES_OUTGOING=1 also when connect() or
 * sendto() would bind it. A block is acquired when a bind first needs it, and
 * a forked child goes on with it, as daemons and their workers must.
 */
#ifndef PORTRES_UNCHANGED_POSIX_H
#define PORTRES_UNCHANGED_POSIX_H

#include <portres/testing.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "rare.h"

enum portres__unchanged_state {
  PORTRES__UNCHANGED_UNKNOWN,
  PORTRES__UNCHANGED_OFF,
  PORTRES__UNCHANGED_ON,
  PORTRES__UNCHANGED_OUTGOING
};

extern _Atomic int portres__unchanged_state;
PORTRES__RARE void portres__unchanged_read_environment(void);

static inline int portres__unchanged_known_state(void) {
  int state =
      atomic_load_explicit(&portres__unchanged_state, memory_order_acquire);

  if (state == PORTRES__UNCHANGED_UNKNOWN) {
    portres__unchanged_read_environment();
    state = atomic_load(&portres__unchanged_state);
  }
  return state;
}

static inline bool portres__unchanged_is_on(void) {
  return portres__unchanged_known_state() >= PORTRES__UNCHANGED_ON;
}

static inline bool portres__unchanged_is_outgoing(void) {
  return portres__unchanged_known_state() == PORTRES__UNCHANGED_OUTGOING;
}

/* bind() of a socket that has no association of its own. False: it does not
 * count as associated. True: it does, and this is the result of bind(). */
PORTRES__RARE bool portres__unchanged_bind(int fd,
                                           const struct sockaddr* address,
                                           socklen_t address_len,
                                           int* result_out);

/* The same before a call that would bind an unbound socket. Returns: 0 (also
 * when it does not count), or -1 and errno. `call` is for the controls of
 * tests. */
int portres__unchanged_bind_implicitly(int fd, enum portres_testing_call call);

/* listen() in a tree of processes, where it takes a supervisor. False: this is
 * none, or the socket is not concerned. True: this is the result. */
bool portres__unchanged_listen(int fd, int backlog, int* result_out);

/* Held while a block is acquired. Before: signals are blocked. */
void portres__unchanged_lock(void);
void portres__unchanged_unlock(void);

void portres__unchanged_after_fork(void);

#endif
