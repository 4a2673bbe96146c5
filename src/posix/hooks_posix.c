/* hooks_posix.c - the names of libc that this library answers to.
 *
 * Three layers: the name a program calls (here, one statement each), our logic
 * (portres__hook_*, or the calls of descriptor_posix.h and bind_posix.h), and
 * libc's own (portres__real). These are the names that every libc has; hooks/
 * has those that only some have, a file each.
 */
#include <fcntl.h>
#include <stdarg.h>

#include "bind_posix.h"
#include "descriptor_posix.h"
#include "hook_posix.h"
#include "implicit_posix.h"
#include "real_posix.h"
#include "rights_posix.h"

#define HOOK(name) PORTRES__HOOK(name)

/* --- Binding --- */

int hook_bind(int s, const struct sockaddr* a, socklen_t len) HOOK(bind);
int hook_bind(int s, const struct sockaddr* a, socklen_t len) {
  return portres__hook_bind(s, a, len);
}

int hook_connect(int s, const struct sockaddr* a, socklen_t len) HOOK(connect);
int hook_connect(int s, const struct sockaddr* a, socklen_t len) {
  return portres__hook_connect(s, a, len);
}

int hook_listen(int s, int backlog) HOOK(listen);
int hook_listen(int s, int backlog) {
  return portres__hook_listen(s, backlog);
}

ssize_t hook_send(int s, const void* data, size_t len, int flags) HOOK(send);
ssize_t hook_send(int s, const void* data, size_t len, int flags) {
  return portres__hook_send(s, data, len, flags);
}

ssize_t hook_sendto(int s,
                    const void* data,
                    size_t len,
                    int flags,
                    const struct sockaddr* a,
                    socklen_t a_len) HOOK(sendto);
ssize_t hook_sendto(int s,
                    const void* data,
                    size_t len,
                    int flags,
                    const struct sockaddr* a,
                    socklen_t a_len) {
  return portres__hook_sendto(s, data, len, flags, a, a_len);
}

ssize_t hook_sendmsg(int s, const struct msghdr* message, int flags)
    HOOK(sendmsg);
ssize_t hook_sendmsg(int s, const struct msghdr* message, int flags) {
  return portres__hook_sendmsg(s, message, flags);
}

/* --- Made --- */

int hook_socket(int domain, int type, int protocol) HOOK(socket);
int hook_socket(int domain, int type, int protocol) {
  return portres__descriptor_is_made(
      portres__real()->socket(domain, type, protocol));
}

int hook_socketpair(int domain, int type, int protocol, int fds[2])
    HOOK(socketpair);
int hook_socketpair(int domain, int type, int protocol, int fds[2]) {
  return portres__hook_socketpair(domain, type, protocol, fds);
}

int hook_accept(int s, struct sockaddr* a, socklen_t* len) HOOK(accept);
int hook_accept(int s, struct sockaddr* a, socklen_t* len) {
  return portres__descriptor_is_made(portres__real()->accept(s, a, len));
}

ssize_t hook_recvmsg(int s, struct msghdr* message, int flags) HOOK(recvmsg);
ssize_t hook_recvmsg(int s, struct msghdr* message, int flags) {
  return portres__hook_recvmsg(s, message, flags);
}

/* --- Duplicated --- */

int hook_dup(int fd) HOOK(dup);
int hook_dup(int fd) {
  return portres__hook_dup(fd);
}

int hook_dup2(int fd, int new_fd) HOOK(dup2);
int hook_dup2(int fd, int new_fd) {
  return portres__hook_dup2(fd, new_fd);
}

int hook_fcntl(int fd, int command, ...) HOOK(fcntl);
int hook_fcntl(int fd, int command, ...) {
  void* argument;
  va_list arguments;

  va_start(arguments, command);
  argument = portres__hook_third_argument(arguments);
  va_end(arguments);
  return portres__hook_fcntl(portres__real()->fcntl, fd, command, argument);
}

/* --- Closed --- */

int hook_close(int fd) HOOK(close);
int hook_close(int fd) {
  return portres__hook_close(fd);
}

int hook_fclose(FILE* stream) HOOK(fclose);
int hook_fclose(FILE* stream) {
  return portres__hook_fclose(stream);
}

FILE* hook_freopen(const char* path, const char* mode, FILE* stream)
    HOOK(freopen);
FILE* hook_freopen(const char* path, const char* mode, FILE* stream) {
  return portres__hook_freopen(portres__real()->freopen, path, mode, stream);
}
