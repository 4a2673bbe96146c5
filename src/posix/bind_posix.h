/* bind_posix.h - every call that binds a socket, explicitly or not. */
#ifndef PORTRES_BIND_POSIX_H
#define PORTRES_BIND_POSIX_H

#include <sys/socket.h>
#include <sys/types.h>

#include "slab.h"

struct sockaddr_in;

/* bind() of a socket that is associated. Returns: 0, or -1 and errno. */
int portres__bind_associated(int fd,
                             portres__handle handle,
                             const struct sockaddr* address,
                             socklen_t address_len);

/* Bind an associated, unbound socket to a port of its block, as the call that
 * comes next would bind it. Returns: 0 (also when there is nothing to do), or
 * -1 and errno. */
int portres__bind_implicitly(int fd, portres__handle handle);

/* The same for the call that comes, whatever the socket is. */
int portres__bind_before_connect(int fd,
                                 const struct sockaddr* address,
                                 socklen_t address_len);
int portres__bind_before_listen(int fd);
int portres__bind_before_send(int fd, int flags);

int portres__hook_bind(int fd,
                       const struct sockaddr* address,
                       socklen_t address_len);
int portres__hook_connect(int fd,
                          const struct sockaddr* address,
                          socklen_t address_len);
int portres__hook_listen(int fd, int backlog);
int portres__hook_bindresvport(int fd, struct sockaddr_in* address);
ssize_t portres__hook_send(int fd, const void* data, size_t len, int flags);
ssize_t portres__hook_sendto(int fd,
                             const void* data,
                             size_t len,
                             int flags,
                             const struct sockaddr* address,
                             socklen_t address_len);
ssize_t portres__hook_sendmsg(int fd, const struct msghdr* message, int flags);
int portres__hook_sendmmsg(int fd,
                           struct mmsghdr* messages,
                           unsigned message_count,
                           int flags);

#endif
