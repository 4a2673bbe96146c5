/* reserve.c - reserve four TCP ports, and let a socket take one of them. */
#include <netinet/in.h>
#include <portres/portres.h>
#include <stdio.h>

int main(void) {
  struct sockaddr_in any_port = {.sin_family = AF_INET};
  struct portres_range any_four = {.start = 0, .count = 4};
  struct portres_reservation block;
  int s = socket(AF_INET, SOCK_STREAM, 0);
  int status = portres_acquire(s, any_four, &block);
  status = status ? status : portres_associate(s, block.token);
  if (status) {
    return fprintf(stderr, "reserve: %s\n", portres_strerror(status)), 1;
  }
  if (bind(s, (struct sockaddr*)&any_port, sizeof(any_port))) {
    return perror("reserve: bind"), 1;
  }
  printf("reserved %u to %u\n", block.range.start, block.range.start + 3);
  getsockname(s, (struct sockaddr*)&any_port, &(socklen_t){sizeof(any_port)});
  return printf("bound to %u\n", ntohs(any_port.sin_port)) < 0;
}
