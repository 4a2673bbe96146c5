/* stranger tcp|udp HOST PORT - hold a port without knowing the library.
 *
 * Prints "ok" or the errno of the failed bind, and keeps the port until its
 * standard input ends.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int hold(const char* protocol, const char* host, const char* port) {
  struct addrinfo* found;
  struct addrinfo hints = {
      .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
      .ai_socktype = strcmp(protocol, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM};
  if (getaddrinfo(host, port, &hints, &found) != 0) {
    return EINVAL;
  }
  int s = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  int error = 0;
  if (bind(s, found->ai_addr, found->ai_addrlen) != 0) {
    error = errno;
  }
  freeaddrinfo(found);
  return error;
}

int main(int argc, char** argv) {
  char byte;
  if (argc != 4) {
    fputs("Usage: stranger tcp|udp HOST PORT\n", stderr);
    return 2;
  }
  int error = hold(argv[1], argv[2], argv[3]);
  if (error != 0) {
    printf("%d\n", error);
    return 1;
  }
  puts("ok");
  fflush(stdout);
  while (read(STDIN_FILENO, &byte, 1) > 0) {
    /* Only the end matters. */
  }
  return 0;
}
