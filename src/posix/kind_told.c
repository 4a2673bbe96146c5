/* kind_told.c - Linux, FreeBSD and OpenBSD tell a socket's kind. */
#include <sys/socket.h>

#include "kind_posix.h"

static int get_option(int s, int name) {
  int value = -1;
  socklen_t value_len = sizeof value;

  return getsockopt(s, SOL_SOCKET, name, &value, &value_len) == 0 ? value : -1;
}

int portres__kind_family(int s) {
  return get_option(s, SO_DOMAIN);
}

int portres__kind_protocol(int s) {
  return get_option(s, SO_PROTOCOL);
}
