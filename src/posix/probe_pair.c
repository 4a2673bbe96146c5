/* probe_pair.c - the BSDs: an IPv6 socket is not open to IPv4 (never on
 * OpenBSD, and on the others not unless it asks), and where it is, it does not
 * meet every IPv4 socket. Of each family, a socket without flags on the
 * wildcard address meets every other one of its transport, whatever flags that
 * has; so both are bound. */
#include <errno.h>
#include <sys/socket.h>

#include "probe_posix.h"

/* Where a family is off. */
static bool is_absence(int error) {
  return error == EAFNOSUPPORT || error == EPROTONOSUPPORT ||
         error == EADDRNOTAVAIL;
}

int portres__probe_open(enum portres_protocol protocol,
                        uint16_t port,
                        struct portres__probe* out) {
  int error = portres__probe_bind(AF_INET6, protocol, port, true, &out->fds[0]);
  bool has_ipv6 = error == 0;

  out->fds[1] = -1;
  if (!has_ipv6 && !is_absence(error)) {
    return error;
  }
  error = portres__probe_bind(AF_INET, protocol, port, true, &out->fds[1]);
  if (has_ipv6 && is_absence(error)) {
    return 0;
  }
  if (error != 0) {
    portres__probe_close(out);
  }
  return error;
}
