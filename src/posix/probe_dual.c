/* probe_dual.c - Linux: a socket without flags on the IPv6 wildcard address,
 * open to IPv4 too, meets every other socket of its transport on that port, in
 * any address family. */
#include <errno.h>
#include <sys/socket.h>

#include "probe_posix.h"

/* Where IPv6 is off, IPv4 is all there is to meet. */
int portres__probe_open(enum portres_protocol protocol,
                        uint16_t port,
                        struct portres__probe* out) {
  int error =
      portres__probe_bind(AF_INET6, protocol, port, false, &out->fds[0]);

  if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
    error = portres__probe_bind(AF_INET, protocol, port, false, &out->fds[0]);
  }
  out->fds[1] = -1;
  return error;
}
