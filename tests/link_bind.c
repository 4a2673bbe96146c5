/* link_bind.c - binds argv[1] TCP sockets to port 0; prints each port or errno.
 *
 * It names no portres function: what it shows is whether its plain bind()
 * reaches the library.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "link_errno.h"

static void bind_and_print(int s) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof(address);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(s, (struct sockaddr*)&address, sizeof(address)) != 0 ||
      getsockname(s, (struct sockaddr*)&address, &length) != 0) {
    puts(link_errno_name(errno));
  } else {
    printf("%u\n", ntohs(address.sin_port));
  }
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < count; ++i) {
    bind_and_print(socket(AF_INET, SOCK_STREAM, 0));
  }
  return 0;
}
