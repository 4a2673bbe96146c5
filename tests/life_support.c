#include "life_support.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook_support.h"

enum { SPINS = 400, FD_END = 512, FILL_MAX = 512 };

void life_meet(struct life_meeting* meeting, unsigned* turn_io) {
  const unsigned wanted = 2 * ++*turn_io;
  atomic_fetch_add(&meeting->arrivals, 1);
  for (int i = 0; atomic_load(&meeting->arrivals) < wanted; i++) {
    if (i >= SPINS) {
      sched_yield();
    }
  }
}

void life_dally(unsigned* seed_io, unsigned most) {
  const unsigned loops = (unsigned)rand_r(seed_io) % most;
  for (volatile unsigned i = 0; i < loops; i++) {
  }
}

struct search {
  int protocol;
  bool is_found;
  struct portres_info* out;
};

static int look_at(const struct portres_info* info, void* arg) {
  struct search* search = arg;
  if ((int)info->protocol == search->protocol &&
      strcmp(info->label, "PORTRES_BLOCK") == 0) {
    *search->out = *info;
    search->is_found = true;
  }
  return 0;
}

bool life_block(int protocol, struct portres_info* out) {
  struct search search = {protocol, false, out};
  return portres_list(look_at, &search) == PORTRES_OK && search.is_found;
}

static bool is_of(int fd, const struct portres_info* block) {
  int protocol = 0;
  socklen_t len = sizeof protocol;
  const int port = hook_port(fd);
  return port >= block->range.start &&
         port < block->range.start + block->range.count &&
         getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
         protocol == (int)block->protocol;
}

unsigned life_held(const struct portres_info* block) {
  bool is_held[65536] = {false};
  unsigned held = 0;
  for (int fd = 0; fd < FD_END; fd++) {
    if (is_of(fd, block) && !is_held[hook_port(fd)]) {
      is_held[hook_port(fd)] = true;
      held++;
    }
  }
  return held;
}

int life_fill(int protocol) {
  int sockets[FILL_MAX];
  struct portres_info block = {0};
  const int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  const int last = socket(AF_INET, type, 0);
  HOOK_CLAIM(life_block(protocol, &block));
  HOOK_CLAIM(block.range.count <= FILL_MAX);
  for (int i = 0; i < block.range.count; i++) {
    sockets[i] = socket(AF_INET, type, 0);
    HOOK_CLAIM(hook_bind_soon(sockets[i]) == 0);
  }
  HOOK_CLAIM(life_held(&block) == block.range.count);
  HOOK_CLAIM(hook_bind(last) == ENOBUFS);
  for (int i = 0; i < block.range.count; i++) {
    HOOK_CLAIM(close(sockets[i]) == 0);
  }
  return close(last);
}
