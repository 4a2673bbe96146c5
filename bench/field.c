#include "field.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char range_path[] = "/proc/sys/net/ipv4/ip_local_port_range";
static char range_before[64];

const char* protocol_name(int protocol) {
  return protocol == IPPROTO_TCP ? "tcp" : "udp";
}

int field_socket(const struct field* f, const struct bench_calls* calls) {
  int type = f->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int fd = calls->socket(f->family, type, 0);
  bench_check(fd >= 0, "socket");
  return fd;
}

union address field_address(const struct field* f, uint16_t port) {
  union address address;
  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)f->family;
  if (f->family == AF_INET6) {
    address.v6.sin6_port = htons(port);
  } else {
    address.v4.sin_port = htons(port);
  }
  return address;
}

socklen_t field_address_len(const struct field* f) {
  return f->family == AF_INET6 ? sizeof(struct sockaddr_in6)
                               : sizeof(struct sockaddr_in);
}

uint16_t port_of(int fd) {
  union address address;
  socklen_t length = sizeof address;
  bench_check(getsockname(fd, &address.any, &length) == 0, "getsockname");
  /* The port lies at the same place in both kinds of address. */
  return ntohs(address.v4.sin_port);
}

int field_open(struct field* f, int protocol, int family, int count) {
  return field_open_with(f, protocol, family, count, PORTRES_SCOPE_PROCESS);
}

int field_open_with(struct field* f,
                    int protocol,
                    int family,
                    int count,
                    enum portres_scope scope) {
  *f = (struct field){.protocol = protocol, .family = family};
  f->keeper = field_socket(f, &hooked);
  struct portres_options want = {
      .size = sizeof want, .range = {0, (uint16_t)count}, .scope = scope};
  struct portres_reservation got;
  int status = portres_acquire_with(f->keeper, &want, &got);
  if (status != 0) {
    hooked.close(f->keeper);
    return status;
  }
  f->range = got.range;
  f->token = got.token;
  f->sockets = malloc((size_t)count * sizeof *f->sockets);
  f->holes = malloc((size_t)count * sizeof *f->holes);
  bench_check(f->sockets != NULL && f->holes != NULL, "malloc");
  for (int i = 0; i < count; i++) {
    f->sockets[i] = -1;
  }
  return 0;
}

void field_close(struct field* f) {
  field_empty(f);
  bench_check(portres_release(f->keeper, f->token) == 0, "release");
  hooked.close(f->keeper);
  free(f->sockets);
  free(f->holes);
}

static void bind_all(struct field* f) {
  union address address = field_address(f, 0);
  for (int i = 0; i < f->range.count; i++) {
    int fd = field_socket(f, &hooked);
    bench_check(portres_associate(fd, f->token) == 0, "associate");
    bench_check(hooked.bind(fd, &address.any, field_address_len(f)) == 0,
                "fill bind");
    f->sockets[port_of(fd) - f->range.start] = fd;
  }
}

static void open_holes(struct field* f, int count) {
  while (count > 0) {
    uint32_t offset = bench_random(f->range.count);
    if (f->sockets[offset] >= 0) {
      hooked.close(f->sockets[offset]);
      f->sockets[offset] = -1;
      count--;
    }
  }
}

void field_fill(struct field* f, int percent) {
  field_empty(f);
  int used = f->range.count * percent / 100;
  if (used > 0) {
    bind_all(f);
    open_holes(f, f->range.count - used);
  }
  f->hole_count = 0;
  for (int i = 0; i < f->range.count; i++) {
    if (f->sockets[i] < 0) {
      f->holes[f->hole_count++] = (uint16_t)(f->range.start + i);
    }
  }
}

void field_empty(struct field* f) {
  for (int i = 0; i < f->range.count; i++) {
    if (f->sockets[i] >= 0) {
      hooked.close(f->sockets[i]);
      f->sockets[i] = -1;
    }
  }
}

static bool write_range(const char* text) {
  FILE* file = fopen(range_path, "w");
  if (file == NULL) {
    return false;
  }
  bool is_written = fputs(text, file) >= 0;
  return (fclose(file) == 0) && is_written;
}

bool ephemeral_range_set(struct portres_range range) {
  FILE* file = bench_options.owns_netns ? fopen(range_path, "r") : NULL;
  if (file == NULL) {
    return false;
  }
  bool is_read = fgets(range_before, sizeof range_before, file) != NULL;
  fclose(file);
  char text[64];
  snprintf(text, sizeof text, "%d %d\n", range.start,
           range.start + range.count - 1);
  return is_read && write_range(text);
}

void ephemeral_range_restore(void) {
  bench_check(write_range(range_before), "restoring the ephemeral range");
}

void for_each_transport(void (*question)(int protocol, int family)) {
  question(IPPROTO_TCP, AF_INET);
  question(IPPROTO_UDP, AF_INET);
  if (bench_options.with_v6) {
    question(IPPROTO_TCP, AF_INET6);
    question(IPPROTO_UDP, AF_INET6);
  }
}
