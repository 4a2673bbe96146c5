/* calls_posix.c - the intercepted calls by names of their own. */
#include <portres/calls.h>

#include "bind_posix.h"
#include "descriptor_posix.h"
#include "implicit_posix.h"

int portres_bind(int s, const struct sockaddr* address, socklen_t address_len) {
  return portres__hook_bind(s, address, address_len);
}

int portres_connect(int s,
                    const struct sockaddr* address,
                    socklen_t address_len) {
  return portres__hook_connect(s, address, address_len);
}

int portres_listen(int s, int backlog) {
  return portres__hook_listen(s, backlog);
}

ssize_t portres_sendto(int s,
                       const void* data,
                       size_t data_len,
                       int flags,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  return portres__hook_sendto(s, data, data_len, flags, address, address_len);
}

ssize_t portres_sendmsg(int s, const struct msghdr* message, int flags) {
  return portres__hook_sendmsg(s, message, flags);
}

int portres_close(int s) {
  return portres__hook_close(s);
}

int portres_dup(int s) {
  return portres__hook_dup(s);
}

int portres_dup2(int s, int new_fd) {
  return portres__hook_dup2(s, new_fd);
}
