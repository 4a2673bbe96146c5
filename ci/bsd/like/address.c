#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "values.h"

int like_family_to_linux(int family) {
  return family == like_values.af_inet6 ? AF_INET6
         : family == AF_INET6           ? -1
                                        : family;
}

int like_family_from_linux(int family) {
  return family == AF_INET6 ? like_values.af_inet6 : family;
}

/* in_pcbbind() and in6_pcbbind() of all four: the length is exactly right. */
static socklen_t length_of(int family) {
  return family == AF_INET    ? (socklen_t)sizeof(struct sockaddr_in)
         : family == AF_INET6 ? (socklen_t)sizeof(struct sockaddr_in6)
                              : 0;
}

socklen_t like_to_linux(const void* address,
                        socklen_t address_len,
                        union linux_address* out) {
  struct bsd_sockaddr bsd;
  int family;

  if (address_len < 2 || address_len > sizeof bsd) {
    errno = EINVAL;
    return 0;
  }
  memcpy(&bsd, address, address_len);
  memset(out, 0, sizeof *out);
  memcpy(out, &bsd, address_len);
  family = like_family_to_linux(bsd.family);
  out->any.sa_family = (sa_family_t)family;
  if (family == AF_UNSPEC || family == AF_UNIX) {
    return address_len;
  }
  if (length_of(family) == 0) {
    errno = EAFNOSUPPORT;
    return 0;
  }
  if (address_len != length_of(family)) {
    errno = EINVAL;
    return 0;
  }
  return address_len;
}

void like_from_linux(const union linux_address* address,
                     socklen_t linux_len,
                     void* out,
                     socklen_t* out_len_io) {
  struct bsd_sockaddr bsd;
  socklen_t copied_len = *out_len_io < linux_len ? *out_len_io : linux_len;

  memset(&bsd, 0, sizeof bsd);
  memcpy(&bsd, address, linux_len < sizeof bsd ? linux_len : sizeof bsd);
  bsd.len = (uint8_t)linux_len;
  bsd.family = (uint8_t)like_family_from_linux(address->any.sa_family);
  memcpy(out, &bsd, copied_len);
  *out_len_io = linux_len;
}

const char* bsd_inet_ntop(int family,
                          const void* address,
                          char* out,
                          socklen_t out_len);
const char* bsd_inet_ntop(int family,
                          const void* address,
                          char* out,
                          socklen_t out_len) {
  return inet_ntop(like_family_to_linux(family), address, out, out_len);
}

int bsd_inet_pton(int family, const char* text, void* out);
int bsd_inet_pton(int family, const char* text, void* out) {
  return inet_pton(like_family_to_linux(family), text, out);
}
