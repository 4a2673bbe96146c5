/* calls.h - the socket calls by their own names, for programs whose libc names
 *           do not reach this library.
 *
 * A program that links or preloads libportres has no need of these: its bind()
 * is ours already. They are for a library built with -Dhooks=disabled, and for
 * a program that loads libportres by dlopen() or a foreign-function interface,
 * where the libc names were bound before we came.
 *
 * POSIX only; on Windows bind() itself knows reservations.
 *
 * Errors: the dialect of libc: -1 and errno. ENOBUFS: the block is used up, or
 *         its token has died; EACCES: a port outside the block, or one that is
 *         reserved and this socket does not hold its token.
 */
#ifndef PORTRES_CALLS_H
#define PORTRES_CALLS_H

#include <portres/portres.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Promise that this program binds its associated sockets by the calls below.
 *
 * Without the promise portres_acquire() and portres_associate() answer
 * EOPNOTSUPP where the program's own bind() would go past the reservations.
 *
 * The promise includes portres_close() for sockets that acquire: a plain
 * close() of one is not seen, and its reservation stays until its descriptor
 * number is used again.
 *
 * Threads: call it before the first acquire.
 */
PORTRES_API void portres_use_calls(void);

/**
 * Tell whether bind() of this program comes to this library.
 *
 * Returns: 1, also after the promise above; 0: portres_acquire() and
 *          portres_associate() answer EOPNOTSUPP until it is made.
 */
PORTRES_API int portres_is_reached(void);

PORTRES_API int portres_bind(int s,
                             const struct sockaddr* address,
                             socklen_t address_len);
PORTRES_API int portres_connect(int s,
                                const struct sockaddr* address,
                                socklen_t address_len);
PORTRES_API int portres_listen(int s, int backlog);
PORTRES_API ssize_t portres_sendto(int s,
                                   const void* data,
                                   size_t data_len,
                                   int flags,
                                   const struct sockaddr* address,
                                   socklen_t address_len);
PORTRES_API ssize_t portres_sendmsg(int s,
                                    const struct msghdr* message,
                                    int flags);
PORTRES_API int portres_close(int s);
PORTRES_API int portres_dup(int s);
PORTRES_API int portres_dup2(int s, int new_fd);

#ifdef __cplusplus
}
#endif

#endif
