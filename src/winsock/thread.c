#include "thread.h"

#include <portres/testing.h>
#include <pthread.h>
#include <stdlib.h>

#include "operation.h"
#include "portres_ws/error.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

static void destroy_thread(struct portres__ws_object* object) {
  free((struct portres__ws_thread*)object);
}

void portres__ws_thread_abandon(struct portres__ws_thread* thread) {
  struct portres__ws_apc* apc;

  while ((apc = thread->first) != NULL) {
    thread->first = apc->next;
    apc->abandon(apc);
  }
  thread->end = &thread->first;
}

/* At the end of the thread its calls are cancelled, as on Windows, and what
 * they wanted to tell it has no reader. */
static void end_thread(void* data) {
  struct portres__ws_thread* thread = data;

  portres__ws_operations_cancel(thread);
  portres__ws_lock();
  portres__ws_object_signal(&thread->object);
  portres__ws_thread_abandon(thread);
  portres__ws_object_drop(&thread->object);
  portres__ws_unlock();
}

static void make_key(void) {
  has_key = pthread_key_create(&key, end_thread) == 0;
}

static struct portres__ws_thread* make_thread(void) {
  struct portres__ws_thread* thread = calloc(1, sizeof *thread);

  if (thread == NULL) {
    return NULL;
  }
  thread->object = (struct portres__ws_object){
      .ref_count = 1, .is_manual = true, .destroy = destroy_thread};
  thread->end = &thread->first;
  if (pthread_setspecific(key, thread) != 0) {
    free(thread);
    return NULL;
  }
  return thread;
}

struct portres__ws_thread* portres__ws_thread_known(void) {
  pthread_once(&once, make_key);
  return has_key ? pthread_getspecific(key) : NULL;
}

struct portres__ws_thread* portres__ws_thread_current(void) {
  struct portres__ws_thread* thread = portres__ws_thread_known();

  return thread != NULL || !has_key ? thread : make_thread();
}

struct portres__ws_thread* portres__ws_thread_of(
    struct portres__ws_object* object) {
  return object == NULL || object->is_event
             ? NULL
             : (struct portres__ws_thread*)object;
}

bool portres__ws_thread_has_apc(const struct portres__ws_thread* thread) {
  return thread->first != NULL;
}

bool portres__ws_thread_queue(struct portres__ws_thread* thread,
                              struct portres__ws_apc* apc) {
  if (thread->object.is_signaled) {
    return false;
  }
  apc->next = NULL;
  *thread->end = apc;
  thread->end = &apc->next;
  portres__ws_waits_retry();
  return true;
}

static struct portres__ws_apc* next_apc(struct portres__ws_thread* thread) {
  struct portres__ws_apc* apc;

  portres__ws_lock();
  apc = thread->first;
  if (apc != NULL) {
    thread->first = apc->next;
    if (thread->first == NULL) {
      thread->end = &thread->first;
    }
  }
  portres__ws_unlock();
  return apc;
}

void portres__ws_thread_run_apcs(struct portres__ws_thread* thread) {
  struct portres__ws_apc* apc;

  while ((apc = next_apc(thread)) != NULL) {
    apc->run(apc);
  }
}

/* Without memory for the thread it has no APCs either. */
DWORD portres__ws_thread_wait(struct portres__ws_object* const* objects,
                              DWORD count,
                              bool is_all,
                              DWORD timeout_ms,
                              bool is_alertable) {
  struct portres__ws_thread* thread =
      is_alertable ? portres__ws_thread_current() : NULL;
  DWORD result;

  portres_testing_before_wait();
  result = portres__ws_wait_for(objects, count, is_all, timeout_ms, thread);
  if (result == WAIT_IO_COMPLETION && thread != NULL) {
    portres__ws_thread_run_apcs(thread);
  }
  return result;
}
