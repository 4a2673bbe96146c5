/* portmap_posix.c - the portmap's file: mapped by those who look, written in
 *                   place by those who change the store.
 *
 * Writers use pwrite() and no mapping of their own: a full disk then is an
 * error, not a SIGBUS. A file that is replaced is mapped beside the old one,
 * which stays: a bind may be looking at it. That happens when somebody has
 * removed the file, and costs 20 KB of addresses.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "disk_posix.h"
#include "engine.h"
#include "platform.h"
#include "statedir_posix.h"

enum { MAP_SIZE = sizeof(struct portres__portmap) };

static const char map_name[] = "ports";
static const char temporary_name[] = "ports.new";

/* --- Looking --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct portres__portmap* last_map; /* NULL: there was none */
static struct stat last_facts;                  /* of its file */

void portres__portmap_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}

static int open_map(int flags, int* fd_out) {
  int dir;
  int status = portres__statedir_open(&dir);

  if (status == PORTRES_OK) {
    status = portres__statedir_open_file(dir, map_name, flags, 0, fd_out);
    portres__disk->close(dir);
  }
  return status;
}

static const struct portres__portmap* map_file(int fd, struct stat* facts_out) {
  void* map;

  if (portres__disk->fstat(fd, facts_out) != 0 ||
      facts_out->st_size != MAP_SIZE) {
    return NULL;
  }
  map = mmap(NULL, MAP_SIZE, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    return NULL;
  }
  if (!portres__portmap_is_valid(map)) {
    munmap(map, MAP_SIZE);
    return NULL;
  }
  return map;
}

static void map_anew(void) {
  const struct portres__portmap* map = NULL;
  struct stat facts;
  int fd;

  if (open_map(O_RDONLY, &fd) == PORTRES_OK) {
    map = map_file(fd, &facts);
    portres__disk->close(fd);
  }
  if (map == NULL) {
    portres__engine_clear_portmap();
    return;
  }
  portres__engine_set_portmap(map);
  last_map = map;
  last_facts = facts;
}

/* A file that was out of reach for a while is not mapped again: a server that
 * changes its user again and again would fill its memory with maps. */
static bool is_last(const struct stat* facts) {
  return last_map != NULL && facts->st_ino == last_facts.st_ino &&
         facts->st_dev == last_facts.st_dev;
}

/* One system call when all is as it was. */
void portres__platform_portmap_refresh(void) {
  struct stat facts;

  pthread_mutex_lock(&lock);
  if (portres__statedir_stat(map_name, &facts) != 0) {
    portres__engine_clear_portmap();
  } else if (!is_last(&facts)) {
    map_anew();
  } else if (portres__engine_portmap() != last_map) {
    portres__engine_set_portmap(last_map);
  }
  pthread_mutex_unlock(&lock);
}

/* --- Changing --- */

/* Under the store's lock; too large for the stack of any thread. */
static struct portres__portmap current;
static struct portres__portmap next;

/* A file of another shape: as one that was never there. */
static bool read_current(int fd) {
  struct stat facts;

  return portres__disk->fstat(fd, &facts) == 0 && facts.st_size == MAP_SIZE &&
         portres__disk_read_all(fd, &current, MAP_SIZE) == MAP_SIZE &&
         portres__portmap_is_valid(&current);
}

/* From the first byte that differs to the last. */
static int write_difference(int fd) {
  const char* old_bytes = (const char*)&current;
  const char* new_bytes = (const char*)&next;
  size_t first = 0;
  size_t end = MAP_SIZE;

  while (old_bytes[first] == new_bytes[first]) {
    first++;
  }
  while (old_bytes[end - 1] == new_bytes[end - 1]) {
    end--;
  }
  return portres__disk_write_at(fd, new_bytes + first, end - first,
                                (off_t)first) &&
                 portres__disk->sync(fd) == 0
             ? PORTRES_OK
             : portres__statedir_status(errno);
}

static void draft_next(const struct portres__portmap* map, uint64_t changes) {
  memcpy(&next, map, sizeof next);
  atomic_store(&next.changes, changes);
}

/* The number of changes begins anywhere: who has the old file mapped must not
 * take this one for it. */
static int publish_anew(const struct portres__portmap* map) {
  uint64_t changes;

  if (!portres__platform_random(&changes, sizeof changes)) {
    return PORTRES_ENOBUFS;
  }
  draft_next(map, changes);
  return portres__statedir_replace(portres__statefile_dir(), map_name,
                                   temporary_name, &next, sizeof next);
}

static int publish_in(int fd, const struct portres__portmap* map) {
  if (!read_current(fd)) {
    return publish_anew(map);
  }
  if (portres__portmap_is_same(&current, map)) {
    return PORTRES_OK;
  }
  draft_next(map, atomic_load(&current.changes) + 1);
  return write_difference(fd);
}

int portres__platform_portmap_publish(const struct portres__portmap* map) {
  int fd;
  int status = portres__statedir_open_file(portres__statefile_dir(), map_name,
                                           O_RDWR, 0, &fd);

  if (status == PORTRES_ENOTFOUND) {
    return publish_anew(map);
  }
  if (status == PORTRES_OK) {
    status = publish_in(fd, map);
    portres__disk->close(fd);
  }
  return status;
}
