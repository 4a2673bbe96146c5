/* sockets.h - which sockets of the system have these ports. */
#ifndef PORTRES_CLI_SOCKETS_H
#define PORTRES_CLI_SOCKETS_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>

enum { SOCKETS_ADDRESS_SIZE = 64 };

struct sockets_entry {
  enum portres_protocol protocol;
  uint16_t port;
  const char* state; /* LISTEN, ESTABLISHED, TIME_WAIT, BOUND, ... */
  char address[SOCKETS_ADDRESS_SIZE]; /* its own, without port */
  char peer[SOCKETS_ADDRESS_SIZE];    /* with port; empty: it has none */
  uint64_t inode;                     /* 0: no process has it */
  uint32_t uid;                       /* of inode 0: nothing */
  bool is_guard;
};

typedef void (*sockets_visit)(const struct sockets_entry* entry, void* arg);

/* Call `visit` for each of them. Returns: 0, or an errno value: the system did
 * not tell all. */
int sockets_each(enum portres_protocol protocol,
                 struct portres_range range,
                 sockets_visit visit,
                 void* arg);

#endif
