/* implicit_posix.h - connect(), listen() and sendto() bind an unbound socket.
 */
#ifndef PORTRES_IMPLICIT_POSIX_H
#define PORTRES_IMPLICIT_POSIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "system_posix.h"

struct mmsghdr;

/* Before the call of that name: bind the socket from its block if it is
 * associated and unbound. `may_name_peer`: the call comes with an address, or
 * with a message that may have one. Returns: 0 (also when there is nothing to
 * do), or -1 and errno. */
int portres__before_connect(int fd,
                            const struct sockaddr* address,
                            socklen_t address_len);
int portres__before_listen(int fd);
int portres__before_send(int fd, int flags, bool may_name_peer);

int portres__hook_connect(int fd,
                          const struct sockaddr* address,
                          socklen_t address_len);
int portres__hook_listen(int fd, int backlog);
ssize_t portres__hook_send(int fd, const void* data, size_t len, int flags);
ssize_t portres__hook_sendto(int fd,
                             const void* data,
                             size_t len,
                             int flags,
                             const struct sockaddr* address,
                             socklen_t address_len);
ssize_t portres__hook_sendmsg(int fd, const struct msghdr* message, int flags);
portres__mmsg_result portres__hook_sendmmsg(int fd,
                                            struct mmsghdr* messages,
                                            portres__mmsg_count message_count,
                                            int flags);

#endif
