/* probe_dual.c - Linux: a socket without flags on the IPv6 wildcard address,
 * open to IPv4 too, meets every other socket of its transport on that port, in
 * any address family. */
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
  int off = 0;

  if (probe >= 0 && family == AF_INET6) {
    setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
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

/* Where IPv6 is off, IPv4 is all there is to meet. */
int portres__probe_bind(enum portres_protocol protocol, uint16_t port) {
  int probe = bind_probe(AF_INET6, protocol, port);

  if (probe < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
    probe = bind_probe(AF_INET, protocol, port);
  }
  return probe;
}
