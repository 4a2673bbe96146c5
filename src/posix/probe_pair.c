/* probe_pair.c - the BSDs: an IPv6 socket is not open to IPv4 (never on
 * OpenBSD, and on the others not unless it asks), and where it is, it does not
 * meet every IPv4 socket. Of each family, a socket without flags on the
 * wildcard address meets every other one of its transport, whatever flags that
 * has; so both are bound. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "address_posix.h"
#include "probe_posix.h"
#include "real_posix.h"

static int open_probe(int family, enum portres_protocol protocol) {
  int type = protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int probe =
      portres__real()->socket(family, type | SOCK_CLOEXEC, (int)protocol);
  int on = 1;

  if (probe >= 0 && family == AF_INET6) {
    setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  return probe;
}

/* Returns: 0 or an errno value. */
static int bind_probe(int family,
                      enum portres_protocol protocol,
                      uint16_t port,
                      int* fd_out) {
  union portres__address address;
  socklen_t address_len = portres__address_any(family, port, &address);
  int error = 0;

  *fd_out = open_probe(family, protocol);
  if (*fd_out < 0) {
    return errno;
  }
  if (portres__real()->bind(*fd_out, &address.any, address_len) != 0) {
    error = errno;
    portres__real()->close(*fd_out);
    *fd_out = -1;
  }
  return error;
}

/* Where a family is off. */
static bool is_absence(int error) {
  return error == EAFNOSUPPORT || error == EPROTONOSUPPORT ||
         error == EADDRNOTAVAIL;
}

int portres__probe_open(enum portres_protocol protocol,
                        uint16_t port,
                        struct portres__probe* out) {
  int error = bind_probe(AF_INET6, protocol, port, &out->fds[0]);
  bool has_ipv6 = error == 0;

  out->fds[1] = -1;
  if (!has_ipv6 && !is_absence(error)) {
    return error;
  }
  error = bind_probe(AF_INET, protocol, port, &out->fds[1]);
  if (has_ipv6 && is_absence(error)) {
    return 0;
  }
  if (error != 0) {
    portres__probe_close(out);
  }
  return error;
}
