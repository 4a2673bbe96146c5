/* cli_adversary.c - a stranger that spins on bind() of ports that are reserved.
 *
 *   cli_adversary START COUNT FAMILY TYPE OPTIONS
 *
 * FAMILY is 4 or 6, TYPE t or u; OPTIONS has a for SO_REUSEADDR, p for
 * SO_REUSEPORT, and k to bind port 0: then a port that the kernel picks among
 * these counts as got. It spins until its standard input ends, and then prints
 * how often it tried, and how often it got one. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct stranger {
  unsigned start;
  unsigned count;
  int family;
  int type;
  const char* options;
  bool is_picked; /* by the kernel */
};

static int open_socket(const struct stranger* stranger) {
  int on = 1;
  int off = 0;
  int fd = socket(stranger->family, stranger->type, 0);

  if (strchr(stranger->options, 'a') != NULL) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (strchr(stranger->options, 'p') != NULL) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (stranger->family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  return fd;
}

static bool bind_to(const struct stranger* stranger, int fd, unsigned port) {
  union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  } address;
  socklen_t address_len =
      stranger->family == AF_INET6 ? sizeof address.in6 : sizeof address.in;

  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)stranger->family;
  address.in.sin_port = htons((uint16_t)port);
  if (bind(fd, &address.any, address_len) != 0) {
    return false;
  }
  if (!stranger->is_picked) {
    return true;
  }
  getsockname(fd, &address.any, &address_len);
  port = ntohs(address.in.sin_port);
  return port >= stranger->start && port - stranger->start < stranger->count;
}

static bool may_go_on(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) == 0;
}

static void spin(const struct stranger* stranger) {
  unsigned long tries = 0;
  unsigned long got = 0;

  while (may_go_on()) {
    for (unsigned i = 0; i < stranger->count; i++) {
      int fd = open_socket(stranger);
      unsigned port = stranger->is_picked ? 0 : stranger->start + i;
      tries++;
      got += bind_to(stranger, fd, port);
      close(fd);
    }
  }
  printf("%lu %lu\n", tries, got);
}

int main(int count, char** words) {
  struct stranger stranger;

  if (count != 6) {
    return 2;
  }
  stranger.start = (unsigned)atoi(words[1]);
  stranger.count = (unsigned)atoi(words[2]);
  stranger.family = *words[3] == '6' ? AF_INET6 : AF_INET;
  stranger.type = *words[4] == 'u' ? SOCK_DGRAM : SOCK_STREAM;
  stranger.options = words[5];
  stranger.is_picked = strchr(words[5], 'k') != NULL;
  puts("ready");
  fflush(stdout);
  spin(&stranger);
  return 0;
}
