#include "process_posix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "engine.h"
#include "environment_posix.h"
#include "platform.h"
#include "real_posix.h"
#include "unchanged_posix.h"

_Atomic(_Atomic unsigned char*) portres__process_mark;

static _Atomic int owner_pid;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t acquire_lock;
static pthread_mutex_t engine_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- Fork --- */

/* While an acquire tries ports, its probe is bound to one; a child forked then
 * would keep that port busy for life. So a fork waits for an acquire. The lock
 * checks for errors: a fork by a signal handler in the middle of an acquire of
 * the same thread goes ahead instead of waiting for itself. */
static _Thread_local int fork_lock_result;

static void before_fork(void) {
  fork_lock_result = pthread_mutex_lock(&acquire_lock);
}

static void after_fork_in_parent(void) {
  if (fork_lock_result == 0) {
    pthread_mutex_unlock(&acquire_lock);
  }
}

static void init_acquire_lock(void) {
  pthread_mutexattr_t attributes;

  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&acquire_lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

static void set_mark(void) {
  _Atomic unsigned char* mark = atomic_load(&portres__process_mark);

  if (mark != NULL) {
    atomic_store(mark, 1);
  }
}

/* The child has one thread, which holds none of the locks; their state is that
 * of a moment in the parent. */
void portres__process_forget_parent(void) {
  set_mark();
  atomic_store(&owner_pid, (int)getpid());
  init_acquire_lock();
  pthread_mutex_init(&engine_lock, NULL);
  portres__unchanged_after_fork();
  portres__engine_after_fork();
}

bool portres__process_owns_tables(void) {
  portres__process_notice_fork();
  return getpid() == atomic_load(&owner_pid);
}

/* MADV_WIPEONFORK: Linux 4.14. Without it a raw clone goes unnoticed; fork()
 * runs the handler everywhere. */
static void map_mark(void) {
#ifdef MADV_WIPEONFORK
  size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
  void* page = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (page == MAP_FAILED) {
    return;
  }
  if (madvise(page, page_size, MADV_WIPEONFORK) != 0) {
    munmap(page, page_size);
    return;
  }
  atomic_store(&portres__process_mark, page);
  set_mark();
#endif
}

/* --- Start --- */

static void start(void) {
  int saved_errno = errno;

  portres__real();
  portres__environment();
  atomic_store(&owner_pid, (int)getpid());
  init_acquire_lock();
  map_mark();
  pthread_atfork(before_fork, after_fork_in_parent,
                 portres__process_forget_parent);
  errno = saved_errno;
}

__attribute__((constructor)) static void start_at_load(void) {
  pthread_once(&start_once, start);
}

/* --- Services of platform.h --- */

void portres__platform_lock_acquire(void) {
  pthread_once(&start_once, start);
  pthread_mutex_lock(&acquire_lock);
}

void portres__platform_unlock_acquire(void) {
  pthread_mutex_unlock(&acquire_lock);
}

void portres__platform_lock_engine(void) {
  pthread_mutex_lock(&engine_lock);
}

void portres__platform_unlock_engine(void) {
  pthread_mutex_unlock(&engine_lock);
}

struct portres__platform_entry portres__platform_enter(void) {
  struct portres__platform_entry entry = {errno, 0};

  portres__process_notice_fork();
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &entry.saved_cancellation);
  return entry;
}

void portres__platform_leave(struct portres__platform_entry entry) {
  pthread_setcancelstate(entry.saved_cancellation, NULL);
  errno = entry.saved_errno;
}

int portres__platform_default_scope(enum portres_scope* out) {
  const char* name = secure_getenv("PORTRES_SCOPE");

  if (name != NULL && *name != '\0' && strcmp(name, "process") != 0) {
    return PORTRES_EOPNOTSUPP;
  }
  *out = PORTRES_SCOPE_PROCESS;
  return PORTRES_OK;
}

bool portres__platform_random(void* out, size_t out_len) {
  ssize_t got;

  do {
    got = getrandom(out, out_len, 0);
  } while (got < 0 && errno == EINTR);
  return got == (ssize_t)out_len;
}

uint32_t portres__platform_pid(void) {
  return (uint32_t)getpid();
}
