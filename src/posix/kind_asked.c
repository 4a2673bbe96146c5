/* kind_asked.c - NetBSD and DragonFly have neither SO_DOMAIN nor SO_PROTOCOL:
 * a socket's own address has its family, and who answers TCP's option is TCP.
 * All that has datagrams over IP there is UDP. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "address_posix.h"
#include "kind_posix.h"

int portres__kind_family(int s) {
  struct sockaddr_storage address;
  socklen_t address_len = sizeof address;

  if (getsockname(s, (struct sockaddr*)&address, &address_len) != 0) {
    return -1;
  }
  return portres__address_family((const struct sockaddr*)&address);
}

int portres__kind_protocol(int s) {
  int value = -1;
  socklen_t value_len = sizeof value;

  if (getsockopt(s, SOL_SOCKET, SO_TYPE, &value, &value_len) != 0) {
    return -1;
  }
  if (value == SOCK_DGRAM) {
    return IPPROTO_UDP;
  }
  return value == SOCK_STREAM && getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value,
                                            &value_len) == 0
             ? IPPROTO_TCP
             : -1;
}
