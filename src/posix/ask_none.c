#include <errno.h>

#include "ask_posix.h"

/* `portres run` is of Linux, so far: nobody can be asked. */

bool portres__ask_is_value(const char* value) {
  (void)value;
  return false;
}

int portres__ask_bind(const char* value,
                      int fd,
                      const struct sockaddr* address,
                      socklen_t address_len) {
  (void)value;
  (void)fd;
  (void)address;
  (void)address_len;
  errno = ECONNREFUSED;
  return -1;
}

int portres__ask_listen(const char* value, int fd, int backlog) {
  (void)value;
  (void)fd;
  (void)backlog;
  errno = ECONNREFUSED;
  return -1;
}
