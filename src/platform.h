/* platform.h - the boundary: all that the core asks of a platform.
 *
 * Part 1 is the facility itself. Windows has it in the kernel, and src/win
 * calls it there; elsewhere src/engine.c is the facility, and asks part 2 of
 * src/posix. Part 3 serves both.
 *
 * Every function here is thread-safe, returns 0 or a status of portres.h, and
 * may change errno: src/api.c keeps it from the caller.
 */
#ifndef PORTRES_PLATFORM_H
#define PORTRES_PLATFORM_H

#include <portres/portres.h>
#include <stdbool.h>

#include "handle.h"

/* --- 1. The facility -----------------------------------------------------
 *
 * Before: pointers are not NULL, and sizes, enumerations and ranges have been
 * checked by src/api.c; the socket and the token have not. */

/* Whether the facility serves this socket. Returns: 0, ENOTSOCK, EOPNOTSUPP. */
int portres__facility_check(portres_socket s);

/* Obstacles: those of an acquire that waits, else NULL. After a failure they
 * tell whether it is worth while to try again. */
struct portres__obstacles;
int portres__facility_acquire(portres_socket s,
                              const struct portres_options* options,
                              struct portres__obstacles* obstacles,
                              struct portres_reservation* out);
int portres__facility_associate(portres_socket s, portres_token token);
int portres__facility_release(portres_socket s, portres_token token);
int portres__facility_describe(portres_token token, struct portres_info* info);

/* Up to `capacity` reservations; how many there are, even if more. The status
 * tells why persistent ones may be missing: as portres_list(). */
size_t portres__facility_snapshot(struct portres_info* infos,
                                  size_t capacity,
                                  int* status_out);

int portres__facility_persistent_create(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out);
int portres__facility_persistent_delete(enum portres_protocol protocol,
                                        struct portres_range range);
int portres__facility_persistent_lookup(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out);

/* --- 2. What an emulation asks of the system --- */

struct portres__socket_facts {
  enum portres_protocol protocol;
  uint16_t family;   /* the system's number */
  bool is_bound;     /* it has a local port */
  uint64_t identity; /* same for all descriptors of one socket, else never */
};

/* Returns: 0, ENOTSOCK, EOPNOTSUPP (no TCP or UDP socket). */
int portres__platform_socket_facts(portres_socket s,
                                   struct portres__socket_facts* out);

/* The endpoint this descriptor is known by, or 0. After: an endpoint of a
 * socket that once had this number is forgotten.
 * Lock: the engine's is held. */
portres__handle portres__platform_endpoint_of(portres_socket s,
                                              uint64_t identity);

/* Know the descriptor by this endpoint, whose reference passes to it.
 * Lock: the engine's is held. Returns: 0, ENOBUFS (the reference stays). */
int portres__platform_endpoint_attach(portres_socket s,
                                      portres__handle endpoint);

/* In a forked child: take a reference for each descriptor that names an
 * endpoint, and forget those whose endpoint is no more. */
void portres__platform_count_descriptors(void);

/* Forget the sockets that hold a port of this reservation and were closed
 * behind our back. */
struct portres__reservation;
void portres__platform_sweep(const struct portres__reservation* reservation);

/* Look whether every port of the range could be bound. TIME_WAIT alone counts
 * as free when `over_remnants`, else as busy.
 * Lock: the acquire lock is held.
 * Returns: 0; EADDRINUSE and the busy port; EACCES; ENETDOWN; ENOBUFS. */
int portres__platform_probe(enum portres_protocol protocol,
                            struct portres_range range,
                            bool over_remnants,
                            uint16_t* busy_out);

/* Whether somebody has the port, but for TIME_WAIT alone, by one bind, which
 * takes the port for a moment if it is free. The area, which the port is in, is
 * looked at for such as soon as that matters, and once until `*is_surveyed_io`
 * is false again. Lock: the acquire lock is held. */
bool portres__platform_is_taken(enum portres_protocol protocol,
                                uint16_t port,
                                struct portres_range area,
                                bool* is_surveyed_io);

/* Whether the probe leaves guards, which an acquire at scope machine cannot do
 * without (see below). Lock: the acquire lock is held. */
bool portres__platform_probe_guards(void);

/* Where the kernel picks ports by itself; count 0: not known. */
struct portres_range portres__platform_ephemeral(void);

/* True when bind() of this program comes to us, or it promised to call us. */
bool portres__platform_bind_reaches_us(void);

/* --- Guards: what keeps a block of scope machine from everybody else --- */
struct portres__guards;

/* Around portres__platform_probe(), which then leaves a guard at each port of
 * the range it found free: begin; take, once the range is had, which makes them
 * the caller's; end, which drops what was not taken. Nothing happens at other
 * scopes. Begin returns: 0; EOPNOTSUPP: this system has no such scope. NULL:
 * there are none, for want of memory or because they were too many for the
 * descriptors that this process may have. Lock: the acquire lock.
 */
int portres__platform_guards_begin(enum portres_protocol protocol,
                                   const struct portres_options* options);
struct portres__guards* portres__platform_guards_take(void);

/* So many more guards can be had, and leave the program enough of the
 * descriptors that this process may have. */
bool portres__platform_guards_are_affordable(uint32_t wanted);

void portres__platform_guards_end(void);

/* A socket had this port of the reservation until now, and it is held yet:
 * have it guarded again, if it can be. Async-signal-safe. */
void portres__platform_guard_again(struct portres__reservation* reservation,
                                   uint16_t port);

/* Close all of them: their reservation has ended. Async-signal-safe. */
void portres__platform_guards_close(struct portres__guards* guards);
void portres__platform_guards_free(struct portres__guards* guards);

/* --- The store of persistent reservations: one directory ---
 *
 * Returns of all: 0; ENOTFOUND: there is no such file or directory; EACCES;
 * ECORRUPT: something in it is not what we would have made, or is not to be
 * trusted; EDISKFULL; ENOBUFS. */

/* Give the text to `take`, piece by piece, until that returns false. No lock:
 * the text is one that was complete at some moment. Async-signal-safe. */
int portres__platform_store_read(
    bool (*take)(const char* text, size_t text_len, void* arg), void* arg);

/* May this process change the store? Returns also: EACCES, it may not. */
int portres__platform_store_check_rights(void);

/* Keep other writers out, of other processes too. With `may_make` a directory
 * that is missing is made. No lock of ours is held, for the wait may be long:
 * the acquire lock comes after this one. Between enter and leave only. Returns
 * also: EINTR, a signal came meanwhile. */
int portres__platform_store_lock(bool may_make);
void portres__platform_store_unlock(void);

/* Between lock and unlock: replace the text, so that a crash at any moment
 * leaves the old or the new one; and make the portmap's file the same as this
 * one, so that none of its ports is forgotten in a crash after the return. */
int portres__platform_store_write(const char* text, size_t text_len);
struct portres__portmap;
int portres__platform_portmap_publish(const struct portres__portmap* map);

/* Look whether there is a portmap's file, or another one than before, and have
 * portres__engine.portmap be that. */
void portres__platform_portmap_refresh(void);

/* What no other boot of the system has. Returns: 0, ENOBUFS: not known. */
enum { PORTRES__BOOT_SIZE = 16 };
int portres__platform_boot_id(uint8_t out[PORTRES__BOOT_SIZE]);

/* --- The ledger of scope shared: what all processes of this user have ---
 *
 * A stake is this process' access to the ledger of a network namespace. 0:
 * none, and nothing is asked of the ledger. */
typedef uint8_t portres__stake;
enum { PORTRES__STAKES_MAX = 8 }; /* ledgers that one process looks at */

enum portres__stake_kind {
  PORTRES__STAKE_OWN,       /* what is claimed ends with this process */
  PORTRES__STAKE_INHERITED, /* with the last process that was forked, too */
  PORTRES__STAKE_VISIT      /* own; no ledger is made for it */
};

/* Have access to the ledger of the socket's namespace (-1: of this thread's),
 * until it is given back. Lock: the acquire lock. Returns: 0; ENOTFOUND: there
 * is none; EOPNOTSUPP: another version of this library has its blocks in it;
 * EACCES, ECORRUPT, EDISKFULL, ENOBUFS. */
int portres__platform_ledger_enter(portres_socket s,
                                   enum portres__stake_kind kind,
                                   portres__stake* out);

/* Have it once more; to be given back as often. That is async-signal-safe. */
void portres__platform_ledger_hold(portres__stake stake);
void portres__platform_ledger_leave(portres__stake stake);

/* Have the range for this process alone. A patient one waits a moment for
 * somebody who may yet give it up. Lock: the acquire lock. Returns: 0;
 * EADDRINUSE and the last port of it that was seen to be another's; ENOBUFS. */
int portres__platform_ledger_claim(portres__stake stake,
                                   enum portres_protocol protocol,
                                   struct portres_range range,
                                   bool is_patient,
                                   uint16_t* busy_out);

/* Tell everybody whose the claimed range is. Returns: 0; ENOTFOUND: the ledger
 * has been removed, nobody else knows it; EDISKFULL, ENOBUFS. */
int portres__platform_ledger_settle(portres__stake stake,
                                    const struct portres_info* info);

/* Give a claimed range back. Async-signal-safe. */
void portres__platform_ledger_end(portres__stake stake,
                                  int protocol,
                                  struct portres_range range);

/* Open the ledger anew, in place of one that has been removed; what was
 * claimed in that one has to be claimed again. Returns: as enter. */
int portres__platform_ledger_renew(portres__stake stake);

/* The last port of the range that somebody may have; 0: there is none. */
uint16_t portres__platform_ledger_find_last(portres__stake stake,
                                            enum portres_protocol protocol,
                                            struct portres_range range);

/* The same, and somebody lives to have it, or is amid claiming it. */
uint16_t portres__platform_ledger_find_locked(portres__stake stake,
                                              enum portres_protocol protocol,
                                              struct portres_range range);

/* Forget what was claimed by processes that are no more; false: nothing. */
bool portres__platform_ledger_sweep(portres__stake stake);

/* Look at the ledger from now on when a socket binds, to refuse it other
 * processes' ports. An acquire at this scope does that by itself. */
void portres__platform_ledger_watch(void);

/* Whether another process has this port. Changes errno. Async-signal-safe. */
bool portres__platform_ledger_refuses(portres_socket s,
                                      int protocol,
                                      uint16_t port);

/* --- 3. Services --- */

/* Two locks: `acquire` puts whole acquires in a row, system calls included;
 * `engine` guards the tables and is held for moments. Acquire comes first.
 * Between enter and leave only: no signal handler runs while one is held. */
void portres__platform_lock_acquire(void);
void portres__platform_unlock_acquire(void);
void portres__platform_lock_engine(void);
void portres__platform_unlock_engine(void);

/* What a public call must leave as it was: errno, and a thread that is neither
 * cancelled nor interrupted by a signal in the middle. */
struct portres__platform_entry {
  int saved_errno;
  int saved_cancellation;
  uint64_t saved_signals[16]; /* the platform's own type fits in here */
};
struct portres__platform_entry portres__platform_enter(void);
void portres__platform_leave(struct portres__platform_entry entry);

/* Between enter and leave, with no lock: let so long pass, and signals and
 * cancellation as the caller has them; the handlers of a cancellation find the
 * caller's signal mask. Returns: 0; EINTR: a handler ran; ENOBUFS: the system
 * cannot wait. */
int portres__platform_pause(const struct portres__platform_entry* entry,
                            uint32_t duration_ms);

/* Milliseconds that have passed since some moment, by a clock that nobody sets.
 * Async-signal-safe. */
uint64_t portres__platform_now_ms(void);

/* The scope of an acquire that names none: the program's own choice, or that of
 * the environment; PORTRES_SCOPE_DEFAULT: nobody has chosen. Returns: 0,
 * EOPNOTSUPP. */
int portres__platform_default_scope(enum portres_scope* out);

/* The program chooses, PORTRES_SCOPE_DEFAULT: not any more. */
void portres__platform_choose_scope(enum portres_scope scope);

/* --- 4. Controls for tests: testing.h --- */

/* Have portres__testing_read() called with what the environment asks for, once
 * in the life of the process. */
void portres__platform_read_testing(void);
void portres__platform_complain_of_testing(const char* value,
                                           const char* problem);

/* Strangers: sockets that keep a port busy and are not the program's. To add
 * one returns as portres_testing_add_stranger(); to renew them brings back
 * those that were closed; to forget them is for a forked child. Lock: none of
 * ours, but the acquire lock may be held. */
int portres__platform_add_stranger(enum portres_protocol protocol,
                                   uint16_t port);
void portres__platform_renew_strangers(void);
void portres__platform_drop_strangers(void);
void portres__platform_forget_strangers(void);

/* --- 5. Of the process --- */

bool portres__platform_random(void* out, size_t out_len); /* false: none */

/* The time as 2026-11-22T21:36:06Z, cut to fit. */
void portres__platform_utc(char* out, size_t out_size);
uint32_t portres__platform_pid(void);

#endif
