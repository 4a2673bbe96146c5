/* guard_posix.h - a guard: a socket of ours that keeps one port from everybody.
 *
 * A guard is kept (kept_posix.h): moved out of the program's way, closed in
 * forked children. All but the probe is async-signal-safe.
 */
#ifndef PORTRES_GUARD_POSIX_H
#define PORTRES_GUARD_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "kept_posix.h"

/* A guard is made between these, and what is kept is closed, with all signals
 * blocked. A fork waits for it, for the child would have a copy of a socket
 * that nobody knows of, yet or any more. May be nested. False: a fork is under
 * way, and no guard is to be made now. */
struct portres__guard_entry {
  unsigned long signals[16]; /* the platform's type fits in here */
};
bool portres__guard_enter(struct portres__guard_entry* out);

/* The same, for what cannot be put off: waits for a fork that is under way. Not
 * for ever, for it may be this thread's. */
void portres__guard_enter_patiently(struct portres__guard_entry* out);
void portres__guard_leave(const struct portres__guard_entry* entry);
void portres__guard_before_fork(void);
void portres__guard_after_fork(bool is_child);

/* Another number after each fork(); and whether a child may be so young that it
 * has not closed its copies of our guards. */
uint32_t portres__guard_era(void);
bool portres__guard_has_young_child(void);

/* Guards of this process that are there. */
unsigned portres__guard_count(void);

/* False once a guard was of IPv4, for want of IPv6. */
bool portres__guard_is_always_of_ipv6(void);

/* Bind a guard to the port and keep it. Over remnants: beside closed
 * connections that allow for that (SO_REUSEADDR). Between enter and leave, or
 * with the probe lock. Returns: 0 or an errno value, nothing is kept then. */
int portres__guard_open(struct portres__kept* kept,
                        enum portres_protocol protocol,
                        uint16_t port,
                        bool over_remnants);

/* The same beside the program's socket that has the port, and that other
 * processes may share. */
int portres__guard_open_beside(struct portres__kept* kept,
                               enum portres_protocol protocol,
                               uint16_t port,
                               int holder,
                               bool is_shared);

/* --- Aside ---
 *
 * A guard of UDP that has stepped aside for a socket keeps the port from others
 * all the same, but for sockets that are bound to a device; and to it no
 * datagram comes. So it can stay while a socket has the port, and be there when
 * that is closed, by whichever process that has it. */

/* False: it cannot, and is what it was. */
bool portres__guard_step_aside(struct portres__kept* kept);

/* No socket but such guards has the port. `scratch` keeps nothing. */
bool portres__guard_is_port_left(struct portres__kept* scratch,
                                 enum portres_protocol protocol,
                                 uint16_t port);

/* Try the bind of a socket like `fd`, as if there were no such guards.
 * `scratch` keeps nothing. Returns: 0 or an errno value; EADDRINUSE: others
 * refuse it. */
int portres__guard_ask(struct portres__kept* scratch,
                       int fd,
                       const struct sockaddr* address,
                       socklen_t address_len);

/* Have a guard like others in its place, beside the program's socket that has
 * the port (-1: there is none). Meanwhile `next`, which keeps nothing, keeps
 * the new one. Returns: 0 or an errno value, and it is what it was then. */
int portres__guard_come_back(struct portres__kept* kept,
                             struct portres__kept* next,
                             uint16_t port,
                             int holder);

/* Close it, if there is one. */
void portres__guard_close(struct portres__kept* kept);

/* portres__guardsocket_clean() */
bool portres__guard_clean(struct portres__kept* kept);

#endif
