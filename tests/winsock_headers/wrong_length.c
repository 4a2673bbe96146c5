/* A length of another size must not compile. */
#include <winsock2.h>

int use(SOCKET s, struct sockaddr* address) {
  short length = 16;
  return getsockname(s, address, &length);
}
