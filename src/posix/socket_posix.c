/* socket_posix.c - what the kernel tells of a socket. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "address_posix.h"
#include "kind_posix.h"
#include "platform.h"
#include "socket_posix.h"
#include "status_posix.h"

static int type_of(int s) {
  int value = -1;
  socklen_t value_len = sizeof value;

  return getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &value_len) == 0 ? value
                                                                     : -1;
}

/* MPTCP has TCP's ports. 0: neither TCP nor UDP; raw sockets have the numbers
 * of those protocols too. */
static enum portres_protocol protocol_of(int s) {
  int protocol = portres__kind_protocol(s);
  int type = type_of(s);

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

int portres__platform_socket_facts(portres_socket s,
                                   struct portres__socket_facts* out) {
  int family = portres__kind_family(s);

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
