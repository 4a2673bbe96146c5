/* block.c - a reserved block of ports and the echo servers that live on it. */
#include "block.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

static int open_socket(enum portres_protocol protocol) {
  return socket(AF_INET, protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
}

int block_reserve(struct block* block) {
  struct portres_options options = {
      .size = sizeof(options),
      .range = {.start = 0, .count = block->count},
      .label = block->label,
  };
  block->servers = calloc(block->count + 1u, sizeof(*block->servers));
  block->owner = open_socket(block->protocol);
  if (!block->servers) {
    return PORTRES_ENOBUFS;
  }
  return portres_acquire_with(block->owner, &options, &block->reservation);
}

uint16_t block_first(const struct block* block) {
  return block->reservation.range.start;
}

uint16_t block_last(const struct block* block) {
  return (uint16_t)(block_first(block) + block->count - 1);
}

int block_try_stranger(const struct block* block, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int s = open_socket(block->protocol);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int failed = bind(s, (struct sockaddr*)&address, sizeof(address));
  int error = failed ? errno : 0;
  close(s);
  return error;
}

int block_release(struct block* block) {
  int status = portres_release(block->owner, block->reservation.token);
  for (unsigned i = 0; i <= block->count; i++) {
    echo_close(&block->servers[i]);
  }
  close(block->owner);
  free(block->servers);
  return status;
}
