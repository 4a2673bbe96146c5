#include "guardsocket_posix.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "real_posix.h"
#include "way_posix.h"

/* What lies in a UDP guard's buffer came before its filter, and stays. */
static void prepare(int fd, int family, enum portres_protocol protocol) {
  int service = PORTRES__GUARDSOCKET_SERVICE;
  int off = 0;
  int smallest = 1;

  setsockopt(fd, IPPROTO_IP, IP_TOS, &service, sizeof service);
  if (family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (protocol == PORTRES_UDP) {
    portres__way_deafen(fd);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
  }
}

int portres__guardsocket_open(int family, enum portres_protocol protocol) {
  int type = protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int fd = portres__real()->socket(family, type | SOCK_CLOEXEC, (int)protocol);

  if (fd >= 0) {
    prepare(fd, family, protocol);
  }
  return fd;
}

/* It listens for a moment. Who connects just then is not answered, and tries
 * again in a second. */
bool portres__guardsocket_clean(int fd) {
  portres__way_deafen(fd);
  return portres__real()->listen(fd, 0) == 0 && shutdown(fd, SHUT_RDWR) == 0;
}
