#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "table.h"

#define DYNAMIC_START 49152

int net_socket(int protocol, enum net_family family) {
  int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int s = socket(family == NET_V4 ? AF_INET : AF_INET6, type, 0);
  assert_true(s >= 0);
  if (family == NET_V6) {
    net_set(s, IPPROTO_IPV6, IPV6_V6ONLY, true);
  } else if (family == NET_DUAL) {
    /* OpenBSD has no such socket; rows that need one are in gates.txt. */
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
  }
  return s;
}

void net_set(int s, int level, int option, int value) {
  assert_int_equal(setsockopt(s, level, option, &value, sizeof value), 0);
}

void net_close(int s) {
  assert_int_equal(close(s), 0);
}

static int bind_address(int s, struct net_address address) {
  return bind(s, &address.as.any, address.len) == 0 ? 0 : errno;
}

int net_bind(int s, const char* host, uint16_t port) {
  return bind_address(s, net_address(host, port));
}

int net_bind_any(int s, uint16_t port) {
  return bind_address(s, net_any(net_family_of(s), port));
}

int net_listen(int s) {
  return listen(s, 8) == 0 ? 0 : errno;
}

int net_connect(int s, const char* host, uint16_t port) {
  struct net_address address = net_address(host, port);
  return connect(s, &address.as.any, address.len) == 0 ? 0 : errno;
}

int net_connect_to(int listener) {
  enum net_family family = net_family_of(listener);
  struct net_address address = net_loopback(family, net_port(listener));
  int client = net_socket(IPPROTO_TCP, family);
  assert_int_equal(connect(client, &address.as.any, address.len), 0);
  return client;
}

int net_accept(int listener) {
  int s = accept(listener, NULL, NULL);
  assert_true(s >= 0);
  return s;
}

struct net_address net_address(const char* host, uint16_t port) {
  struct net_address out = {.len = sizeof out.as.v4};
  if (inet_pton(AF_INET, host, &out.as.v4.sin_addr) == 1) {
    out.as.v4.sin_family = AF_INET;
    out.as.v4.sin_port = htons(port);
    return out;
  }
  memset(&out, 0, sizeof out);
  assert_int_equal(inet_pton(AF_INET6, host, &out.as.v6.sin6_addr), 1);
  out.as.v6.sin6_family = AF_INET6;
  out.as.v6.sin6_port = htons(port);
  out.len = sizeof out.as.v6;
  return out;
}

struct net_address net_any(enum net_family family, uint16_t port) {
  return net_address(family == NET_V4 ? "0.0.0.0" : "::", port);
}

struct net_address net_loopback(enum net_family family, uint16_t port) {
  return net_address(family == NET_V4 ? "127.0.0.1" : "::1", port);
}

struct net_address net_name(int s) {
  struct net_address out = {.len = sizeof out.as};
  assert_int_equal(getsockname(s, &out.as.any, &out.len), 0);
  return out;
}

/* sin_port and sin6_port lie at the same offset. */
uint16_t net_port(int s) {
  return ntohs(net_name(s).as.v4.sin_port);
}

enum net_family net_family_of(int s) {
  int v6only = 0;
  socklen_t len = sizeof v6only;
  if (net_name(s).as.any.sa_family == AF_INET) {
    return NET_V4;
  }
  assert_int_equal(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &len), 0);
  return v6only ? NET_V6 : NET_DUAL;
}

/* A dual-stack wildcard without flags conflicts with every socket there. */
static bool is_free(int protocol, uint16_t port) {
  int s = net_socket(protocol, NET_DUAL);
  int error = net_bind(s, "::", port);
  net_close(s);
  return error == 0;
}

uint16_t net_free_block(uint16_t count) {
  unsigned length = 0;
  uint16_t low;
  uint16_t high;
  net_ephemeral_range(&low, &high);
  for (unsigned port = DYNAMIC_START; port <= 65535; port++) {
    uint16_t p = (uint16_t)port;
    bool is_good = (p < low || p > high) && is_free(IPPROTO_TCP, p) &&
                   is_free(IPPROTO_UDP, p);
    length = is_good ? length + 1 : 0;
    if (length == count) {
      return (uint16_t)(port - count + 1);
    }
  }
  fail_msg("no %u free ports in the dynamic range", count);
  return 0;
}

static void read_numbers(const char* path, unsigned* first, unsigned* second) {
  FILE* file = fopen(path, "r");
  if (file) {
    int read = fscanf(file, "%u %u", first, second);
    (void)read; /* what is not there keeps the caller's default */
    fclose(file);
  }
}

void net_ephemeral_range(uint16_t* low, uint16_t* high) {
  unsigned first = 32768;
  unsigned last = 60999;
  read_numbers("/proc/sys/net/ipv4/ip_local_port_range", &first, &last);
  *low = (uint16_t)first;
  *high = (uint16_t)last;
}

uint16_t net_unprivileged_start(void) {
  unsigned start = 1024;
  unsigned none = 0;
  read_numbers("/proc/sys/net/ipv4/ip_unprivileged_port_start", &start, &none);
  return (uint16_t)start;
}

bool net_has_netns(void) {
  const char* refused = getenv("PORTRES_TEST_NO_NETNS");
  return !refused || strcmp(refused, "1") != 0;
}

void net_need_netns(const char* reason) {
  if (!net_has_netns()) {
    table_skip(reason);
  }
}

void net_need_descriptors(unsigned count) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < count + 32) {
    table_skip("the limit on open descriptors is too low");
  }
}

/* The kernel's own picks may land in the ephemeral range at any moment. */
void net_need_room(uint16_t count) {
  uint16_t low;
  uint16_t high;
  net_ephemeral_range(&low, &high);
  unsigned start = high >= DYNAMIC_START ? high + 1u : DYNAMIC_START;
  if (low > DYNAMIC_START) {
    start = DYNAMIC_START;
  }
  if (count > 65536 - start) {
    table_skip("the block does not fit beside the ephemeral range");
  }
}
