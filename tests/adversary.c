/* adversary - a program that wants a port, and does not know the library.
 *
 *   adversary sweep tcp|udp PORT              each way to bind it, once
 *   adversary spin tcp|udp HOST FLAGS PORT ENOUGH
 *                                             one way, until stdin ends
 *   adversary pick tcp|udp FIRST LAST COUNT   ports that the kernel picks
 *   adversary hunt tcp|udp HOST FLAGS FIRST NUMBER
 *                                             some ports, while owners die
 *
 * HOST: any4 lo4 any6 only6 lo6. FLAGS: plain addr port both (SO_REUSEADDR,
 * SO_REUSEPORT).
 *
 * `sweep` prints the ways that worked, or "none". `spin` prints "ready", and
 * "enough" after so many attempts, and in
 * the end "ATTEMPTS GAINS". `pick` prints how many ports lay in FIRST-LAST.
 * `hunt` writes what it did to its standard input, which is killground.h's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "killground.h"

enum { HOSTS = 5, FLAGS = 4, ASK_EVERY = 64, HUNTED = 16 };
static const char* const host_names[HOSTS] = {"any4", "lo4", "any6", "only6",
                                              "lo6"};
static const char* const flag_names[FLAGS] = {"plain", "addr", "port", "both"};

struct way {
  int type;
  int host;
  int flags; /* 1: SO_REUSEADDR, 2: SO_REUSEPORT */
};

static int index_of(const char* text, const char* const* names, int count) {
  for (int i = 0; i < count; i++) {
    if (strcmp(text, names[i]) == 0) {
      return i;
    }
  }
  return -1;
}

static int type_of(const char* protocol) {
  return strcmp(protocol, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
}

static void set(int s, int level, int option, int value) {
  setsockopt(s, level, option, &value, sizeof value);
}

static int open_socket(struct way way) {
  const bool is_v6 = way.host >= 2;
  const int s = socket(is_v6 ? AF_INET6 : AF_INET, way.type, 0);
  if (is_v6) {
    set(s, IPPROTO_IPV6, IPV6_V6ONLY,
        strcmp(host_names[way.host], "any6") != 0);
  }
  set(s, SOL_SOCKET, SO_REUSEADDR, way.flags & 1);
  set(s, SOL_SOCKET, SO_REUSEPORT, way.flags >> 1);
  return s;
}

static bool bind_to(int s, int host, unsigned port) {
  const struct sockaddr_in v4 = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr = {htonl(host == 1 ? INADDR_LOOPBACK : INADDR_ANY)}};
  const struct sockaddr_in6 v6 = {
      .sin6_family = AF_INET6,
      .sin6_port = htons((uint16_t)port),
      .sin6_addr = host == 4 ? in6addr_loopback : in6addr_any};
  return host < 2 ? bind(s, (const struct sockaddr*)&v4, sizeof v4) == 0
                  : bind(s, (const struct sockaddr*)&v6, sizeof v6) == 0;
}

static int sweep(char** argv) {
  bool is_any = false;
  for (int i = 0; i < HOSTS * FLAGS; i++) {
    const struct way way = {type_of(argv[0]), i / FLAGS, i % FLAGS};
    const int s = open_socket(way);
    if (bind_to(s, way.host, (unsigned)strtoul(argv[1], NULL, 10))) {
      printf("%s/%s ", host_names[way.host], flag_names[way.flags]);
      is_any = true;
    }
    close(s);
  }
  puts(is_any ? "" : "none");
  return 0;
}

static bool is_over(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) != 0;
}

static int spin(char** argv) {
  const struct way way = {type_of(argv[0]),
                          index_of(argv[1], host_names, HOSTS),
                          index_of(argv[2], flag_names, FLAGS)};
  const unsigned port = (unsigned)strtoul(argv[3], NULL, 10);
  const long enough = strtol(argv[4], NULL, 10);
  long attempts = 0;
  long gains = 0;
  int s = open_socket(way);
  puts("ready");
  fflush(stdout);
  while (attempts % ASK_EVERY != 0 || attempts == 0 || !is_over()) {
    if (++attempts == enough) {
      puts("enough");
      fflush(stdout);
    }
    if (bind_to(s, way.host, port)) {
      gains++;
      close(s);
      s = open_socket(way);
    }
  }
  printf("%ld %ld\n", attempts, gains);
  return 0;
}

static unsigned port_of(int s) {
  struct sockaddr_in6 address = {0};
  socklen_t address_len = sizeof address;
  getsockname(s, (struct sockaddr*)&address, &address_len);
  return ntohs(address.sin6_port);
}

/* By bind() to port 0, and by connect() to a listener of ours. */
static unsigned pick_one(int type, int host, const struct sockaddr_in* peer) {
  const struct way way = {type, host, 0};
  const int s = open_socket(way);
  unsigned port = 0;
  if (peer == NULL
          ? bind_to(s, host, 0)
          : connect(s, (const struct sockaddr*)peer, sizeof *peer) == 0) {
    port = port_of(s);
  }
  const struct linger hard = {1, 0};
  setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(s);
  return port;
}

static int pick(char** argv) {
  const int type = type_of(argv[0]);
  const unsigned first = (unsigned)strtoul(argv[1], NULL, 10);
  const unsigned last = (unsigned)strtoul(argv[2], NULL, 10);
  const struct way way = {type, 1, 0};
  const int listener = open_socket(way);
  struct sockaddr_in peer = {0};
  socklen_t peer_len = sizeof peer;
  long landed = 0;
  long picked = 0;
  if (!bind_to(listener, 1, 0)) {
    return 4;
  }
  listen(listener, 1);
  getsockname(listener, (struct sockaddr*)&peer, &peer_len);
  for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
    const unsigned port =
        pick_one(type, i % 4 == 1 ? 2 : 0, i % 2 == 0 ? &peer : NULL);
    picked += port != 0;
    landed += port >= first && port <= last;
    if (type == SOCK_STREAM && i % 2 == 0) {
      close(accept(listener, NULL, NULL));
    }
  }
  printf("%ld of %ld\n", landed, picked);
  return 0;
}

/* What happens between the death of an owner and the word of it is no gain. */
static bool is_anothers(const struct killground* ground,
                        const _Atomic int* owner,
                        int before) {
  return before != 0 && *owner == before && !ground->is_dying[before - 1];
}

static void hunt_once(struct killground* ground,
                      struct way way,
                      unsigned port,
                      int number) {
  const _Atomic int* owner = &ground->owners[way.type != SOCK_STREAM][port];
  const int before = *owner;
  const int s = open_socket(way);
  if (bind_to(s, way.host, port)) {
    ground->gains[number] += is_anothers(ground, owner, before);
  }
  close(s);
  ground->attempts[number]++;
}

static void rest(struct killground* ground) {
  ground->resting++;
  while (ground->is_paused) {
    usleep(50);
  }
  ground->resting--;
}

/* Until it is killed. */
static int hunt(char** argv) {
  const struct way way = {type_of(argv[0]),
                          index_of(argv[1], host_names, HOSTS),
                          index_of(argv[2], flag_names, FLAGS)};
  const unsigned first = (unsigned)strtoul(argv[3], NULL, 10);
  const int number = atoi(argv[4]);
  struct killground* ground =
      mmap(NULL, sizeof *ground, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0);
  if (ground == MAP_FAILED) {
    return 4;
  }
  for (unsigned i = 0;; i++) {
    if (ground->is_paused) {
      rest(ground);
    }
    hunt_once(ground, way, first + i % HUNTED, number);
  }
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "sweep") == 0) {
    return sweep(argv + 2);
  }
  if (argc == 7 && strcmp(argv[1], "spin") == 0) {
    return spin(argv + 2);
  }
  if (argc == 6 && strcmp(argv[1], "pick") == 0) {
    return pick(argv + 2);
  }
  if (argc == 7 && strcmp(argv[1], "hunt") == 0) {
    return hunt(argv + 2);
  }
  fputs("Usage: adversary sweep|spin|pick|hunt ...: see the source\n", stderr);
  return 2;
}
