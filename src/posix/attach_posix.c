/* attach_posix.c - which descriptors name a socket that has an endpoint: the
 * one it was given for, its copies made before, and those that arrive later. */
#include <errno.h>
#include <limits.h>

#include "copies_posix.h"
#include "descriptor_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "platform.h"
#include "process_posix.h"
#include "socket_posix.h"
#include "unchanged_posix.h"

portres__handle portres__platform_endpoint_of(portres_socket s,
                                              uint64_t identity) {
  portres__handle handle = portres__fdtable_get(s);

  if (handle == 0 ||
      atomic_load(&portres__endpoint_peek(handle)->identity) == identity) {
    return handle;
  }
  portres__descriptor_forget(s, handle);
  return 0;
}

/* The descriptor may be closed by another thread while we look, and be another
 * socket's when we are done: then the entry must go again. Before: a look. */
static void attach_copy(int fd, struct portres__endpoint* endpoint) {
  uint64_t identity = atomic_load(&endpoint->identity);
  portres__handle handle = portres__slab_handle(endpoint);

  if (portres__fdtable_get(fd) == handle ||
      portres__socket_identity(fd) != identity ||
      !portres__fdtable_prepare(fd) || !portres__endpoint_pin(handle)) {
    return;
  }
  portres__descriptor_drop(portres__fdtable_exchange(fd, handle));
  atomic_thread_fence(memory_order_seq_cst);
  if (portres__socket_identity(fd) != identity) {
    portres__descriptor_forget(fd, handle);
  }
}

/* A note is taken out before the kernel is asked about it: one that another
 * thread makes meanwhile stays. */
static void attach_copies(int s, struct portres__endpoint* endpoint) {
  if (!portres__copies_is_noted(s)) {
    return;
  }
  for (int fd = portres__copies_next(0); fd >= 0;
       fd = portres__copies_next(fd + 1)) {
    portres__look_begin(PORTRES__LOOKER_LOCKED, fd);
    portres__copies_forget(fd);
    if (portres__socket_identity(fd) != 0) {
      portres__copies_note(fd);
      attach_copy(fd, endpoint);
    }
    portres__look_end(PORTRES__LOOKER_LOCKED);
  }
}

/* Either a close() under way finds our entry, or we find that it is over. */
static void forget_if_ended(int s, portres__handle handle) {
  portres__look_begin(PORTRES__LOOKER_LOCKED, s);
  if (portres__socket_identity(s) !=
      atomic_load(&portres__endpoint_peek(handle)->identity)) {
    portres__descriptor_forget(s, handle);
  }
  portres__look_end(PORTRES__LOOKER_LOCKED);
}

int portres__platform_endpoint_attach(portres_socket s,
                                      portres__handle endpoint) {
  if (!portres__fdtable_prepare(s)) {
    return PORTRES_ENOBUFS;
  }
  portres__descriptor_drop(portres__fdtable_exchange(s, endpoint));
  forget_if_ended(s, endpoint);
  /* Either we find the note of a dup() under way, or it finds our entry. */
  atomic_thread_fence(memory_order_seq_cst);
  attach_copies(s, portres__endpoint_peek(endpoint));
  return PORTRES_OK;
}

/* An endpoint by identity, pinned; NULL: none. Walks over all of them, so it
 * is only for descriptors that come by messages. */
static struct portres__endpoint* find_endpoint(uint64_t identity) {
  struct portres__slab* slab = &portres__engine.endpoints;
  uint32_t count = atomic_load(&slab->count);

  for (uint32_t i = 0; i < count && identity != 0; i++) {
    struct portres__endpoint* endpoint = portres__slab_at(slab, i);
    if (atomic_load(&endpoint->identity) != identity) {
      continue;
    }
    endpoint = portres__endpoint_pin(portres__slab_handle(endpoint));
    if (endpoint == NULL) {
      continue;
    }
    if (atomic_load(&endpoint->identity) == identity) {
      return endpoint;
    }
    portres__endpoint_drop(endpoint);
  }
  return NULL;
}

void portres__descriptor_is_received(int fd) {
  struct portres__endpoint* endpoint;
  int saved_errno = errno;

  portres__descriptor_is_made(fd);
  portres__copies_note(fd);
  if (atomic_load(&portres__engine.endpoints.count) == 0 ||
      !portres__process_owns_tables()) {
    return;
  }
  endpoint = find_endpoint(portres__socket_identity(fd));
  if (endpoint != NULL && portres__fdtable_prepare(fd)) {
    portres__look_await(fd);
    portres__descriptor_drop(
        portres__fdtable_exchange(fd, portres__slab_handle(endpoint)));
  } else if (endpoint != NULL) {
    portres__endpoint_drop(endpoint);
  }
  errno = saved_errno;
}

/* The kernel copies the descriptors of a process before its memory, and other
 * threads of the parent go on in between: an entry may be of a descriptor that
 * the child does not have. It matters where blocks are inherited. */
static bool names_endpoint(int fd, portres__handle handle) {
  return !portres__unchanged_is_on() ||
         portres__socket_identity(fd) ==
             atomic_load(&portres__endpoint_peek(handle)->identity);
}

void portres__platform_count_descriptors(void) {
  int saved_errno = errno;

  for (int fd = portres__fdtable_next(0); fd >= 0;
       fd = portres__fdtable_next(fd + 1)) {
    portres__handle handle = portres__fdtable_get(fd);
    bool is_counted =
        names_endpoint(fd, handle) && portres__endpoint_pin(handle) != NULL;
    portres__fdtable_exchange(fd, is_counted ? handle : 0);
  }
  errno = saved_errno;
}

void portres__platform_sweep(const struct portres__reservation* reservation) {
  portres__descriptor_sweep(PORTRES__LOOKER_LOCKED, reservation, UINT_MAX);
}
