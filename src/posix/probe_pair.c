/* probe_pair.c - the BSDs: an IPv6 socket is not open to IPv4 (never on
 * OpenBSD, and on the others not unless it asks), and where it is, it does not
 * meet every IPv4 socket. Of each family, a socket without flags on the
 * wildcard address meets every other one of its transport, whatever flags that
 * has; so both are tried. */
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

static void close_quietly(int fd) {
  int saved_errno = errno;

  portres__real()->close(fd);
  errno = saved_errno;
}

static int bind_probe(int family,
                      enum portres_protocol protocol,
                      uint16_t port) {
  union portres__address address;
  socklen_t address_len = portres__address_any(family, port, &address);
  int probe = open_probe(family, protocol);

  if (probe >= 0 &&
      portres__real()->bind(probe, &address.any, address_len) != 0) {
    close_quietly(probe);
    return -1;
  }
  return probe;
}

/* Where a family is off. */
static bool is_absent(int probe) {
  return probe < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT ||
                       errno == EADDRNOTAVAIL);
}

/* Both are bound for a moment; the one of IPv4 remains. */
int portres__probe_bind(enum portres_protocol protocol, uint16_t port) {
  int of_ipv6 = bind_probe(AF_INET6, protocol, port);
  int of_ipv4;

  if (of_ipv6 < 0 && !is_absent(of_ipv6)) {
    return -1;
  }
  of_ipv4 = bind_probe(AF_INET, protocol, port);
  if (of_ipv6 >= 0 && is_absent(of_ipv4)) {
    return of_ipv6;
  }
  if (of_ipv6 >= 0) {
    close_quietly(of_ipv6);
  }
  return of_ipv4;
}
