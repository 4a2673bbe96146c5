#include "kill_owner.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct block {
  int s; /* -1: none */
  int member;
  portres_token token;
  int index; /* of the transport */
  struct portres_range range;
};

struct owner {
  struct killground* ground;
  enum portres_scope scope;
  int number;
  unsigned seed;
  struct block blocks[KILL_OWNER_BLOCKS];
};

unsigned kill_random(unsigned* seed) {
  *seed = *seed * 1103515245 + 12345;
  return *seed >> 16;
}

static unsigned dice(struct owner* owner, unsigned sides) {
  return kill_random(&owner->seed) % sides;
}

/* --- The books --- */

/* What one had who was killed, others may have. */
static void enter(struct owner* owner, const struct block* block) {
  struct killground* ground = owner->ground;
  for (int i = 0; i < block->range.count; i++) {
    int before =
        atomic_exchange(&ground->owners[block->index][block->range.start + i],
                        owner->number + 1);
    if (before != 0 && !ground->is_dying[before - 1]) {
      ground->overlaps++;
    }
  }
}

static void leave(struct owner* owner, const struct block* block) {
  struct killground* ground = owner->ground;
  for (int i = 0; i < block->range.count; i++) {
    int before = atomic_exchange(
        &ground->owners[block->index][block->range.start + i], 0);
    if (before != owner->number + 1) {
      ground->overlaps++;
    }
  }
}

/* --- Sockets --- */

static int open_socket(struct owner* owner, const struct block* block) {
  const int type = block->index == 0 ? SOCK_STREAM : SOCK_DGRAM;
  return socket(dice(owner, 2) == 0 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC,
                0);
}

static bool is_inside(int s, struct portres_range range) {
  struct sockaddr_in6 address = {0};
  socklen_t address_len = sizeof address;
  getsockname(s, (struct sockaddr*)&address, &address_len);
  const uint16_t port = ntohs(address.sin6_port); /* both families' */
  return port >= range.start && port - range.start < range.count;
}

static bool bind_anywhere(int s) {
  int family = 0;
  socklen_t family_len = sizeof family;
  getsockopt(s, SOL_SOCKET, SO_DOMAIN, &family, &family_len);
  const struct sockaddr_in6 address = {.sin6_family = (sa_family_t)family};
  return bind(s, (const struct sockaddr*)&address,
              family == AF_INET ? sizeof(struct sockaddr_in)
                                : sizeof address) == 0;
}

static void take_port(struct owner* owner, struct block* block) {
  block->member = open_socket(owner, block);
  const int status = portres_associate(block->member, block->token);
  if (status != 0) {
    owner->ground->trouble = status;
  } else if (!bind_anywhere(block->member) ||
             !is_inside(block->member, block->range) ||
             (block->index == 0 && dice(owner, 2) == 0 &&
              listen(block->member, 1) != 0)) {
    owner->ground->lost++;
  }
}

/* --- What it does --- */

static void begin(struct owner* owner, struct block* block) {
  struct portres_options options = {
      .size = sizeof options,
      .range = {0, (uint16_t)(1 + dice(owner, KILL_OWNER_COUNT_MAX))},
      .scope = owner->scope};
  struct portres_reservation granted;
  block->index = (int)dice(owner, 2);
  block->s = open_socket(owner, block);
  const int status = portres_acquire_with(block->s, &options, &granted);
  if (status != 0) {
    owner->ground->trouble = status;
    return;
  }
  block->range = granted.range;
  block->token = granted.token;
  enter(owner, block);
  owner->ground->acquires++;
  take_port(owner, block);
}

static void end(struct owner* owner, struct block* block) {
  leave(owner, block);
  close(block->member);
  if (dice(owner, 2) == 0) {
    portres_release(block->s, block->token);
  }
  close(block->s);
  block->s = -1;
}

static void swap(struct owner* owner, struct block* block) {
  close(block->member);
  take_port(owner, block);
  owner->ground->swaps++;
}

static void fork_once(struct owner* owner) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  owner->ground->forks++;
}

static void act(struct owner* owner) {
  struct block* block = &owner->blocks[dice(owner, KILL_OWNER_BLOCKS)];
  const unsigned choice = dice(owner, 32);
  if (block->s < 0) {
    begin(owner, block);
  } else if (choice < 4 && owner->ground->may_fork) {
    fork_once(owner);
  } else if (choice < 20) {
    swap(owner, block);
  } else {
    end(owner, block);
  }
}

void kill_own(struct killground* ground,
              enum portres_scope scope,
              int number,
              unsigned seed) {
  struct owner owner = {
      .ground = ground, .scope = scope, .number = number, .seed = seed};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < KILL_OWNER_BLOCKS; i++) {
    owner.blocks[i].s = -1;
  }
  for (;;) {
    act(&owner);
  }
}
