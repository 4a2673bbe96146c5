/* field.h - a reserved block with some of its ports bound, the holes in random
 *           places: what both the naked and the associated bind have to face.
 */
#ifndef PORTRES_BENCH_FIELD_H
#define PORTRES_BENCH_FIELD_H

#include <netinet/in.h>
#include <portres/portres.h>

#include "bench.h"

struct field {
  int protocol; /* IPPROTO_TCP or IPPROTO_UDP */
  int family;
  int keeper; /* the socket that acquired the block */
  struct portres_range range;
  portres_token token;
  int* sockets;    /* by offset in the block; -1: the port is free */
  uint16_t* holes; /* the free ports, lowest first */
  int hole_count;
};

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Reserves `count` ports anywhere. Returns 0, or the library's status. */
int field_open(struct field* f, int protocol, int family, int count);
int field_open_with(struct field* f,
                    int protocol,
                    int family,
                    int count,
                    enum portres_scope scope);
void field_close(struct field* f);

/* Binds `percent` of the ports (rounded down) through the token. */
void field_fill(struct field* f, int percent);
void field_empty(struct field* f);

int field_socket(const struct field* f, const struct bench_calls* calls);

/* The wildcard address and `port`. */
union address field_address(const struct field* f, uint16_t port);
socklen_t field_address_len(const struct field* f);
uint16_t port_of(int fd);

const char* protocol_name(int protocol);

/* Lets the kernel pick its own ports from `range`, and takes that back. False
 * where the network namespace is not ours to change. */
bool ephemeral_range_set(struct portres_range range);
void ephemeral_range_restore(void);

/* Calls `question` for TCP and UDP, over IPv4 and, when asked for, IPv6. */
void for_each_transport(void (*question)(int protocol, int family));

#endif
