/* option.c - getsockopt() and setsockopt(). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "like_calls.h"
#include "values.h"

enum { BSD_SOL_SOCKET = 0xffff, BSD_IP_PORTRANGE = 19, BSD_V6ONLY = 27 };

/* -1: there is none. */
static int socket_option(int name) {
  const struct {
    int bsd;
    int ours;
  } pairs[] = {
      {0x0002, SO_ACCEPTCONN},
      {0x0004, SO_REUSEADDR},
      {0x0008, SO_KEEPALIVE},
      {0x0020, SO_BROADCAST},
      {0x0080, SO_LINGER},
      {0x0200, SO_REUSEPORT},
      {0x1001, SO_SNDBUF},
      {0x1002, SO_RCVBUF},
      {0x1007, SO_ERROR},
      {0x1008, SO_TYPE},
      {like_values.so_domain, SO_DOMAIN},
      {like_values.so_protocol, SO_PROTOCOL},
      {like_values.so_sndtimeo, SO_SNDTIMEO},
      {like_values.so_rcvtimeo, SO_RCVTIMEO},
  };

  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (pairs[i].bsd == name && name != -1) {
      return pairs[i].ours;
    }
  }
  return -1;
}

/* Returns: false and errno for an option that the BSD does not have. */
static bool translate(int* level_io, int* name_io) {
  if (*level_io == BSD_SOL_SOCKET) {
    *level_io = SOL_SOCKET;
    *name_io = socket_option(*name_io);
  } else if (*level_io == IPPROTO_IPV6) {
    *name_io = *name_io == BSD_V6ONLY ? IPV6_V6ONLY : -1;
  } else if (*level_io == IPPROTO_IP) {
    *name_io = -1;
  }
  if (*name_io == -1) {
    errno = ENOPROTOOPT;
    return false;
  }
  return true;
}

int bsd_getsockopt(
    int s, int level, int name, void* value, socklen_t* value_len_io);
int bsd_getsockopt(
    int s, int level, int name, void* value, socklen_t* value_len_io) {
  int number;
  int result;

  if (!translate(&level, &name)) {
    int none;
    socklen_t none_len = sizeof none;
    result = getsockopt(s, SOL_SOCKET, SO_TYPE, &none, &none_len);
    errno = result == 0 ? ENOPROTOOPT : errno;
    return -1;
  }
  result = getsockopt(s, level, name, value, value_len_io);
  if (result == 0 && level == SOL_SOCKET &&
      (name == SO_DOMAIN || name == SO_REUSEPORT)) {
    memcpy(&number, value, sizeof number);
    number = name == SO_DOMAIN ? like_family_from_linux(number)
                               : like_wants_reuseport(s);
    memcpy(value, &number, sizeof number);
  }
  return result;
}

int bsd_setsockopt(
    int s, int level, int name, const void* value, socklen_t value_len);
int bsd_setsockopt(
    int s, int level, int name, const void* value, socklen_t value_len) {
  int number = 0;

  if (level == IPPROTO_IP && name == BSD_IP_PORTRANGE) {
    return 0;
  }
  if (!translate(&level, &name)) {
    return -1;
  }
  if (value_len >= sizeof number) {
    memcpy(&number, value, sizeof number);
  }
  if (level == IPPROTO_IPV6 && number == 0 && like_values.is_v6_always_only) {
    errno = EINVAL;
    return -1;
  }
  return setsockopt(s, level, name, value, value_len);
}
