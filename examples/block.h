/* block.h - a reserved block of ports and the echo servers that live on it. */
#ifndef PORTRES_EXAMPLES_BLOCK_H
#define PORTRES_EXAMPLES_BLOCK_H

#include "echo.h"

struct block {
  const char* name; /* "TCP" or "UDP" */
  const char* label;
  enum portres_protocol protocol;
  uint16_t count;
  struct echo owner; /* whose socket's life bounds the reservation */
  struct portres_reservation reservation;
  struct echo* servers; /* count + 1: the last one is to be refused */
};

/**
 * Reserve `count` consecutive ports wherever there is room.
 *
 * Owner:   block_release() gives the ports and the memory back.
 * Returns: 0 or the status of portres.
 */
int block_reserve(struct block* block, uv_loop_t* loop);

/**
 * Tell the first and the last port of the block.
 */
uint16_t block_first(const struct block* block);
uint16_t block_last(const struct block* block);

/**
 * Bind a socket that does not hold the token to a port of the block.
 *
 * Returns: 0 when it got the port, else the libuv error of its bind.
 */
int block_try_stranger(const struct block* block, uint16_t port);

/**
 * Close the servers, end the reservation, free the memory.
 *
 * Returns: the status of portres_release().
 */
int block_release(struct block* block);

#endif
