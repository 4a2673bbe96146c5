/* owners.h - which processes have a socket, as far as they let us look. */
#ifndef PORTRES_CLI_OWNERS_H
#define PORTRES_CLI_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { OWNERS_NAME_SIZE = 256 };

struct owners_entry {
  uint64_t inode;
  pid_t pid;
  char program[OWNERS_NAME_SIZE];
};

struct owners {
  struct owners_entry* entries;
  size_t count;
  size_t hidden; /* processes that could not be looked into */
};

/* Look for the sockets of these inodes in all processes. Returns: 0, or an
 * errno value. */
int owners_find(const uint64_t* inodes, size_t inode_count, struct owners* out);

void owners_free(struct owners* owners);

/* The name of a process' program; empty: there is no such process. */
void owners_name(pid_t pid, char out[OWNERS_NAME_SIZE]);

#endif
