/* descriptor.h - the descriptor behind a SOCKET, and what Winsock knows of it.
 *
 * A table by descriptor: sockets that Winsock's own calls made are marked, with
 * what POSIX has no place for. A descriptor made elsewhere is a socket too, an
 * overlapped one, as socket() makes them on Windows.
 *
 * Who closes a SOCKET by close() leaves its notes to whatever gets its number
 * next, unless Winsock makes that: none of them does harm there.
 */
#ifndef PORTRES_WINSOCK_DESCRIPTOR_H
#define PORTRES_WINSOCK_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "portres_ws/socket.h"

/* The descriptor of an open socket when Winsock is started; else -1, and the
 * last error is WSANOTINITIALISED or WSAENOTSOCK. */
int portres__ws_descriptor(SOCKET s);

/* The number that the kernel may be asked about: Winsock is started, and `s` is
 * no larger than a descriptor can be. Else -WSANOTINITIALISED, -WSAENOTSOCK. */
int portres__ws_fd(SOCKET s);

/* An option of SOL_SOCKET that is an int, SO_DOMAIN and SO_TYPE mostly; or
 * -WSAENOTSOCK for what is no socket. */
int portres__ws_fact(int fd, int option);

/* The negative of `error`, or -WSAENOTSOCK where that comes first: Windows
 * looks at the socket before it looks at the other arguments. */
int portres__ws_refuse(int fd, int error);

/* Whether it has a local address; UNIX sockets have one too. */
bool portres__ws_is_bound(int fd);

bool portres__ws_is_blocking(int fd);

/* Whether lpOverlapped means something: WSA_FLAG_OVERLAPPED, or socket(). */
bool portres__ws_is_overlapped(int fd);

/* SIO_CPU_AFFINITY was set: such sockets of one token may share a port. */
bool portres__ws_has_affinity(int fd);
int portres__ws_set_affinity(int fd); /* 0, or a Winsock number */

/* What Winsock knows of a descriptor that has just been made; to be forgotten
 * when it is closed. */
void portres__ws_know(int fd, bool is_overlapped);
void portres__ws_forget(int fd);

/* What is noted of a descriptor beside that. */
enum portres__ws_note {
  PORTRES__WS_IS_KNOWN = 1 << 0, /* Winsock made it */
  PORTRES__WS_IS_PLAIN = 1 << 1, /* without WSA_FLAG_OVERLAPPED */
  PORTRES__WS_HAS_AFFINITY = 1 << 2,
  PORTRES__WS_IS_EXCLUSIVE = 1 << 3,
  PORTRES__WS_IS_BOUND = 1 << 4,       /* seen to be */
  PORTRES__WS_IS_CONNECTING = 1 << 5,  /* connect() said WSAEWOULDBLOCK */
  PORTRES__WS_NO_RECEIVE = 1 << 6,     /* SD_RECEIVE */
  PORTRES__WS_NO_SEND = 1 << 7,        /* SD_SEND */
  PORTRES__WS_RANDOMIZE_PORT = 1 << 8, /* these have no effect */
  PORTRES__WS_SCALABILITY = 1 << 9,
  PORTRES__WS_UNICASTPORT = 1 << 10,
  PORTRES__WS_CONDITIONAL = 1 << 11,
  PORTRES__WS_HAS_CONNECTED = 1 << 12, /* select() said so */
  PORTRES__WS_REUSES_LATE = 1 << 13    /* SO_REUSEADDR is listen()'s */
};

bool portres__ws_has(int fd, enum portres__ws_note note);

/* Returns: 0, or -WSAENOBUFS. */
int portres__ws_set(int fd, enum portres__ws_note note, bool is_set);

/* Around a call that may block. A socket that is closed meanwhile ends it with
 * WSAEINTR, as on Windows; the kernel would let it wait for ever. */
struct portres__ws_wait {
  int fd;
  uint32_t generation;
  uint32_t forks;
};
struct portres__ws_wait portres__ws_wait_begin(int fd);
int portres__ws_wait_end(struct portres__ws_wait wait, int result);

/* How often the descriptor was closed by Winsock's calls, once none is about
 * to; a call that asks before it looks at the socket can tell later whether it
 * has lost that. */
uint32_t portres__ws_closes(int fd);
bool portres__ws_was_closed(int fd, uint32_t closes);

/* Around the close, and what goes before it. */
void portres__ws_begin_close(int fd);
void portres__ws_end_close(int fd);

/* Before closing: wake who waits for it. */
void portres__ws_wake_waiters(int fd);

/* Close all that Winsock made and that is open still. */
void portres__ws_close_all(void);

#endif
