/* real_posix.h - the libc calls that we intercept, as libc has them.
 *
 * Inside the library every intercepted call goes through here, so that we
 * never meet ourselves. real_next.c finds them behind us in symbol order;
 * real_linked.c has the linker do it.
 */
#ifndef PORTRES_REAL_POSIX_H
#define PORTRES_REAL_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "libc_posix.h"
#include "rare.h"
#include "system_posix.h"

/* In musl's headers they are other words for names without the 64. */
#undef fcntl64
#undef freopen64

struct mmsghdr;
struct sockaddr_in;
struct timespec;

/* CALL(result, name, parameters). Those that this libc lacks are NULL: see
 * libc_posix.h, which meson.build makes. */
#define PORTRES__REAL_CALLS(CALL)                                           \
  CALL(int, bind, (int, const struct sockaddr*, socklen_t))                 \
  CALL(int, connect, (int, const struct sockaddr*, socklen_t))              \
  CALL(int, listen, (int, int))                                             \
  CALL(int, bindresvport, (int, struct sockaddr_in*))                       \
  CALL(ssize_t, send, (int, const void*, size_t, int))                      \
  CALL(ssize_t, sendto,                                                     \
       (int, const void*, size_t, int, const struct sockaddr*, socklen_t))  \
  CALL(ssize_t, sendmsg, (int, const struct msghdr*, int))                  \
  CALL(portres__mmsg_result, sendmmsg,                                      \
       (int, struct mmsghdr*, portres__mmsg_count, int))                    \
  CALL(ssize_t, recvmsg, (int, struct msghdr*, int))                        \
  CALL(portres__mmsg_result, recvmmsg,                                      \
       (int, struct mmsghdr*, portres__mmsg_count, int, struct timespec*))  \
  CALL(int, socket, (int, int, int))                                        \
  CALL(int, socketpair, (int, int, int, int*))                              \
  CALL(int, accept, (int, struct sockaddr*, socklen_t*))                    \
  CALL(int, accept4, (int, struct sockaddr*, socklen_t*, int))              \
  CALL(int, paccept, (int, struct sockaddr*, socklen_t*, const void*, int)) \
  CALL(int, close, (int))                                                   \
  CALL(int, close_range, (unsigned, unsigned, int))                         \
  CALL(void, closefrom, (int))                                              \
  CALL(int, dup, (int))                                                     \
  CALL(int, dup2, (int, int))                                               \
  CALL(int, dup3, (int, int, int))                                          \
  CALL(int, fcntl, (int, int, ...))                                         \
  CALL(int, fcntl64, (int, int, ...))                                       \
  CALL(int, fclose, (FILE*))                                                \
  CALL(FILE*, freopen, (const char*, const char*, FILE*))                   \
  CALL(FILE*, freopen64, (const char*, const char*, FILE*))                 \
  CALL(long, syscall, (long, ...))

#define PORTRES__REAL_MEMBER(result, name, parameters) result(*name) parameters;

struct portres__real_calls {
  PORTRES__REAL_CALLS(PORTRES__REAL_MEMBER)
};

extern struct portres__real_calls portres__real_calls;
extern _Atomic bool portres__real_is_found;
extern _Atomic bool portres__real_bind_is_known; /* to be libc's own */

PORTRES__RARE void portres__real_find(void);

/* A hook may run before our constructor: from that of another library. */
static inline const struct portres__real_calls* portres__real(void) {
  if (!atomic_load_explicit(&portres__real_is_found, memory_order_acquire)) {
    portres__real_find();
  }
  return &portres__real_calls;
}

/* The real bind(). Returns: 0, or the negative of an errno, which is left
 * alone. */
PORTRES__RARE int portres__real_bind(int fd,
                                     const struct sockaddr* address,
                                     socklen_t address_len);

/* close_range() is asked for by number, too, of any libc. Where nobody has it,
 * ENOSYS. */
int portres__real_close_range(unsigned first, unsigned last, int flags);

/* False: it is another library's that has interposed itself behind us, or it
 * may be. */
static inline bool portres__real_bind_is_libcs(void) {
  return atomic_load_explicit(&portres__real_bind_is_known,
                              memory_order_acquire);
}

/* Have the program's own bind() called with arguments that only a hook of ours
 * would notice. */
void portres__real_call_program_bind(const struct sockaddr* address);

/* True when another copy of this library comes first in this process. */
bool portres__real_is_second(void);

#endif
