#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <portres/calls.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "error.h"
#include "operation.h"
#include "startup.h"

enum { PAGE_ENTRIES = 1024, PAGE_COUNT = 1 << 14 };

struct entry {
  _Atomic uint64_t identity; /* of the socket that Winsock made */
  _Atomic uint32_t notes;
  _Atomic uint32_t generation; /* counts its closes */
  _Atomic uint32_t waiter_count;
  _Atomic uint32_t closes;       /* begun by Winsock's calls */
  _Atomic uint32_t closer_count; /* not done yet */
};

static _Atomic(struct entry*) pages[PAGE_COUNT];
static _Atomic uint32_t forks; /* that led to this process */

/* --- Forks --- */

/* Threads that waited or closed are the parent's: nobody is to wait for them,
 * and no socket that both have to be shut down for their sake. */
static void forget_threads(struct entry* page) {
  for (size_t i = 0; i < PAGE_ENTRIES; i++) {
    if (atomic_load(&page[i].waiter_count) != 0) {
      atomic_store(&page[i].waiter_count, 0u);
    }
    if (atomic_load(&page[i].closer_count) != 0) {
      atomic_store(&page[i].closer_count, 0u);
    }
  }
}

static void begin_child(void) {
  atomic_fetch_add(&forks, 1u);
  for (size_t i = 0; i < PAGE_COUNT; i++) {
    struct entry* page = atomic_load(&pages[i]);
    if (page != NULL) {
      forget_threads(page);
    }
  }
}

static void watch_forks(void) {
  pthread_atfork(NULL, NULL, begin_child);
}

/* --- The table --- */

static struct entry* find(int fd) {
  struct entry* page;

  if (fd < 0 || fd / PAGE_ENTRIES >= PAGE_COUNT) {
    return NULL;
  }
  page = atomic_load(&pages[fd / PAGE_ENTRIES]);
  return page == NULL ? NULL : &page[fd % PAGE_ENTRIES];
}

static struct entry* find_or_make(int fd) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct entry* expected = NULL;
  struct entry* page;

  if (fd < 0 || fd / PAGE_ENTRIES >= PAGE_COUNT || find(fd) != NULL) {
    return find(fd);
  }
  pthread_once(&once, watch_forks);
  page = calloc(PAGE_ENTRIES, sizeof *page);
  if (page != NULL && !atomic_compare_exchange_strong(&pages[fd / PAGE_ENTRIES],
                                                      &expected, page)) {
    free(page);
  }
  return find(fd);
}

/* An inode number comes again after 2^32 sockets; it only has to tell the
 * socket from what got its descriptor after an unseen close. */
static uint64_t identity_of(int fd) {
  struct stat status;

  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode)
             ? (uint64_t)status.st_ino
             : 0;
}

bool portres__ws_has(int fd, enum portres__ws_note note) {
  const struct entry* entry = find(fd);

  return entry != NULL && (atomic_load(&entry->notes) & (uint32_t)note) != 0;
}

int portres__ws_set(int fd, enum portres__ws_note note, bool is_set) {
  struct entry* entry = is_set ? find_or_make(fd) : find(fd);

  if (entry == NULL) {
    return is_set ? -WSAENOBUFS : 0;
  }
  if (is_set) {
    atomic_fetch_or(&entry->notes, (uint32_t)note);
  } else {
    atomic_fetch_and(&entry->notes, ~(uint32_t)note);
  }
  return 0;
}

void portres__ws_know(int fd, bool is_overlapped) {
  struct entry* entry = find_or_make(fd);

  if (entry != NULL) {
    atomic_store(&entry->identity, identity_of(fd));
    atomic_store(&entry->notes,
                 (uint32_t)PORTRES__WS_IS_KNOWN |
                     (is_overlapped ? 0u : PORTRES__WS_IS_PLAIN));
  }
}

void portres__ws_forget(int fd) {
  struct entry* entry = find(fd);

  if (entry != NULL) {
    atomic_store(&entry->notes, 0u);
  }
}

bool portres__ws_is_overlapped(int fd) {
  return !portres__ws_has(fd, PORTRES__WS_IS_PLAIN);
}

bool portres__ws_has_affinity(int fd) {
  return portres__ws_has(fd, PORTRES__WS_HAS_AFFINITY);
}

int portres__ws_set_affinity(int fd) {
  return -portres__ws_set(fd, PORTRES__WS_HAS_AFFINITY, true);
}

void portres__ws_close_all(void) {
  for (int fd = 0; fd < PAGE_ENTRIES * PAGE_COUNT; fd++) {
    const struct entry* entry = find(fd);
    if (entry == NULL) {
      fd |= PAGE_ENTRIES - 1; /* nor any other of this page */
    } else if (portres__ws_has(fd, PORTRES__WS_IS_KNOWN) &&
               atomic_load(&entry->identity) == identity_of(fd)) {
      portres__ws_begin_close(fd);
      portres__ws_operations_abort(fd);
      portres__ws_wake_waiters(fd);
      portres__ws_forget(fd);
      portres_close(fd);
      portres__ws_end_close(fd);
    }
  }
}

/* --- The socket --- */

int portres__ws_fact(int fd, int option) {
  int value = 0;
  socklen_t value_len = sizeof value;

  return getsockopt(fd, SOL_SOCKET, option, &value, &value_len) == 0
             ? value
             : portres__ws_errno();
}

int portres__ws_fd(SOCKET s) {
  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  return s > INT_MAX ? -WSAENOTSOCK : (int)s;
}

int portres__ws_refuse(int fd, int error) {
  int type = portres__ws_fact(fd, SO_TYPE);

  return type < 0 ? type : -error;
}

int portres__ws_descriptor(SOCKET s) {
  int saved_errno = errno;
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);

  return portres__ws_answer(type < 0 ? type : fd, saved_errno);
}

static bool has_name(int fd) {
  struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
  socklen_t name_len = sizeof name;
  in_port_t port = 0;

  if (getsockname(fd, (struct sockaddr*)&name, &name_len) != 0) {
    return false;
  }
  if (name.ss_family == AF_INET) {
    port = ((struct sockaddr_in*)&name)->sin_port;
  } else if (name.ss_family == AF_INET6) {
    port = ((struct sockaddr_in6*)&name)->sin6_port;
  } else {
    return name_len > sizeof name.ss_family;
  }
  return port != 0;
}

/* A bound socket stays bound, so that it is looked at once. */
bool portres__ws_is_bound(int fd) {
  if (portres__ws_has(fd, PORTRES__WS_IS_BOUND)) {
    return true;
  }
  if (!has_name(fd)) {
    return false;
  }
  if (portres__ws_has(fd, PORTRES__WS_IS_KNOWN)) {
    portres__ws_set(fd, PORTRES__WS_IS_BOUND, true);
  }
  return true;
}

bool portres__ws_is_blocking(int fd) {
  int flags = fcntl(fd, F_GETFL);

  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/* --- Waiting --- */

struct portres__ws_wait portres__ws_wait_begin(int fd) {
  struct entry* entry = find(fd);
  struct portres__ws_wait wait = {.fd = fd, .forks = atomic_load(&forks)};

  if (entry != NULL) {
    atomic_fetch_add(&entry->waiter_count, 1u);
    wait.generation = atomic_load(&entry->generation);
  }
  return wait;
}

int portres__ws_wait_end(struct portres__ws_wait wait, int result) {
  struct entry* entry = find(wait.fd);

  if (entry == NULL) {
    return result;
  }
  if (wait.forks == atomic_load(&forks)) { /* else a signal handler forked */
    atomic_fetch_sub(&entry->waiter_count, 1u);
  }
  return atomic_load(&entry->generation) == wait.generation ? result
                                                            : -WSAEINTR;
}

uint32_t portres__ws_closes(int fd) {
  const struct entry* entry = find(fd);

  if (entry == NULL) {
    return 0;
  }
  while (atomic_load(&entry->closer_count) != 0) {
    sched_yield();
  }
  return atomic_load(&entry->closes);
}

bool portres__ws_was_closed(int fd, uint32_t closes) {
  const struct entry* entry = find(fd);

  return entry != NULL && atomic_load(&entry->closes) != closes;
}

void portres__ws_begin_close(int fd) {
  struct entry* entry = find(fd);

  if (entry != NULL) {
    atomic_fetch_add(&entry->closer_count, 1u);
    atomic_fetch_add(&entry->closes, 1u);
  }
}

void portres__ws_end_close(int fd) {
  struct entry* entry = find(fd);

  if (entry != NULL) {
    atomic_fetch_sub(&entry->closer_count, 1u);
  }
}

/* Shutting it down ends every wait in the kernel; whoever shares the socket by
 * a duplicate sees it, too, so it is done only when somebody waits. */
void portres__ws_wake_waiters(int fd) {
  struct entry* entry = find(fd);

  if (entry == NULL) {
    return;
  }
  atomic_fetch_add(&entry->generation, 1u);
  if (atomic_load(&entry->waiter_count) != 0) {
    shutdown(fd, SHUT_RDWR);
  }
}
