/* net.h - sockets, addresses and ports for the tests.
 *
 * No port is fixed anywhere: net_free_block() finds ports nobody has bound,
 * and everything else comes from the kernel or from the library under test.
 * Nothing here knows the library: protocols are IPPROTO_TCP and IPPROTO_UDP,
 * which are also the values of enum portres_protocol.
 *
 * Functions that cannot fail in a healthy test fail the row by themselves.
 */
#ifndef PORTRES_TESTS_NET_H
#define PORTRES_TESTS_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum net_family { NET_V4, NET_V6, NET_DUAL };

/* The conditions most tables go through. */
struct net_kind {
  int protocol;
  enum net_family family;
};

struct net_address {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
  } as;
  socklen_t len;
};

/* Sockets */

int net_socket(int protocol, enum net_family family);
void net_set(int s, int level, int option, int value);
void net_close(int s);

/* 0, or the errno of the failure; errno itself is as the call left it. */
int net_bind(int s, const char* host, uint16_t port);
int net_bind_any(int s, uint16_t port); /* 0.0.0.0 or ::, by the socket */
int net_listen(int s);
int net_connect(int s, const char* host, uint16_t port);

/* A client connected to `listener` over the loopback of its own family. */
int net_connect_to(int listener);
int net_accept(int listener);

/* Addresses */

struct net_address net_address(const char* host, uint16_t port);
struct net_address net_any(enum net_family family, uint16_t port);
struct net_address net_loopback(enum net_family family, uint16_t port);
struct net_address net_name(int s);
uint16_t net_port(int s); /* the bound port; 0 when it is not bound */
enum net_family net_family_of(int s);

/* Ports */

/* The first of `count` ports that nobody has bound, in the dynamic range and
 * outside the kernel's ephemeral range, for TCP and UDP alike. */
uint16_t net_free_block(uint16_t count);
void net_ephemeral_range(uint16_t* low, uint16_t* high);
uint16_t net_unprivileged_start(void);

/* Conditions */

bool net_has_netns(void);
void net_need_netns(const char* reason);   /* or skip */
void net_need_descriptors(unsigned count); /* or skip */
void net_need_room(uint16_t count);        /* or skip */

#endif
