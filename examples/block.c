/* block.c - a reserved block of ports and the echo servers that live on it. */
#include "block.h"

#include <stdlib.h>

int block_reserve(struct block* block, uv_loop_t* loop) {
  struct portres_options options = {
      .size = sizeof(options),
      .range = {.start = 0, .count = block->count},
      .label = block->label,
  };
  block->servers = calloc(block->count + 1u, sizeof(*block->servers));
  if (!block->servers || echo_create(&block->owner, loop, block->protocol)) {
    return PORTRES_ENOBUFS;
  }
  return portres_acquire_with(echo_socket(&block->owner), &options,
                              &block->reservation);
}

uint16_t block_first(const struct block* block) {
  return block->reservation.range.start;
}

uint16_t block_last(const struct block* block) {
  return (uint16_t)(block_first(block) + block->count - 1);
}

int block_try_stranger(const struct block* block, uint16_t port) {
  struct echo stranger;
  int error =
      echo_create(&stranger, block->owner.uv.handle.loop, block->protocol);
  error = error ? error : echo_bind(&stranger, port);
  echo_close(&stranger);
  return error;
}

int block_release(struct block* block) {
  int status =
      portres_release(echo_socket(&block->owner), block->reservation.token);
  for (unsigned i = 0; i <= block->count; i++) {
    echo_close(&block->servers[i]);
  }
  echo_close(&block->owner);
  free(block->servers);
  return status;
}
