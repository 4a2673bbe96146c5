/* reserve.c - reserve four TCP ports, and let a socket take one of them. */
#include <netinet/in.h>
#include <portres/portres.h>
#include <stdio.h>

int main(void) {
  struct sockaddr_in any_port = {.sin_family = AF_INET};
  struct portres_range four = {.start = 0, .count = 4}; /* anywhere */
  struct portres_reservation block;
  int s = socket(AF_INET, SOCK_STREAM, 0);
  int status = portres_acquire(s, four, &block);
  status = status ? status : portres_associate(s, block.token);
  if (status || bind(s, (struct sockaddr*)&any_port, sizeof(any_port))) {
    return puts(status ? portres_strerror(status) : "bind failed"), 1;
  }
  getsockname(s, (struct sockaddr*)&any_port, &(socklen_t){sizeof(any_port)});
  return printf("of the ports %u to %u, s has %u\n", block.range.start,
                block.range.start + 3, ntohs(any_port.sin_port)) < 0;
}
