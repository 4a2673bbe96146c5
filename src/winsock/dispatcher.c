#include "dispatcher.h"

#include <stdlib.h>
#include <time.h>

#include "operation.h"
#include "portres_ws/error.h"
#include "thread.h"

/* One thread that waits; on its stack. */
struct wait {
  struct wait* next;
  struct portres__ws_object* const* objects;
  DWORD count;
  bool is_all;
  struct portres__ws_thread* alertable; /* or NULL */
  bool is_over;
  DWORD result;
  pthread_cond_t changed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct wait* waits; /* the longest first */

/* --- The lock --- */

/* The threads that waited, or had calls under way, are the parent's. */
static void begin_child(void) {
  waits = NULL;
  portres__ws_operations_forget();
  pthread_mutex_unlock(&lock);
}

static void unlock_parent(void) {
  pthread_mutex_unlock(&lock);
}

static void lock_parent(void) {
  pthread_mutex_lock(&lock);
}

static void watch_forks(void) {
  pthread_atfork(lock_parent, unlock_parent, begin_child);
}

void portres__ws_lock(void) {
  pthread_once(&once, watch_forks);
  pthread_mutex_lock(&lock);
}

void portres__ws_unlock(void) {
  pthread_mutex_unlock(&lock);
}

pthread_mutex_t* portres__ws_mutex(void) {
  return &lock;
}

/* --- Objects --- */

static void destroy_event(struct portres__ws_object* object) {
  free(object);
}

struct portres__ws_object* portres__ws_object_create(bool is_manual,
                                                     bool is_signaled) {
  struct portres__ws_object* object = malloc(sizeof *object);

  if (object != NULL) {
    *object = (struct portres__ws_object){.ref_count = 1,
                                          .is_manual = is_manual,
                                          .is_signaled = is_signaled,
                                          .is_event = true,
                                          .destroy = destroy_event};
  }
  return object;
}

void portres__ws_object_take(struct portres__ws_object* object) {
  object->ref_count++;
}

void portres__ws_object_drop(struct portres__ws_object* object) {
  if (--object->ref_count == 0) {
    object->destroy(object);
  }
}

/* --- Waits --- */

static bool have_all(const struct wait* wait) {
  for (DWORD i = 0; i < wait->count; i++) {
    if (!wait->objects[i]->is_signaled) {
      return false;
    }
  }
  return wait->count != 0;
}

static void consume(struct portres__ws_object* object) {
  object->is_signaled = object->is_manual;
}

static void end_wait(struct wait* wait, DWORD result) {
  wait->is_over = true;
  wait->result = result;
}

/* An event that is not taken because others are missing stays signaled. */
static void try_all(struct wait* wait) {
  if (have_all(wait)) {
    for (DWORD i = 0; i < wait->count; i++) {
      consume(wait->objects[i]);
    }
    end_wait(wait, WAIT_OBJECT_0);
  }
}

static void try_any(struct wait* wait) {
  for (DWORD i = 0; i < wait->count; i++) {
    if (wait->objects[i]->is_signaled) {
      consume(wait->objects[i]);
      end_wait(wait, WAIT_OBJECT_0 + i);
      return;
    }
  }
}

/* Objects come before APCs, which then stay queued. */
static void try_wait(struct wait* wait) {
  (wait->is_all ? try_all : try_any)(wait);
  if (!wait->is_over && wait->alertable != NULL &&
      portres__ws_thread_has_apc(wait->alertable)) {
    end_wait(wait, WAIT_IO_COMPLETION);
  }
}

void portres__ws_waits_retry(void) {
  for (struct wait* wait = waits; wait != NULL; wait = wait->next) {
    if (!wait->is_over) {
      try_wait(wait);
      if (wait->is_over) {
        pthread_cond_signal(&wait->changed);
      }
    }
  }
}

void portres__ws_object_signal(struct portres__ws_object* object) {
  object->is_signaled = true;
  portres__ws_waits_retry();
}

static struct timespec deadline_after(DWORD ms) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_sec += ms / 1000;
  time.tv_nsec += (long)(ms % 1000) * 1000000;
  if (time.tv_nsec >= 1000000000) {
    time.tv_sec++;
    time.tv_nsec -= 1000000000;
  }
  return time;
}

static void init_condition(pthread_cond_t* condition) {
  pthread_condattr_t monotonic;

  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

static void link_wait(struct wait* wait) {
  struct wait** end = &waits;

  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = wait;
}

static void unlink_wait(const struct wait* wait) {
  struct wait** at = &waits;

  while (*at != wait) {
    at = &(*at)->next;
  }
  *at = wait->next;
}

static void block(struct wait* wait, DWORD timeout_ms) {
  struct timespec deadline = deadline_after(timeout_ms);
  int status = 0;

  init_condition(&wait->changed);
  link_wait(wait);
  while (!wait->is_over && status == 0) {
    status = timeout_ms == INFINITE
                 ? pthread_cond_wait(&wait->changed, &lock)
                 : pthread_cond_timedwait(&wait->changed, &lock, &deadline);
  }
  unlink_wait(wait);
  pthread_cond_destroy(&wait->changed);
}

/* Windows' threads are not cancelled: one that is stays until the wait ends,
 * and leaves nothing half done. */
DWORD portres__ws_wait_for(struct portres__ws_object* const* objects,
                           DWORD count,
                           bool is_all,
                           DWORD timeout_ms,
                           struct portres__ws_thread* alertable) {
  struct wait wait = {.objects = objects,
                      .count = count,
                      .is_all = is_all,
                      .alertable = alertable,
                      .result = WAIT_TIMEOUT};
  int cancellation;

  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
  portres__ws_lock();
  try_wait(&wait);
  if (!wait.is_over && timeout_ms != 0) {
    block(&wait, timeout_ms);
  }
  portres__ws_unlock();
  pthread_setcancelstate(cancellation, NULL);
  return wait.result;
}
