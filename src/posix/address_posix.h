/* address_posix.h - the port in a socket address. */
#ifndef PORTRES_ADDRESS_POSIX_H
#define PORTRES_ADDRESS_POSIX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "length_posix.h"

union portres__address {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
};

/* Callers' addresses may be misaligned: the kernel does not mind. */
static inline sa_family_t portres__address_family(
    const struct sockaddr* address) {
  sa_family_t family;

  memcpy(&family, (const char*)address + offsetof(struct sockaddr, sa_family),
         sizeof family);
  return family;
}

/* The length that counts of an address that an inet socket can be bound to;
 * 0: it cannot, and the kernel says why. */
static inline socklen_t portres__address_length(const struct sockaddr* address,
                                                socklen_t address_len) {
  return address == NULL || address_len < sizeof(struct sockaddr_in)
             ? 0
             : portres__length_of(portres__address_family(address),
                                  address_len);
}

/* The wildcard address of a family with a port. Returns: its length. */
static inline socklen_t portres__address_any(int family,
                                             uint16_t port,
                                             union portres__address* out) {
  socklen_t length = family == AF_INET6 ? (socklen_t)sizeof out->in6
                                        : (socklen_t)sizeof out->in;

  memset(out, 0, sizeof *out);
  out->any.sa_family = (sa_family_t)family;
  out->in.sin_port = htons(port);
  portres__length_note(&out->any, length);
  return length;
}

/* sin_port and sin6_port lie at the same place. */
static inline uint16_t portres__address_port(const struct sockaddr* address) {
  uint16_t port_be;

  memcpy(&port_be,
         (const char*)address + offsetof(struct sockaddr_in, sin_port),
         sizeof port_be);
  return ntohs(port_be);
}

#endif
