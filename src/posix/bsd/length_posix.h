/* length_posix.h - the lengths of addresses: the BSDs. */
#ifndef PORTRES_LENGTH_POSIX_H
#define PORTRES_LENGTH_POSIX_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* What counts of an address of this family and length; 0: no socket is bound to
 * it, as any other length is EINVAL. FreeBSD binds an IPv4 socket to a wildcard
 * address of family AF_UNSPEC too; the others will refuse it. */
static inline socklen_t portres__length_of(sa_family_t family,
                                           socklen_t address_len) {
  socklen_t length = family == AF_INET6 ? (socklen_t)sizeof(struct sockaddr_in6)
                     : family == AF_INET || family == AF_UNSPEC
                         ? (socklen_t)sizeof(struct sockaddr_in)
                         : 0;

  return address_len == length ? length : 0;
}

/* The kernel goes by the length that comes beside the address, and writes it
 * here; what reads an address before the kernel does may want it. */
static inline void portres__length_note(struct sockaddr* address,
                                        socklen_t length) {
  address->sa_len = (unsigned char)length;
}

#endif
