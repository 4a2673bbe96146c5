/* socket_posix.c - what the kernel tells of a socket. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "address_posix.h"
#include "platform.h"
#include "socket_posix.h"
#include "status_posix.h"

static int get_option(int s, int name) {
  int value = -1;
  socklen_t value_len = sizeof value;

  return getsockopt(s, SOL_SOCKET, name, &value, &value_len) == 0 ? value : -1;
}

/* MPTCP has TCP's ports. 0: neither TCP nor UDP; raw sockets have the numbers
 * of those protocols too. */
static enum portres_protocol protocol_of(int s) {
  int protocol = get_option(s, SO_PROTOCOL);
  int type = get_option(s, SO_TYPE);

#ifdef IPPROTO_MPTCP
  if (protocol == IPPROTO_MPTCP) {
    protocol = IPPROTO_TCP;
  }
#endif
  if (protocol == IPPROTO_TCP && type == SOCK_STREAM) {
    return PORTRES_TCP;
  }
  return protocol == IPPROTO_UDP && type == SOCK_DGRAM
             ? PORTRES_UDP
             : (enum portres_protocol)0;
}

static bool has_port(int s) {
  union portres__address address = {.any = {0}};
  socklen_t address_len = sizeof address;

  return getsockname(s, &address.any, &address_len) == 0 &&
         portres__address_port(&address.any) != 0;
}

/* SO_COOKIE is unique since boot; an inode number comes again after 2^32
 * sockets, which is for systems without the former. A file is not asked what it
 * is: that may take as long as a network disk is away. */
uint64_t portres__socket_identity(int s) {
  struct stat status;
#ifdef SO_COOKIE
  uint64_t cookie;
  socklen_t cookie_len = sizeof cookie;

  if (getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_len) == 0) {
    return cookie;
  }
  if (errno == ENOTSOCK || errno == EBADF) {
    return 0;
  }
#endif
  return fstat(s, &status) == 0 && S_ISSOCK(status.st_mode)
             ? (uint64_t)status.st_ino
             : 0;
}

int portres__platform_socket_facts(portres_socket s,
                                   struct portres__socket_facts* out) {
  int family = get_option(s, SO_DOMAIN);

  if (family < 0) {
    return portres__status_from_errno(errno);
  }
  out->protocol = protocol_of(s);
  if ((family != AF_INET && family != AF_INET6) ||
      out->protocol == (enum portres_protocol)0) {
    return PORTRES_EOPNOTSUPP;
  }
  out->family = (uint16_t)family;
  out->is_bound = has_port(s);
  out->identity = portres__socket_identity(s);
  return PORTRES_OK;
}
