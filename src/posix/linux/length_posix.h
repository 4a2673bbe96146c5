/* length_posix.h - the lengths of addresses: Linux. */
#ifndef PORTRES_LENGTH_POSIX_H
#define PORTRES_LENGTH_POSIX_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* Linux takes an IPv6 address without its scope id, as RFC 2133 had it. */
enum { PORTRES__LENGTH_IN6_MIN = offsetof(struct sockaddr_in6, sin6_scope_id) };

/* What counts of an address of this family and length, of an IPv4 address at
 * least; 0: no socket is bound to it. Linux binds an IPv4 socket to a wildcard
 * address of family AF_UNSPEC too.
 */
static inline socklen_t portres__length_of(sa_family_t family,
                                           socklen_t address_len) {
  if (address_len > sizeof(struct sockaddr_storage)) {
    return 0;
  }
  if (family == AF_INET6) {
    return address_len < PORTRES__LENGTH_IN6_MIN ? 0
           : address_len < sizeof(struct sockaddr_in6)
               ? address_len
               : (socklen_t)sizeof(struct sockaddr_in6);
  }
  return family == AF_INET || family == AF_UNSPEC
             ? (socklen_t)sizeof(struct sockaddr_in)
             : 0;
}

/* An address does not say its own length here. */
static inline void portres__length_note(struct sockaddr* address,
                                        socklen_t length) {
  (void)address;
  (void)length;
}

#endif
