#include "address.h"

#include <string.h>

#include "descriptor.h"
#include "memory.h"

int portres__ws_family(int family) {
  return family == PORTRES_WS_AF_INET6 ? AF_INET6 : family;
}

int portres__ws_address_min(int family) {
  return family == AF_INET    ? (int)sizeof(struct sockaddr_in)
         : family == AF_INET6 ? (int)sizeof(struct sockaddr_in6)
                              : (int)sizeof(sa_family_t);
}

uint16_t portres__ws_address_port(const struct portres__ws_address* address) {
  return address->as.any.sa_family == AF_INET ? ntohs(address->as.in.sin_port)
         : address->as.any.sa_family == AF_INET6
             ? ntohs(address->as.in6.sin6_port)
             : 0;
}

bool portres__ws_address_is_any(const struct portres__ws_address* address) {
  return (address->as.any.sa_family == AF_INET &&
          address->as.in.sin_addr.s_addr == htonl(INADDR_ANY)) ||
         (address->as.any.sa_family == AF_INET6 &&
          IN6_IS_ADDR_UNSPECIFIED(&address->as.in6.sin6_addr));
}

int portres__ws_address_take(int family,
                             const struct sockaddr* name,
                             int name_len,
                             struct portres__ws_address* out) {
  size_t size = name_len < 0 ? 0 : (size_t)name_len;

  if (size > sizeof out->as) {
    size = sizeof out->as;
  }
  if (name_len < portres__ws_address_min(family) ||
      !portres__ws_can_read(name, size)) {
    return -WSAEFAULT;
  }
  memcpy(&out->as, name, size);
  out->len = (socklen_t)size;
  out->as.any.sa_family =
      (sa_family_t)portres__ws_family(out->as.any.sa_family);
  return out->as.any.sa_family == family ? 0 : -WSAEAFNOSUPPORT;
}

int portres__ws_address_expect(int fd, struct sockaddr* name, int* name_len) {
  int family = portres__ws_fact(fd, SO_DOMAIN);
  int size;

  if (family < 0) {
    return family;
  }
  if (!portres__ws_can_write(name_len, sizeof *name_len)) {
    return -WSAEFAULT;
  }
  size = *name_len;
  if (size < portres__ws_address_min(family)) {
    return -WSAEFAULT;
  }
  if (size > (int)sizeof(struct sockaddr_storage)) {
    size = (int)sizeof(struct sockaddr_storage);
  }
  return portres__ws_can_write(name, (size_t)size) ? 0 : -WSAEFAULT;
}

void portres__ws_address_give(const struct portres__ws_address* address,
                              struct sockaddr* name,
                              int* name_len) {
  socklen_t room = (socklen_t)*name_len;

  memcpy(name, &address->as, address->len < room ? address->len : room);
  *name_len = (int)address->len;
}
