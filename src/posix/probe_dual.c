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

/* Where IPv6 is off, IPv4 is all there is to meet. */
int portres__probe_open(enum portres_protocol protocol,
                        uint16_t port,
                        struct portres__probe* out) {
  int error = bind_probe(AF_INET6, protocol, port, &out->fds[0]);

  if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
    error = bind_probe(AF_INET, protocol, port, &out->fds[0]);
  }
  out->fds[1] = -1;
  return error;
}
