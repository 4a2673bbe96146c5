#include "ledgerfile_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "disk_posix.h"
#include "ofd_posix.h"
#include "platform.h"
#include "runtimedir_posix.h"
#include "statedir_posix.h"

enum {
  FILE_MODE = 0600,
  NAME_SIZE = PORTRES__LEDGERFILE_NAME_SIZE,
  PATH_SIZE = 32, /* of a descriptor */
  PIECE_SIZE = 4096,
  PATIENCE = 100, /* with one who removes the file again and again */
  ATTEMPTS = 3,
  NETNS_AT = 7 + 2 * PORTRES__BOOT_SIZE + 1
};

static const char prefix[] = "ledger-";

/* --- Names: ledger-BOOT-cCOOKIE, or -iINODE --- */

static char* put_hex(char* out, uint64_t number, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    *out++ = "0123456789abcdef"[number >> (4 * i) & 15];
  }
  return out;
}

static char* put_boot(char* out, const uint8_t boot[PORTRES__BOOT_SIZE]) {
  for (int i = 0; i < PORTRES__BOOT_SIZE; i++) {
    out = put_hex(out, boot[i], 2);
  }
  return out;
}

static bool make_name(struct portres__netns netns, char name[NAME_SIZE]) {
  uint8_t boot[PORTRES__BOOT_SIZE];
  char* at = name;

  if (portres__platform_boot_id(boot) != PORTRES_OK) {
    return false;
  }
  memcpy(at, prefix, sizeof prefix - 1);
  at = put_boot(at + sizeof prefix - 1, boot);
  *at++ = '-';
  *at++ = netns.is_cookie ? 'c' : 'i';
  at = put_hex(at, netns.number, 16);
  *at = '\0';
  return true;
}

bool portres__ledgerfile_is_name(const char* name) {
  return strlen(name) == NETNS_AT + 1 + 16 &&
         strncmp(name, prefix, sizeof prefix - 1) == 0 &&
         (name[NETNS_AT] == 'c' || name[NETNS_AT] == 'i');
}

bool portres__ledgerfile_is_current(const char* name) {
  char current[NAME_SIZE];

  return make_name(portres__ledgerfile_netns(name), current) &&
         strcmp(name, current) == 0;
}

struct portres__netns portres__ledgerfile_netns(const char* name) {
  struct portres__netns netns = {strtoull(name + NETNS_AT + 1, NULL, 16),
                                 name[NETNS_AT] == 'c'};
  return netns;
}

/* --- Making --- */

static void put_temporary_name(char name[NAME_SIZE]) {
  uint64_t number = 0;
  char* at = name;

  portres__platform_random(&number, sizeof number);
  memcpy(at, "new-", 4);
  at = put_hex(at + 4, portres__platform_pid(), 8);
  *at++ = '-';
  at = put_hex(at, number, 16);
  *at = '\0';
}

static int fill(int fd) {
  static const char zeros[PIECE_SIZE];
  struct portres__ledger_head head = portres__ledger_head();
  bool is_full = portres__disk->chmod(fd, FILE_MODE) == 0;
  off_t at = 0;

  for (; is_full && at < (off_t)sizeof(struct portres__ledger);
       at += PIECE_SIZE) {
    is_full = portres__disk_write_at(fd, zeros, PIECE_SIZE, at);
  }
  is_full = is_full && portres__disk_write_at(fd, &head, sizeof head, 0);
  return is_full ? PORTRES_OK : portres__statedir_status(errno);
}

/* By this name, unless another process is quicker. */
static int publish(int dir, const char* temporary, const char* name) {
  return linkat(dir, temporary, dir, name, AT_SYMLINK_FOLLOW) == 0 ||
                 errno == EEXIST
             ? PORTRES_OK
             : portres__statedir_status(errno);
}

/* printf() is not for signal handlers. */
static void put_descriptor_path(char path[PATH_SIZE], int fd) {
  static const char folder[] = "/proc/self/fd/";
  int digits = 1;

  for (int rest = fd / 10; rest != 0; rest /= 10) {
    digits++;
  }
  memcpy(path, folder, sizeof folder - 1);
  path += sizeof folder - 1;
  path[digits] = '\0';
  for (; digits > 0; fd /= 10) {
    path[--digits] = (char)('0' + fd % 10);
  }
}

/* Before it is whole the file has no name, so that who dies leaves nothing. The
 * link in /proc is the way to one that open(2) gives; AT_EMPTY_PATH would take
 * a capability. Returns also EOPNOTSUPP: the file system has no such files. */
static int make_nameless(int dir, const char* name) {
  char path[PATH_SIZE];
  int status;
  int fd =
      portres__disk->open(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, FILE_MODE);

  if (fd < 0) {
    return PORTRES_EOPNOTSUPP;
  }
  status = fill(fd);
  if (status == PORTRES_OK) {
    put_descriptor_path(path, fd);
    status = publish(dir, path, name);
    status = status != PORTRES_OK ? PORTRES_EOPNOTSUPP : status;
  }
  portres__disk->close(fd);
  return status;
}

static int make_named(int dir, const char* name) {
  char temporary[NAME_SIZE];
  int fd;
  int status;

  put_temporary_name(temporary);
  status = portres__statedir_open_file(
      dir, temporary, O_RDWR | O_CREAT | O_EXCL, FILE_MODE, &fd);
  if (status != PORTRES_OK) {
    return status;
  }
  status = fill(fd);
  if (status == PORTRES_OK) {
    status = publish(dir, temporary, name);
  }
  portres__disk->unlink(dir, temporary);
  portres__disk->close(fd);
  return status;
}

static int make(int dir, const char* name) {
  int status = make_nameless(dir, name);

  return status == PORTRES_EOPNOTSUPP ? make_named(dir, name) : status;
}

/* --- Opening --- */

static int judge(int fd) {
  struct portres__ledger_head head;
  struct stat facts;

  if (portres__disk_read_all(fd, &head, sizeof head) != sizeof head ||
      portres__disk->fstat(fd, &facts) != 0) {
    return PORTRES_ECORRUPT;
  }
  switch (portres__ledger_judge(&head)) {
    case PORTRES__LEDGER_OF_ANOTHER_VERSION:
      return PORTRES_EOPNOTSUPP;
    case PORTRES__LEDGER_OURS:
      return facts.st_size >= (off_t)sizeof(struct portres__ledger)
                 ? PORTRES_OK
                 : PORTRES_ECORRUPT;
    default:
      return PORTRES_ECORRUPT;
  }
}

/* Where no process has a lock nobody has a block, whatever version made it.
 * While the file is locked nobody can get one; and who opened it before will
 * see that it has no name any more. Another one who removes it waits for the
 * lock and sees the same: it must not take the name from a new file. */
static bool lock_unused(int fd) {
  const struct portres__ofd_range all = {0, 0};
  struct stat facts;

  return portres__ofd_lock(fd, all) == 0 &&
         portres__disk->fstat(fd, &facts) == 0 && facts.st_nlink != 0;
}

static bool remove_unused(int dir, const char* name, int fd) {
  return lock_unused(fd) && portres__disk->unlink(dir, name) == 0;
}

/* Returns also ENOTFOUND: it was another version's, and is no more. */
static int open_in(int dir, const char* name, bool may_make, int* fd_out) {
  int status = portres__statedir_open_file(dir, name, O_RDWR, 0, fd_out);

  if (status != PORTRES_OK) {
    return status;
  }
  status = judge(*fd_out);
  if (status == PORTRES_EOPNOTSUPP && may_make &&
      remove_unused(dir, name, *fd_out)) {
    status = PORTRES_ENOTFOUND;
  }
  if (status != PORTRES_OK) {
    portres__disk->close(*fd_out);
  }
  return status;
}

void portres__ledgerfile_retire(int dir, const char* name) {
  static const uint32_t yes = 1;
  int fd;

  if (open_in(dir, name, false, &fd) != PORTRES_OK) {
    return;
  }
  if (lock_unused(fd) &&
      portres__disk_write_at(fd, &yes, sizeof yes,
                             offsetof(struct portres__ledger, is_retired))) {
    portres__disk->unlink(dir, name);
  }
  portres__disk->close(fd);
}

static int open_or_make(int dir, const char* name, bool may_make, int* fd_out) {
  int status = open_in(dir, name, may_make, fd_out);

  for (int i = 0; i < PATIENCE && may_make && status == PORTRES_ENOTFOUND;
       i++) {
    status = make(dir, name);
    if (status == PORTRES_OK) {
      status = open_in(dir, name, may_make, fd_out);
    }
  }
  return status;
}

static int open_named(const char* name, bool may_make, int* fd_out) {
  int dir;
  int status = portres__runtimedir_open(may_make, &dir);

  if (status == PORTRES_OK) {
    status = open_or_make(dir, name, may_make, fd_out);
    portres__disk->close(dir);
  }
  return status;
}

/* The directory may be removed while we make something in it. */
int portres__ledgerfile_open(struct portres__netns netns,
                             bool may_make,
                             int* fd_out) {
  char name[NAME_SIZE];
  int status = PORTRES_ENOTFOUND;

  if (!make_name(netns, name)) {
    return PORTRES_ENOBUFS;
  }
  for (int i = 0; i < ATTEMPTS && status == PORTRES_ENOTFOUND; i++) {
    status = open_named(name, may_make, fd_out);
    if (!may_make) {
      return status;
    }
  }
  return status == PORTRES_ENOTFOUND ? PORTRES_EACCES : status;
}

bool portres__ledgerfile_identify(int fd, struct portres__ledgerfile_id* out) {
  struct stat facts;

  if (portres__disk->fstat(fd, &facts) != 0) {
    return false;
  }
  out->device = facts.st_dev;
  out->inode = facts.st_ino;
  return facts.st_nlink != 0;
}

struct portres__ledger* portres__ledgerfile_map(int fd) {
  void* map = mmap(NULL, sizeof(struct portres__ledger), PROT_READ | PROT_WRITE,
                   MAP_SHARED, fd, 0);

  return map == MAP_FAILED ? NULL : map;
}

static const size_t whole_size =
    sizeof(struct portres__ledger) +
    2 * sizeof(struct portres__ledger_record) * PORTRES__LEDGER_PORTS;

char* portres__ledgerfile_map_all(int fd) {
  void* map = mmap(NULL, whole_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  return map == MAP_FAILED ? NULL : map;
}

void portres__ledgerfile_unmap_all(char* map) {
  munmap(map, whole_size);
}
