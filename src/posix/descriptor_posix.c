#include "descriptor_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>

#include "copies_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fcntl_posix.h"
#include "identity_posix.h"
#include "kept_posix.h"
#include "look_posix.h"
#include "process_posix.h"
#include "rare.h"
#include "real_posix.h"
#include "socket_posix.h"
#include "swap_posix.h"

void portres__descriptor_drop(portres__handle handle) {
  if (handle != 0) {
    portres__endpoint_drop(portres__endpoint_peek(handle));
  }
}

void portres__descriptor_forget(int fd, portres__handle handle) {
  if (handle != 0 && portres__fdtable_take(fd, handle)) {
    portres__descriptor_drop(handle);
  }
}

/* The entry, if it is ours to change: not from a vfork child. */
static portres__handle own_entry(int fd) {
  portres__handle handle = portres__fdtable_get(fd);

  return handle != 0 && portres__process_owns_tables() ? handle : 0;
}

/* --- Made --- */

int portres__descriptor_is_made(int fd) {
  portres__descriptor_forget(fd, own_entry(fd));
  if (portres__copies_is_noted(fd)) {
    portres__copies_forget(fd);
  }
  portres__identity_forget(fd);
  return fd;
}

int portres__hook_socketpair(int domain, int type, int protocol, int fds[2]) {
  int result = portres__real()->socketpair(domain, type, protocol, fds);

  if (result == 0) {
    portres__descriptor_is_made(fds[0]);
    portres__descriptor_is_made(fds[1]);
  }
  return result;
}

/* --- Closed --- */

/* The kernel gives the number away before it ends the socket: a thread that
 * gets it meanwhile clears our entry, and the port must not be anybody's until
 * the close is over. Hence the mark, which makes the entry's reference ours. An
 * entry that is marked already tells of another thread's close: our descriptor
 * is a new one of that number. As a cancelled thread would keep the reference
 * for good, the close of a socket of ours is no cancellation point. */
struct portres__closing portres__descriptor_before_close(int fd) {
  portres__handle handle = own_entry(fd);
  struct portres__closing closing = {.handle = 0};

  closing.forks = atomic_load(&portres__process_forks);
  if (handle != 0 && portres__fdtable_mark(fd, handle)) {
    closing.handle = handle;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &closing.saved_cancellation);
    if (portres__guards_are_used()) {
      closing.successor =
          portres__swap_before_close(fd, portres__endpoint_peek(handle));
    }
  }
  return closing;
}

static void end_closing(struct portres__closing closing) {
  portres__descriptor_drop(closing.handle);
  pthread_setcancelstate(closing.saved_cancellation, NULL);
}

/* A handler that interrupted us may have forked: in a child that goes on here
 * the mark is gone, and the entry, counted anew, has its own reference. */
static bool has_forked_amid(int fd, struct portres__closing closing) {
  portres__process_notice_fork();
  return closing.forks != atomic_load(&portres__process_forks) &&
         !portres__fdtable_is_marked(fd);
}

static bool names_socket(int fd, portres__handle handle) {
  return portres__socket_identity(fd) ==
         atomic_load(&portres__endpoint_peek(handle)->identity);
}

/* We found no entry before the close, and one after it: of who has the number
 * now, or put in by who gave the socket its endpoint just then. */
PORTRES__RARE static void forget_late(int fd) {
  struct portres__platform_entry entry;
  portres__handle handle;

  if (own_entry(fd) == 0) {
    return;
  }
  entry = portres__platform_enter();
  if (portres__look_begin_soon(PORTRES__LOOKER_CLOSE, fd)) {
    handle = portres__fdtable_get(fd);
    if (handle != 0 && !portres__fdtable_is_marked(fd) &&
        !names_socket(fd, handle)) {
      portres__descriptor_forget(fd, handle);
    }
    portres__look_end(PORTRES__LOOKER_CLOSE);
  }
  portres__platform_leave(entry);
}

static void finish_closing(int fd, struct portres__closing closing) {
  if (closing.handle == 0) {
    return;
  }
  if (has_forked_amid(fd, closing)) {
    portres__descriptor_forget(fd, closing.handle);
    closing.handle = 0;
  } else {
    portres__fdtable_clear_marked(fd, closing.handle);
    if (closing.successor.slot != NULL) {
      portres__swap_after_close(closing.successor,
                                portres__endpoint_peek(closing.handle));
    }
  }
  end_closing(closing);
}

void portres__descriptor_after_close(int fd, struct portres__closing closing) {
  portres__look_await(fd);
  finish_closing(fd, closing);
  if (portres__fdtable_get(fd) != 0) {
    forget_late(fd);
  }
}

/* The descriptor was not closed after all; unless by another thread, which left
 * the entry to us for its mark. */
static void take_back_close(int fd, struct portres__closing closing) {
  int saved_errno = errno;

  if (closing.handle == 0) {
    return;
  }
  if (closing.successor.slot != NULL) {
    portres__swap_undo(closing.successor,
                       portres__endpoint_peek(closing.handle));
  }
  if (has_forked_amid(fd, closing) ||
      portres__fdtable_unmark(fd, closing.handle)) {
    closing.handle = 0;
    forget_late(fd);
  }
  end_closing(closing);
  errno = saved_errno;
}

bool portres__descriptor_is_spared(int fd) {
  if (!portres__kept_is(fd) || !portres__process_owns_tables()) {
    return false;
  }
  errno = EBADF;
  return true;
}

int portres__hook_close(int fd) {
  struct portres__closing closing;
  int result;

  if (portres__descriptor_is_spared(fd)) {
    return -1;
  }
  closing = portres__descriptor_before_close(fd);
  result = portres__real()->close(fd);
  portres__descriptor_after_close(fd, closing);
  return result;
}

/* The descriptor of a stream; -1 for one in memory. */
static int descriptor_of(FILE* stream) {
  int saved_errno = errno;
  int fd = fileno(stream);

  errno = saved_errno;
  return fd;
}

int portres__hook_fclose(FILE* stream) {
  int fd = descriptor_of(stream);
  struct portres__closing closing = portres__descriptor_before_close(fd);
  int result = portres__real()->fclose(stream);

  portres__descriptor_after_close(fd, closing);
  return result;
}

/* Whatever comes of it, the stream's old descriptor is closed. */
FILE* portres__hook_freopen(FILE* (*real_freopen)(const char*,
                                                  const char*,
                                                  FILE*),
                            const char* path,
                            const char* mode,
                            FILE* stream) {
  int fd = descriptor_of(stream);
  struct portres__closing closing = portres__descriptor_before_close(fd);
  FILE* result = real_freopen(path, mode, stream);

  portres__descriptor_after_close(fd, closing);
  return result;
}

/* The lesser one of two descriptors, where -1 is none. */
static int lesser(int one, int other) {
  return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* The first descriptor in a range that names a socket of ours, or is kept; -1:
 * none that we may touch. */
static int next_own(unsigned first, unsigned last) {
  int fd = first <= INT_MAX ? lesser(portres__fdtable_next((int)first),
                                     portres__kept_next((int)first))
                            : -1;

  return fd >= 0 && (unsigned)fd <= last && portres__process_owns_tables() ? fd
                                                                           : -1;
}

/* Linux before 5.9 and most BSDs have no close_range(), but closefrom(). */
static void close_between(unsigned first, unsigned end) {
  if (first < end && portres__real_close_range(first, end - 1, 0) != 0) {
    for (; first < end; first++) {
      portres__real()->close((int)first);
    }
  }
}

/* Our own sockets of a range are closed one by one, with all the care that
 * takes, what is kept is spared, and what lies between them is closed by the
 * range: no number twice, for it may be another thread's by then. Returns:
 * where the rest of the range begins. */
static unsigned close_to_last_own(unsigned first, unsigned last) {
  int fd = next_own(first, last);

  for (; fd >= 0; fd = next_own(first, last)) {
    close_between(first, (unsigned)fd);
    portres__hook_close(fd);
    first = (unsigned)fd + 1;
  }
  return first;
}

/* With flags nothing is closed here: CLOSE_RANGE_CLOEXEC waits for exec, and
 * after CLOSE_RANGE_UNSHARE other threads still have the descriptors. */
int portres__hook_close_range(unsigned first, unsigned last, int flags) {
  const unsigned nothing = UINT_MAX;
  int saved_errno = errno;
  unsigned rest;

  if (flags != 0 || next_own(first, last) < 0 ||
      portres__real_close_range(nothing, nothing, 0) != 0) {
    return portres__real_close_range(first, last, flags);
  }
  rest = close_to_last_own(first, last);
  errno = saved_errno;
  return rest > last ? 0 : portres__real_close_range(rest, last, flags);
}

void portres__hook_closefrom(int first) {
  unsigned from = first < 0 ? 0 : (unsigned)first;
  int saved_errno = errno;

  portres__real()->closefrom((int)close_to_last_own(from, INT_MAX));
  errno = saved_errno;
}

/* Where the next sweep begins: each one looks at a part of a large table. */
static _Atomic int sweep_cursor;

static bool has_port_of(portres__handle handle,
                        const struct portres__reservation* reservation) {
  return handle != 0 && portres__endpoint_holds_of(
                            portres__endpoint_peek(handle), reservation);
}

/* The entry is read within the look: from then on nobody puts it back. */
static bool forget_if_closed(int fd,
                             const struct portres__reservation* reservation) {
  portres__handle handle = portres__fdtable_get(fd);

  if (!has_port_of(handle, reservation) ||
      portres__socket_identity(fd) ==
          atomic_load(&portres__endpoint_peek(handle)->identity)) {
    return false;
  }
  portres__descriptor_forget(fd, handle);
  return true;
}

unsigned portres__descriptor_sweep(
    enum portres__looker looker,
    const struct portres__reservation* reservation,
    unsigned limit) {
  unsigned forgotten = 0;
  unsigned asked = 0;
  int fd =
      portres__fdtable_next(limit == UINT_MAX ? 0 : atomic_load(&sweep_cursor));

  for (; fd >= 0 && asked < limit; fd = portres__fdtable_next(fd + 1)) {
    if (has_port_of(portres__fdtable_get(fd), reservation) &&
        portres__look_begin(looker, fd)) {
      asked++;
      forgotten += forget_if_closed(fd, reservation);
      portres__look_end(looker);
    }
  }
  atomic_store(&sweep_cursor, fd < 0 ? 0 : fd);
  return forgotten;
}

/* --- Duplicated --- */

/* A marked entry may be of the socket that had the number before. */
PORTRES__RARE static bool is_current(int fd, portres__handle handle) {
  int saved_errno = errno;
  bool is_named = names_socket(fd, handle);

  errno = saved_errno;
  return is_named;
}

/* The endpoint of a descriptor about to be duplicated, with a reference for
 * the duplicate; NULL: not one of ours. */
static struct portres__endpoint* before_dup(int fd) {
  /* In this order: the marked entry may be cleared in between. */
  bool is_marked = portres__fdtable_is_marked(fd);
  portres__handle handle = own_entry(fd);

  if (handle != 0 && is_marked && !is_current(fd, handle)) {
    return NULL;
  }
  return portres__endpoint_pin(handle);
}

/* Where the duplicate's number is only known afterwards and no room can be had
 * for it, the duplicate is undone: its port would be returned too early. */
static int after_dup(struct portres__endpoint* endpoint, int fd, int new_fd) {
  if (endpoint == NULL && new_fd >= 0) {
    portres__descriptor_is_made(new_fd);
    portres__copies_note(fd);
    portres__copies_note(new_fd);
    portres__identity_share(fd, new_fd);
    /* Either who gives the socket its endpoint just now finds our notes, or we
     * find its entry. */
    atomic_thread_fence(memory_order_seq_cst);
    endpoint = before_dup(fd);
  }
  if (endpoint == NULL) {
    return new_fd;
  }
  if (new_fd >= 0 && !portres__fdtable_prepare(new_fd)) {
    portres__real()->close(new_fd);
    errno = ENOMEM;
    new_fd = -1;
  }
  if (new_fd < 0) {
    portres__endpoint_drop(endpoint);
  } else {
    portres__look_await(new_fd);
    portres__descriptor_drop(
        portres__fdtable_exchange(new_fd, portres__slab_handle(endpoint)));
  }
  return new_fd;
}

int portres__hook_dup(int fd) {
  struct portres__endpoint* endpoint = before_dup(fd);
  return after_dup(endpoint, fd, portres__real()->dup(fd));
}

/* Whether the duplicate may be made: what it replaces could not be brought
 * back. For a number that no descriptor can have the kernel has the error. */
static bool has_room(int new_fd) {
  return (unsigned)new_fd >= PORTRES__FDTABLE_END ||
         portres__fdtable_prepare(new_fd);
}

/* Room in our table for what comes to the number, and none of ours there. */
static bool may_dup_over(struct portres__endpoint* endpoint, int new_fd) {
  if (portres__kept_is(new_fd) && portres__process_owns_tables() &&
      !portres__kept_make_way(new_fd)) {
    after_dup(endpoint, -1, -1);
    return false;
  }
  if (endpoint != NULL && !has_room(new_fd)) {
    portres__endpoint_drop(endpoint);
    errno = ENOMEM;
    return false;
  }
  return true;
}

/* What was there before is closed. */
static int after_dup_over(struct portres__endpoint* endpoint,
                          int fd,
                          int new_fd,
                          int result,
                          struct portres__closing closing) {
  if (result < 0) {
    after_dup(endpoint, fd, -1);
    take_back_close(new_fd, closing);
    return -1;
  }
  result = after_dup(endpoint, fd, result);
  portres__look_await(new_fd);
  finish_closing(new_fd, closing);
  return result;
}

int portres__hook_dup2(int fd, int new_fd) {
  struct portres__endpoint* endpoint;
  struct portres__closing closing;

  if (fd == new_fd) {
    return portres__real()->dup2(fd, new_fd);
  }
  endpoint = before_dup(fd);
  if (!may_dup_over(endpoint, new_fd)) {
    return -1;
  }
  closing = portres__descriptor_before_close(new_fd);
  return after_dup_over(endpoint, fd, new_fd, portres__real()->dup2(fd, new_fd),
                        closing);
}

int portres__hook_dup3(int fd, int new_fd, int flags) {
  struct portres__endpoint* endpoint = before_dup(fd);
  struct portres__closing closing;

  if (!may_dup_over(endpoint, new_fd)) {
    return -1;
  }
  closing = portres__descriptor_before_close(new_fd);
  return after_dup_over(endpoint, fd, new_fd,
                        portres__real()->dup3(fd, new_fd, flags), closing);
}

int portres__hook_fcntl(int (*real_fcntl)(int, int, ...),
                        int fd,
                        int command,
                        void* argument) {
  struct portres__endpoint* endpoint;

  if (command != F_DUPFD && command != F_DUPFD_CLOEXEC) {
    return portres__fcntl_otherwise(real_fcntl, fd, command, argument);
  }
  endpoint = before_dup(fd);
  return after_dup(endpoint, fd, real_fcntl(fd, command, argument));
}
