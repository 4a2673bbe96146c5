/* tree.h - the blocks that a tree of processes shares, and how a socket of the
 *          tree gets its port.
 *
 * The supervisor alone gives ports out, one socket after the other, so there is
 * nothing that two processes could see differently, and nothing to repair when
 * one of them is killed: a port is free when no socket has it, and that the
 * kernel is asked. At scope machine a guard sits on each port, taken or not.
 */
#ifndef PORTRES_CLI_TREE_H
#define PORTRES_CLI_TREE_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "cli_scope.h"

enum { TREE_BLOCKS = 2 }; /* TCP, UDP */

/* Of a port with a guard. */
enum tree_port {
  TREE_PORT_FREE,   /* nothing was bound beside the guard */
  TREE_PORT_GIVEN,  /* something was, and may be there yet */
  TREE_PORT_UNCLEAN /* the same; the guard is to go before the next one */
};

struct tree_block {
  enum portres_protocol protocol;
  struct portres_range range; /* count 0: none is wanted */
  portres_token token;
  int owner;            /* the socket that acquired it, in the supervisor; -1 */
  int* guards;          /* a descriptor for each port; -1: it has none */
  unsigned char* ports; /* enum tree_port, for each */
  uint64_t survey_again_ms; /* when remnants may be looked for again */
};

struct tree {
  const struct cli_scope* scope;
  const char* label;
  uint32_t wait_ms;  /* for ports that are busy, in all */
  uint64_t since_ms; /* when that began */
  struct tree_block blocks[TREE_BLOCKS];
};

/* Reserve what is wanted. Returns: a status of the library; on failure
 * `*failed_out` is the block. */
int tree_acquire(struct tree* tree, const struct tree_block** failed_out);

/* The block of this protocol; NULL: there is none. */
struct tree_block* tree_find(struct tree* tree, enum portres_protocol protocol);

/* True when the socket is bound to a port of a block. */
bool tree_has(struct tree* tree, int fd);

/* Bind a socket of the tree: to the lowest free port of its protocol's block
 * if the address has port 0, else to that port of the block. Returns: 0 or an
 * errno value; ENOBUFS: no port is free. */
int tree_bind(struct tree* tree,
              int fd,
              const struct sockaddr* address,
              socklen_t address_len);

/* Have a socket of the tree listen; one that has no port gets one first.
 * Returns: 0 or an errno value, as above. */
int tree_listen(struct tree* tree, int fd, int backlog);

/* Guard what has come free. Returns: whether ports are left without a guard
 * that should have one. */
bool tree_guard(struct tree* tree);

/* As in a child that executes a program, or at the end. */
void tree_close(struct tree* tree);

#endif
