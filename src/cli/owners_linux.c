/* owners_linux.c - /proc/PID/fd has a link for each descriptor, and that of a
 * socket names its inode. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "owners.h"

void owners_name(pid_t pid, char out[OWNERS_NAME_SIZE]) {
  char path[64];
  FILE* comm;

  out[0] = '\0';
  snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
  comm = fopen(path, "re");
  if (comm == NULL) {
    return;
  }
  if (fgets(out, OWNERS_NAME_SIZE, comm) == NULL) {
    out[0] = '\0';
  }
  out[strcspn(out, "\n")] = '\0';
  fclose(comm);
}

struct search {
  const uint64_t* inodes;
  size_t inode_count;
  struct owners* found;
};

static int add(struct owners* found, uint64_t inode, pid_t pid) {
  struct owners_entry* entries =
      realloc(found->entries, (found->count + 1) * sizeof *entries);

  if (entries == NULL) {
    return ENOMEM;
  }
  found->entries = entries;
  entries[found->count] = (struct owners_entry){.inode = inode, .pid = pid};
  owners_name(pid, entries[found->count].program);
  found->count++;
  return 0;
}

/* A process may have several descriptors of one socket. */
static bool is_known(const struct owners* found, uint64_t inode, pid_t pid) {
  for (size_t i = found->count; i > 0 && found->entries[i - 1].pid == pid;
       i--) {
    if (found->entries[i - 1].inode == inode) {
      return true;
    }
  }
  return false;
}

static int note(const struct search* search, uint64_t inode, pid_t pid) {
  for (size_t i = 0; i < search->inode_count; i++) {
    if (search->inodes[i] == inode && !is_known(search->found, inode, pid)) {
      return add(search->found, inode, pid);
    }
  }
  return 0;
}

static int look_at_descriptors(const struct search* search,
                               DIR* folder,
                               pid_t pid) {
  const struct dirent* entry;
  int error = 0;

  while (error == 0 && (entry = readdir(folder)) != NULL) {
    char target[64];
    unsigned long long inode;
    ssize_t len =
        readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
    target[len > 0 ? len : 0] = '\0';
    if (sscanf(target, "socket:[%llu]", &inode) == 1) {
      error = note(search, inode, pid);
    }
  }
  return error;
}

static int look_at_process(const struct search* search, pid_t pid) {
  char path[64];
  DIR* folder;
  int error;

  snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
  folder = opendir(path);
  if (folder == NULL) {
    search->found->hidden += errno == EACCES || errno == EPERM;
    return 0; /* it has ended, or will not be looked into */
  }
  error = look_at_descriptors(search, folder, pid);
  closedir(folder);
  return error;
}

int owners_find(const uint64_t* inodes,
                size_t inode_count,
                struct owners* out) {
  struct search search = {inodes, inode_count, out};
  DIR* processes = opendir("/proc");
  const struct dirent* entry;
  int error = 0;

  *out = (struct owners){0};
  if (processes == NULL) {
    return errno;
  }
  while (error == 0 && (entry = readdir(processes)) != NULL) {
    if (isdigit((unsigned char)entry->d_name[0])) {
      error = look_at_process(&search, (pid_t)strtol(entry->d_name, NULL, 10));
    }
  }
  closedir(processes);
  return error;
}

void owners_free(struct owners* owners) {
  free(owners->entries);
  *owners = (struct owners){0};
}
