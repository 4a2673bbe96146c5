/* probe_posix.c - whether ports could be bound: the kernel is asked by binding.
 *
 * A socket without flags on the IPv6 wildcard address, open to IPv4 too, meets
 * every other socket of its transport on that port, in any address family.
 */
#include <errno.h>
#include <sys/socket.h>

#include "address_posix.h"
#include "block.h"
#include "platform.h"
#include "real_posix.h"
#include "remnant_posix.h"
#include "status_posix.h"

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
static int try_port(int family, enum portres_protocol protocol, uint16_t port) {
  union portres__address address;
  int probe = open_probe(family, protocol);
  int error = 0;

  if (probe < 0) {
    return errno;
  }
  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)family;
  address.in.sin_port = htons(port);
  if (portres__real()->bind(
          probe, &address.any,
          family == AF_INET6 ? sizeof address.in6 : sizeof address.in) != 0) {
    error = errno;
  }
  portres__real()->close(probe);
  return error;
}

/* Where IPv6 is off, IPv4 is all there is to meet. */
static int try_port_of_any_family(enum portres_protocol protocol,
                                  uint16_t port) {
  int error = try_port(AF_INET6, protocol, port);

  if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
    error = try_port(AF_INET, protocol, port);
  }
  return error;
}

int portres__platform_probe(enum portres_protocol protocol,
                            struct portres_range range,
                            bool over_remnants,
                            uint16_t* busy_out) {
  for (uint32_t i = 0; i < range.count; i++) {
    uint16_t port = (uint16_t)(range.start + i);
    int error = try_port_of_any_family(protocol, port);

    if (error == EADDRINUSE && protocol == PORTRES_TCP && over_remnants &&
        portres__remnant_is_alone(port)) {
      continue;
    }
    if (error != 0) {
      *busy_out = port;
      return portres__status_from_errno(error);
    }
  }
  return PORTRES_OK;
}
