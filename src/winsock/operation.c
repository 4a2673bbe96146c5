#include "operation.h"

#include <portres/testing.h>
#include <pthread.h>
#include <stdlib.h>

#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "ntstatus.h"
#include "overlapped.h"

enum state {
  STATE_NEW,     /* being offered to testing.h */
  STATE_PENDING, /* settle_operation() will be called, or withdraw() works */
  STATE_RUNNING, /* a thread carries it out, without the lock */
  STATE_OVER
};

struct portres__ws_operation {
  struct portres_testing_operation pending; /* what settle_operation() gets */
  struct portres__ws_apc apc;
  struct portres__ws_request request;
  struct portres__ws_channel channel;
  struct portres__ws_object over; /* signaled then, for those who wait */
  struct portres__ws_operation* next;
  struct portres__ws_operation** link;
  unsigned ref_count;
  enum state state;
  int end_error;  /* it is to end with this, and not to be carried out */
  bool is_silent; /* nobody is told */
  int error;      /* how it ended */
};

static struct portres__ws_operation* operations;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;

/* --- Life --- */

static struct portres__ws_operation* of_apc(struct portres__ws_apc* apc) {
  size_t offset = offsetof(struct portres__ws_operation, apc);

  return (struct portres__ws_operation*)(void*)((char*)apc - offset);
}

static void drop_channel(const struct portres__ws_channel* channel) {
  if (channel->event != NULL) {
    portres__ws_object_drop(channel->event);
  }
  if (channel->thread != NULL) {
    portres__ws_object_drop(&channel->thread->object);
  }
}

static void drop(struct portres__ws_operation* operation) {
  if (--operation->ref_count == 0) {
    drop_channel(&operation->channel);
    free(operation);
  }
}

static void link_operation(struct portres__ws_operation* operation) {
  operation->next = operations;
  operation->link = &operations;
  if (operations != NULL) {
    operations->link = &operation->next;
  }
  operations = operation;
  operation->ref_count++;
}

/* The reference of the list stays with the caller. */
static void unlink_operation(struct portres__ws_operation* operation) {
  *operation->link = operation->next;
  if (operation->next != NULL) {
    operation->next->link = operation->link;
  }
}

/* --- Ends --- */

static void run_routine(struct portres__ws_apc* apc) {
  struct portres__ws_operation* operation = of_apc(apc);

  operation->channel.routine((DWORD)operation->error, operation->request.bytes,
                             operation->channel.overlapped, 0);
  portres__ws_lock();
  drop(operation);
  portres__ws_unlock();
}

static void abandon_routine(struct portres__ws_apc* apc) {
  drop(of_apc(apc));
}

static void tell(struct portres__ws_operation* operation) {
  const struct portres__ws_channel* channel = &operation->channel;

  if (channel->routine != NULL) {
    operation->apc.run = run_routine;
    operation->apc.abandon = abandon_routine;
    if (portres__ws_thread_queue(channel->thread, &operation->apc)) {
      operation->ref_count++;
    }
  } else if (channel->event != NULL) {
    portres__ws_object_signal(channel->event);
  }
}

/* From the store to Internal on the OVERLAPPED is the program's again. */
static void complete(struct portres__ws_operation* operation, int error) {
  operation->state = STATE_OVER;
  operation->error = error;
  if (error != 0) {
    operation->request.bytes = 0;
  }
  if (operation->channel.overlapped != NULL) {
    portres__ws_overlapped_end(operation->channel.overlapped, error,
                               operation->request.bytes);
  }
  if (!operation->is_silent) {
    tell(operation);
  }
  portres__ws_object_signal(&operation->over);
}

/* The caller has a reference; that of the list goes. */
static void complete_linked(struct portres__ws_operation* operation,
                            int error) {
  unlink_operation(operation);
  operation->ref_count--;
  complete(operation, error);
}

/* --- Settling --- */

static void settle_operation(struct portres_testing_operation* pending,
                             int status) {
  struct portres__ws_operation* operation =
      (struct portres__ws_operation*)pending;
  int error;

  portres__ws_lock();
  operation->ref_count++;
  error = operation->end_error != 0 ? operation->end_error
                                    : portres__ws_error_of_status(status);
  if (error == 0) {
    operation->state = STATE_RUNNING;
    portres__ws_unlock();
    error = portres__ws_run(&operation->request);
    portres__ws_lock();
    pthread_cond_broadcast(&stopped);
  }
  complete_linked(operation, error);
  drop(operation);
  portres__ws_unlock();
}

/* Take it back from testing.h; if a thread is about to settle it, then that
 * one sees how it is to end. The lock is released meanwhile. */
static void end_pending(struct portres__ws_operation* operation) {
  bool is_ours;

  operation->ref_count++;
  portres__ws_unlock();
  is_ours = portres_testing_withdraw(&operation->pending) == 1;
  portres__ws_lock();
  if (is_ours) {
    complete_linked(operation, operation->end_error);
  }
  drop(operation);
}

static void take_offer(struct portres__ws_operation* operation) {
  if (operation->state == STATE_NEW) {
    operation->state = STATE_PENDING;
    if (operation->end_error != 0) {
      end_pending(operation);
    }
  }
}

/* 0: it is to be carried out now, and runs; WSA_IO_PENDING; else it is over. */
static int offer(struct portres__ws_operation* operation) {
  const struct portres__ws_request* request = &operation->request;
  int error = WSA_IO_PENDING;

  portres__ws_lock();
  if (portres__ws_was_closed(request->fd, request->closes)) {
    portres__ws_unlock();
    return WSAENOTSOCK;
  }
  link_operation(operation);
  portres__ws_unlock();
  if (portres_testing_offer(
          (enum portres_testing_call)request->kind->testing_call,
          &operation->pending) != 1) {
    error = 0;
  }
  portres__ws_lock();
  if (error != 0) {
    take_offer(operation);
  } else if (operation->end_error == 0) {
    operation->state = STATE_RUNNING;
  } else {
    error = operation->end_error;
    unlink_operation(operation);
    operation->ref_count--;
  }
  portres__ws_unlock();
  return error;
}

/* Linked meanwhile, so that a close waits for it. */
static int run(struct portres__ws_operation* operation) {
  int error = portres__ws_run(&operation->request);

  portres__ws_lock();
  unlink_operation(operation);
  operation->ref_count--;
  pthread_cond_broadcast(&stopped);
  portres__ws_unlock();
  return error;
}

/* Returns: as offer(), or how it went. */
static int offer_or_run(struct portres__ws_operation* operation) {
  int error;

  if (operation->request.kind->testing_call == 0) {
    return portres__ws_run(&operation->request);
  }
  error = offer(operation);
  return error == 0 ? run(operation) : error;
}

/* --- Starting --- */

static void nothing(struct portres__ws_object* object) {
  (void)object;
}

struct portres__ws_operation* portres__ws_operation_create(
    const struct portres__ws_channel* channel) {
  struct portres__ws_operation* operation = calloc(1, sizeof *operation);

  if (operation == NULL) {
    portres__ws_lock();
    drop_channel(channel);
    portres__ws_unlock();
    return NULL;
  }
  operation->pending.settle = settle_operation;
  operation->channel = *channel;
  operation->over = (struct portres__ws_object){
      .ref_count = 1, .is_manual = true, .destroy = nothing};
  operation->ref_count = 1;
  return operation;
}

void portres__ws_operation_destroy(struct portres__ws_operation* operation) {
  portres__ws_lock();
  drop(operation);
  portres__ws_unlock();
}

int portres__ws_operation_start(struct portres__ws_operation* operation,
                                struct portres__ws_request* request) {
  int error;

  operation->request = *request;
  error = offer_or_run(operation);
  if (error != WSA_IO_PENDING) {
    *request = operation->request;
  }
  portres__ws_lock();
  if (error == 0) {
    complete(operation, 0);
  }
  drop(operation);
  portres__ws_unlock();
  return error;
}

void portres__ws_operation_fail(struct portres__ws_operation* operation,
                                int error) {
  portres__ws_lock();
  complete(operation, error);
  drop(operation);
  portres__ws_unlock();
}

static void await(struct portres__ws_operation* operation, bool is_alertable) {
  struct portres__ws_object* over = &operation->over;

  while (portres__ws_thread_wait(&over, 1, false, INFINITE, is_alertable) !=
         WAIT_OBJECT_0) {
    /* APCs have run, and it still pends. */
  }
}

/* Blocking calls of Winsock wait alertably: an APC that calls Winsock again
 * meanwhile gets WSAEINPROGRESS. */
static void block(struct portres__ws_operation* operation) {
  struct portres__ws_thread* thread = operation->channel.thread;

  thread->is_blocking = true;
  await(operation, true);
  thread->is_blocking = false;
}

int portres__ws_operation_block(struct portres__ws_operation* operation,
                                struct portres__ws_request* request) {
  int error;

  operation->request = *request;
  error = offer_or_run(operation);
  if (error == WSA_IO_PENDING) {
    block(operation);
    error = operation->error;
  }
  *request = operation->request;
  portres__ws_operation_destroy(operation);
  return error;
}

void portres__ws_operation_await(const WSAOVERLAPPED* overlapped) {
  struct portres__ws_operation* operation;

  portres__ws_lock();
  operation = operations;
  while (operation != NULL && operation->channel.overlapped != overlapped) {
    operation = operation->next;
  }
  if (operation != NULL) {
    operation->ref_count++;
  }
  portres__ws_unlock();
  if (operation != NULL) {
    await(operation, false);
    portres__ws_operation_destroy(operation);
  }
}

/* --- Ending several --- */

/* Which, and how; a member that is not set asks for nothing. */
struct selection {
  int fd; /* -1: any */
  const struct portres__ws_thread* thread;
  bool is_waited_for;
  bool is_silent;
};

static bool is_selected(const struct portres__ws_operation* operation,
                        const struct selection* which) {
  return (which->fd < 0 || operation->request.fd == which->fd) &&
         (which->thread == NULL ||
          operation->channel.thread == which->thread) &&
         (!which->is_waited_for || operation->channel.overlapped == NULL);
}

static struct portres__ws_operation* find_unended(
    const struct selection* which) {
  struct portres__ws_operation* operation = operations;

  while (operation != NULL &&
         (operation->end_error != 0 || !is_selected(operation, which))) {
    operation = operation->next;
  }
  return operation;
}

/* One that is carried out at this moment ends as that ends. */
static bool end_one(struct portres__ws_operation* operation,
                    const struct selection* which) {
  bool is_running = operation->state == STATE_RUNNING;

  operation->end_error =
      operation->channel.overlapped == NULL ? WSAEINTR : WSA_OPERATION_ABORTED;
  operation->is_silent = which->is_silent;
  if (operation->state == STATE_PENDING) {
    end_pending(operation);
  }
  return !is_running;
}

static bool is_any_running(const struct selection* which) {
  for (struct portres__ws_operation* operation = operations; operation != NULL;
       operation = operation->next) {
    if (operation->state == STATE_RUNNING && is_selected(operation, which)) {
      return true;
    }
  }
  return false;
}

static void wait_for_running(const struct selection* which) {
  while (is_any_running(which)) {
    pthread_cond_wait(&stopped, portres__ws_mutex());
  }
}

static int end_selected(const struct selection* which) {
  struct portres__ws_operation* operation;
  int cancellation;
  int count = 0;

  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
  portres__ws_lock();
  while ((operation = find_unended(which)) != NULL) {
    count += end_one(operation, which);
  }
  wait_for_running(which);
  portres__ws_unlock();
  pthread_setcancelstate(cancellation, NULL);
  return count;
}

void portres__ws_operations_abort(int fd) {
  end_selected(&(struct selection){.fd = fd});
}

void portres__ws_operations_cancel(struct portres__ws_thread* thread) {
  end_selected(&(struct selection){.fd = -1, .thread = thread});
}

int portres__ws_operations_interrupt(struct portres__ws_thread* thread) {
  return end_selected(
      &(struct selection){.fd = -1, .thread = thread, .is_waited_for = true});
}

void portres__ws_operations_end(void) {
  end_selected(&(struct selection){.fd = -1, .is_silent = true});
}

/* testing.h forgets them by itself. Only the thread that forked is here, and
 * it may have done so in an APC while a call of it waits. */
void portres__ws_operations_forget(void) {
  struct portres__ws_thread* thread = portres__ws_thread_known();

  for (struct portres__ws_operation* operation = operations; operation != NULL;
       operation = operation->next) {
    if (operation->channel.thread == thread &&
        operation->channel.overlapped == NULL) {
      operation->error = WSAEINTR;
      operation->over.is_signaled = true;
    }
  }
  operations = NULL;
  stopped = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
  if (thread != NULL) {
    portres__ws_thread_abandon(thread);
  }
}
