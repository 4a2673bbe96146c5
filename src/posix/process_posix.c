#include "process_posix.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "environment_posix.h"
#include "guard_posix.h"
#include "guards_posix.h"
#include "kept_posix.h"
#include "ledger_posix.h"
#include "look_posix.h"
#include "mark_posix.h"
#include "platform.h"
#include "rare.h"
#include "real_posix.h"
#include "statedir_posix.h"
#include "status_posix.h"
#include "testing.h"
#include "unchanged_posix.h"

PORTRES__HOT _Atomic(_Atomic unsigned char*) portres__process_mark;
_Atomic unsigned portres__process_forks;

static _Atomic int owner_pid;
static _Atomic int chosen_scope; /* enum portres_scope */
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t acquire_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t engine_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t probe_lock = PTHREAD_MUTEX_INITIALIZER;

/* --- Fork --- */

/* A child forked while a probe is bound to a port would keep it busy for life.
 * So a fork waits for the probe that is under way, which takes microseconds;
 * and for the acquire of a block of PORTRES_BLOCK, which the child is to have.
 * No signal handler runs meanwhile: it might fork, and wait for itself. */
static _Thread_local sigset_t fork_signals;

static void block_signals(sigset_t* saved_out) {
  sigset_t all;

  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, saved_out);
}

static void before_fork(void) {
  block_signals(&fork_signals);
  portres__unchanged_lock();
  pthread_mutex_lock(&probe_lock);
  portres__guard_before_fork();
}

static void after_fork_in_parent(void) {
  portres__guard_after_fork(false);
  pthread_mutex_unlock(&probe_lock);
  portres__unchanged_unlock();
  pthread_sigmask(SIG_SETMASK, &fork_signals, NULL);
}

static void after_fork_in_child(void) {
  pthread_mutex_unlock(&probe_lock);
  portres__unchanged_unlock();
  portres__process_forget_parent();
  pthread_sigmask(SIG_SETMASK, &fork_signals, NULL);
}

void portres__process_lock_probe(void) {
  pthread_mutex_lock(&probe_lock);
}

void portres__process_unlock_probe(void) {
  pthread_mutex_unlock(&probe_lock);
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
  atomic_fetch_add(&portres__process_forks, 1);
  atomic_store(&owner_pid, (int)getpid());
  pthread_mutex_init(&acquire_lock, NULL);
  pthread_mutex_init(&engine_lock, NULL);
  pthread_mutex_init(&probe_lock, NULL);
  portres__look_after_fork(); /* before anything is closed */
  portres__statefile_after_fork();
  portres__portmap_after_fork();
  portres__testing_after_fork();
  portres__kept_after_fork();
  portres__ledger_after_fork();
  portres__guard_after_fork(true);
  portres__guards_after_fork();
  portres__engine_after_fork();
  portres__unchanged_after_fork();
}

bool portres__process_owns_tables(void) {
  portres__process_notice_fork();
  return getpid() == atomic_load(&owner_pid);
}

/* Without it a raw clone goes unnoticed; fork() runs the handler everywhere. */
static void map_mark(void) {
  atomic_store(&portres__process_mark, portres__mark_map());
  set_mark();
}

/* --- Start --- */

static void watch_if_shared(enum portres_scope scope) {
  if (scope == PORTRES_SCOPE_SHARED) {
    portres__platform_ledger_watch();
  }
}

static void start(void) {
  int saved_errno = errno;

  portres__real();
  portres__environment();
  atomic_store(&owner_pid, (int)getpid());
  map_mark();
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  portres__platform_portmap_refresh();
  portres__platform_read_testing();
  watch_if_shared(portres__environment()->scope);
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

_Static_assert(sizeof(sigset_t) <=
                   sizeof((struct portres__platform_entry*)0)->saved_signals,
               "platform.h has room for the signals");

/* The mask of the public function's caller, for one thread. */
static _Thread_local sigset_t callers_signals;
static _Thread_local int entry_depth;

struct portres__platform_entry portres__platform_enter(void) {
  struct portres__platform_entry entry = {.saved_errno = errno};
  sigset_t saved;

  portres__process_notice_fork();
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &entry.saved_cancellation);
  block_signals(&saved);
  memcpy(entry.saved_signals, &saved, sizeof saved);
  if (entry_depth++ == 0) {
    callers_signals = saved;
  }
  return entry;
}

void portres__platform_leave(struct portres__platform_entry entry) {
  sigset_t saved;

  entry_depth--;
  memcpy(&saved, entry.saved_signals, sizeof saved);
  pthread_sigmask(SIG_SETMASK, &saved, NULL);
  pthread_setcancelstate(entry.saved_cancellation, NULL);
  errno = entry.saved_errno;
}

static void restore_signals(void* callers) {
  pthread_sigmask(SIG_SETMASK, callers, NULL);
}

/* A cancellation that has been asked for before ends the thread here, and so
 * may one within pselect(), with all signals blocked: the thread has its own
 * mask again before its handlers run. Returns: 0 or an errno value. */
static int pause_cancellably(const struct timespec* duration,
                             sigset_t* callers,
                             int cancellation) {
  int error;

  pthread_cleanup_push(restore_signals, callers);
  pthread_setcancelstate(cancellation, NULL);
  error = pselect(0, NULL, NULL, NULL, duration, callers) == 0 ? 0 : errno;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  pthread_cleanup_pop(0);
  return error;
}

/* The mask is the caller's while the thread is in pselect(), and not a moment
 * longer: no signal is handled unnoticed. A handler may call this library, or
 * never return. */
int portres__platform_pause(const struct portres__platform_entry* entry,
                            uint32_t duration_ms) {
  struct timespec duration = {.tv_sec = (time_t)(duration_ms / 1000),
                              .tv_nsec = (long)(duration_ms % 1000) * 1000000};
  sigset_t callers;
  int error;

  memcpy(&callers, entry->saved_signals, sizeof callers);
  entry_depth--;
  error = pause_cancellably(&duration, &callers, entry->saved_cancellation);
  if (entry_depth++ == 0) {
    callers_signals = callers;
  }
  return error == 0 ? PORTRES_OK : portres__status_from_errno(error);
}

uint64_t portres__platform_now_ms(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What a signal would do by itself; not: stop the process until later. */
static bool ends_process(int signal_number) {
  return signal_number != SIGCHLD && signal_number != SIGCONT &&
         signal_number != SIGURG && signal_number != SIGWINCH &&
         signal_number != SIGTSTP && signal_number != SIGTTIN &&
         signal_number != SIGTTOU;
}

/* A handler that asks for restarted calls is no reason, but for those that ask
 * the process to end. */
static bool interrupts(int signal_number) {
  struct sigaction action;

  if (sigaction(signal_number, NULL, &action) != 0 ||
      action.sa_handler == SIG_IGN) {
    return false;
  }
  if (action.sa_handler == SIG_DFL) {
    return ends_process(signal_number);
  }
  return (action.sa_flags & SA_RESTART) == 0 || signal_number == SIGINT ||
         signal_number == SIGTERM || signal_number == SIGHUP ||
         signal_number == SIGQUIT;
}

/* Not every system names its last signal; each refuses, or does not find, a
 * number that is none. */
bool portres__process_is_interrupted(void) {
  const int last = (int)sizeof(sigset_t) * CHAR_BIT;
  sigset_t pending;

  sigpending(&pending);
  for (int i = 1; i <= last && sigismember(&pending, i) >= 0; i++) {
    if (sigismember(&pending, i) == 1 &&
        sigismember(&callers_signals, i) == 0 && interrupts(i)) {
      return true;
    }
  }
  return false;
}

void portres__platform_choose_scope(enum portres_scope scope) {
  atomic_store(&chosen_scope, (int)scope);
  watch_if_shared(scope);
}

int portres__platform_default_scope(enum portres_scope* out) {
  *out = (enum portres_scope)atomic_load(&chosen_scope);
  if (*out == PORTRES_SCOPE_DEFAULT) {
    *out = portres__environment()->scope;
    return portres__environment()->is_scope_known ? PORTRES_OK
                                                  : PORTRES_EOPNOTSUPP;
  }
  return PORTRES_OK;
}

uint32_t portres__platform_pid(void) {
  return (uint32_t)getpid();
}
