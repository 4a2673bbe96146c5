/* testing.h - make every failure of the error table happen, in a test.
 *
 * These controls are of the emulation: each row of Windows' error table can be
 * reached on a machine that is in order. They are part of every build and do
 * nothing until one of them is called, or the environment asks for it:
 *
 *   PORTRES_TESTING="fail=acquire:1:2:EACCES; network=down"
 *
 * does the same in a program that nobody changed. Items are separated by
 * semicolons or spaces:
 *
 *   fail=CALL:NTH[:COUNT]:STATUS     portres_testing_fail; COUNT 1
 *   pend=CALL:NTH[:COUNT]:SETTLE     portres_testing_pend; COUNT 1; SETTLE is a
 *                                    STATUS, or `later`
 *   administrator=yes|no|system      portres_testing_set_administrator
 *   network=down|up                  portres_testing_set_network_down
 *   exclude=tcp|udp:START:COUNT      portres_testing_exclude
 *   stranger=tcp|udp:PORT            portres_testing_add_stranger
 *   dynamic=START:COUNT              portres_testing_set_dynamic_range
 *   order=lowest|rotating|seeded:SEED  portres_testing_set_order
 *
 * CALL is a name of portres_testing_call in lower case, without its prefix.
 * STATUS is a name as of portres_error_name(), such as EACCES, or Winsock's
 * name for it (WSAEACCES, WSA_OPERATION_ABORTED), or its number (10013, -10013;
 * 0 is success). A value that is malformed makes the calls of portres.h, and
 * the binds of associated sockets, fail with EINVAL; one line on stderr says
 * what is wrong with it. The value is read once, at load, and not at all where
 * secure_getenv() does not trust it.
 *
 * Threads:  every function may be called from any thread, but for what its
 *           comment says. None is safe in a signal handler.
 * Errors:   0, or a negative status of portres.h; errno is left alone. EINVAL:
 *           a value that is out of the range its comment gives.
 * Fork:     a child keeps the settings, and its counts go on from the parent's.
 *           Strangers stay with the parent, until its end; operations that pend
 *           there do not pend in the child. An executed program begins anew, by
 *           its environment.
 * Windows:  the system there is the real one: each control that returns a
 *           status answers EOPNOTSUPP, the questions of faces are answered with
 *           0, and the environment is not looked at.
 */
#ifndef PORTRES_TESTING_H
#define PORTRES_TESTING_H

#include <portres/portres.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of calls. BIND to SEND count for associated sockets only: the calls of
 * other sockets are none of this library's. Sends of all kinds are SEND. */
enum portres_testing_call {
  PORTRES_TESTING_ACQUIRE = 1, /* also that of a block of PORTRES_BLOCK */
  PORTRES_TESTING_ASSOCIATE = 2,
  PORTRES_TESTING_RELEASE = 3,
  PORTRES_TESTING_BIND = 4,
  PORTRES_TESTING_CONNECT = 5,
  PORTRES_TESTING_LISTEN = 6,
  PORTRES_TESTING_SEND = 7,
  PORTRES_TESTING_CREATE = 8, /* portres_persistent_create() */
  PORTRES_TESTING_DELETE = 9,
  PORTRES_TESTING_LOOKUP = 10
};

enum portres_testing_right {
  PORTRES_TESTING_RIGHT_SYSTEM = 0, /* as it is */
  PORTRES_TESTING_RIGHT_YES = 1,
  PORTRES_TESTING_RIGHT_NO = 2
};

/* Failures */

/**
 * Make calls of one kind fail: the nth from now on, and count - 1 after it.
 *
 * Such a call does nothing and fails with `status`, whatever its arguments;
 * only NULL pointers are refused before it, and not counted. A libc call fails
 * with the errno of the status, or EINVAL where it has none. `nth` is from 1,
 * the next call, to 16777215; `count` from 0, for all from then on, to
 * 16777215; `status` is one of portres.h, but not 0. Up to 16 of these may be
 * set for a kind; each counts every call, and where two meet in one call, one
 * of them is its status.
 *
 * Returns: 0; EINVAL; ENOBUFS: 16 of this kind are not over yet.
 */
PORTRES_API int portres_testing_fail(enum portres_testing_call call,
                                     unsigned nth,
                                     unsigned count,
                                     int status);

/**
 * Take the network down, or bring it up again (0).
 *
 * While it is down, acquire, associate and release fail with ENETDOWN, and so
 * do bind, connect, listen and sends of associated sockets.
 *
 * Returns: 0.
 */
PORTRES_API int portres_testing_set_network_down(int is_down);

/* The machine */

/**
 * Tell whether this process is an administrator, for persistent reservations.
 *
 * Returns: 0; EINVAL: not a value of the enumeration.
 */
PORTRES_API int portres_testing_set_administrator(
    enum portres_testing_right right);

/**
 * Do what a restart of the machine does, but for the processes.
 *
 * The reservations of this process end, as if released; those of PORTRES_BLOCK
 * stay, for whoever starts the program again gets them again. Persistent
 * reservations stay too, and have new tokens in this process. The network is
 * up. portres_testing_reset() does not bring former tokens back.
 *
 * Returns: 0.
 */
PORTRES_API int portres_testing_restart(void);

/**
 * Exclude ports as an administrator does by netsh.
 *
 * From now on an acquire of any of them fails with EADDRINUSE, and wildcard
 * blocks step over them; a plain bind to one is as before. The range is from
 * port 1 to 65535. It may overlap others, and what is reserved already.
 *
 * Returns: 0; EINVAL: also for a protocol that is neither TCP nor UDP.
 * Windows: netsh int ipv4 add excludedportrange refuses ports that are in use.
 */
PORTRES_API int portres_testing_exclude(enum portres_protocol protocol,
                                        struct portres_range range);

/**
 * Let a stranger take a port: any, from 1 to 65535, a reserved one, too.
 *
 * A socket that is neither the program's nor ours is bound to it, really: to
 * the wildcard address of IPv6 and IPv4, without options, in the network
 * namespace of the calling thread. No process can bind it then, until
 * portres_testing_reset() or the end of this process. Its descriptor is high
 * and closed at exec and in forked children. If the program closes it, or the
 * parent of a child has ended, then the stranger is back at the next acquire
 * that finds the port free.
 *
 * Returns: 0, also when this port has a stranger already; EINVAL; EACCES: a
 *          privileged port; EADDRINUSE: it is taken; ENOBUFS: no descriptor or
 *          memory, or 256 strangers are there.
 */
PORTRES_API int portres_testing_add_stranger(enum portres_protocol protocol,
                                             uint16_t port);

/**
 * Set the dynamic range, in which wildcard blocks are placed, of TCP and UDP.
 *
 * As with the default range, the part outside of the kernel's own ephemeral
 * range comes first. The range is from port 1 to 65535, of any size; a count
 * of 0 sets the default again.
 *
 * Returns: 0; EINVAL.
 * Windows: netsh wants at least 255 ports, from 1025 on.
 */
PORTRES_API int portres_testing_set_dynamic_range(struct portres_range range);

/**
 * Set the order of picks for reservations that ask for PORTRES_ORDER_LOWEST.
 *
 * It holds for those acquired from now on. `seed` is any number; it matters for
 * PORTRES_ORDER_SEEDED, and each of them begins with it.
 *
 * Returns: 0; EINVAL: no order.
 */
PORTRES_API int portres_testing_set_order(enum portres_order order,
                                          uint64_t seed);

/* Overlapped operations
 *
 * Only libportres-winsock has them; the calls of portres.h never pend. */

/**
 * Make overlapped calls of one kind pend: the nth from now on, and so on.
 *
 * `nth` and `count` are as for portres_testing_fail(), and count overlapped
 * calls alone. `settle` is what happens to such a call: with PORTRES_EPENDING
 * nothing until portres_testing_settle(), with any other status of portres.h
 * that ends (0: carry it out) when the program next waits.
 *
 * Returns: 0; EINVAL: also for a `settle` of PORTRES_EINCOMPLETE; ENOBUFS: 16
 *          of this kind are not over yet.
 */
PORTRES_API int portres_testing_pend(enum portres_testing_call call,
                                     unsigned nth,
                                     unsigned count,
                                     int settle);

/**
 * Settle all operations that pend now, the oldest first.
 *
 * `status` 0 carries them out, with whatever comes of it; with another one,
 * such as PORTRES_EABORTED or PORTRES_EINTR, they end without being carried
 * out.
 *
 * Returns: how many; EINVAL: a status that does not end them.
 */
PORTRES_API int portres_testing_settle(int status);

/**
 * Undo all of the above: as if none of these functions had been called.
 *
 * Strangers close their sockets. Operations that pend end with
 * PORTRES_EABORTED. What the environment asked for is undone as well, but a
 * malformed value stays so.
 */
PORTRES_API void portres_testing_reset(void);

/* For faces over this library */

/* An operation that may pend; the memory is the caller's. The first member is
 * set by the caller before portres_testing_offer(), the others are the
 * library's from then until settle() is called or a withdrawal succeeds. */
struct portres_testing_operation {
  /* Carry it out (0) or end it with a status. Called once, by the thread that
   * settles, with no lock held: it may call this library, and free `self`. */
  void (*settle)(struct portres_testing_operation* self, int status);
  struct portres_testing_operation* next;
  uint64_t number;
  int settle_status;
};

/**
 * Ask whether an overlapped call is to pend; counts the call.
 *
 * Owner:   with 1, `operation` stays where it is until settle() or withdrawal.
 * Returns: 1: it pends, and settle() will be called; 0: carry it out now, also
 *          for a kind that is none.
 */
PORTRES_API int portres_testing_offer(
    enum portres_testing_call call,
    struct portres_testing_operation* operation);

/**
 * Take an operation back, for its socket closes or its call is cancelled.
 *
 * Returns: 1: settle() will not be called any more; 0: it has been called, or
 *          another thread is about to, or the operation never pended.
 */
PORTRES_API int portres_testing_withdraw(
    struct portres_testing_operation* operation);

/**
 * Settle the operations with a status of their own: the program waits.
 *
 * Returns: how many.
 */
PORTRES_API int portres_testing_before_wait(void);

/**
 * Ask which status a call is to fail with; counts the call.
 *
 * For calls that do not come to this library; those that do have asked.
 *
 * Returns: 0: it is not to fail; else the status, ENETDOWN while the network is
 *          down and EINVAL for a malformed environment among them.
 */
PORTRES_API int portres_testing_fails(enum portres_testing_call call);

#ifdef __cplusplus
}
#endif

#endif
