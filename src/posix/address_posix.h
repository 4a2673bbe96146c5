/* address_posix.h - the port in a socket address. */
#ifndef PORTRES_ADDRESS_POSIX_H
#define PORTRES_ADDRESS_POSIX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

union portres__address {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
};

/* Linux takes an IPv6 address without its scope id, as RFC 2133 had it. */
enum {
  PORTRES__ADDRESS_IN6_MIN = offsetof(struct sockaddr_in6, sin6_scope_id)
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
 * 0: it cannot, and the kernel says why. Linux binds an IPv4 socket to a
 * wildcard address of family AF_UNSPEC too. */
static inline socklen_t portres__address_length(const struct sockaddr* address,
                                                socklen_t address_len) {
  sa_family_t family;

  if (address == NULL || address_len < sizeof(struct sockaddr_in) ||
      address_len > sizeof(struct sockaddr_storage)) {
    return 0;
  }
  family = portres__address_family(address);
  if (family == AF_INET6) {
    return address_len < PORTRES__ADDRESS_IN6_MIN ? 0
           : address_len < sizeof(struct sockaddr_in6)
               ? address_len
               : (socklen_t)sizeof(struct sockaddr_in6);
  }
  return family == AF_INET || family == AF_UNSPEC
             ? (socklen_t)sizeof(struct sockaddr_in)
             : 0;
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
