/* fdtable_posix.h - which endpoint a descriptor names: an array by descriptor.
 *
 * Every intercepted call asks it first, so asking costs two loads. An entry is
 * a reference of its endpoint; whoever takes the entry out drops it. Pages are
 * mapped when first needed and never given back. Lock-free throughout.
 *
 * The kernel may reuse a descriptor the moment it is closed, for another copy
 * of the same socket even. So an entry is marked before the close, and cleared
 * after it if it is still there; the reference of a marked entry is dropped by
 * who marked it, whoever cleared or replaced the entry.
 */
#ifndef PORTRES_FDTABLE_POSIX_H
#define PORTRES_FDTABLE_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "slab.h"

enum {
  PORTRES__FDTABLE_PAGE_BITS = 10,
  PORTRES__FDTABLE_PAGE = 1 << PORTRES__FDTABLE_PAGE_BITS,
  PORTRES__FDTABLE_PAGES = 1 << 14, /* 16 million descriptors */
  PORTRES__FDTABLE_END = PORTRES__FDTABLE_PAGE * PORTRES__FDTABLE_PAGES
};

/* A bit that no handle uses: slab.h. */
#define PORTRES__FDTABLE_MARK (UINT64_C(1) << 31)

typedef _Atomic uint64_t portres__fdtable_entry;

extern _Atomic(portres__fdtable_entry*)
    portres__fdtable_pages[PORTRES__FDTABLE_PAGES];

static inline portres__fdtable_entry* portres__fdtable_at(int fd) {
  portres__fdtable_entry* page;

  if ((unsigned)fd >= PORTRES__FDTABLE_END) {
    return NULL;
  }
  page = atomic_load_explicit(
      &portres__fdtable_pages[(unsigned)fd >> PORTRES__FDTABLE_PAGE_BITS],
      memory_order_acquire);
  return page == NULL ? NULL : &page[fd % PORTRES__FDTABLE_PAGE];
}

static inline portres__handle portres__fdtable_get(int fd) {
  portres__fdtable_entry* entry = portres__fdtable_at(fd);

  return entry == NULL ? 0
                       : atomic_load_explicit(entry, memory_order_acquire) &
                             ~PORTRES__FDTABLE_MARK;
}

static inline bool portres__fdtable_is_marked(int fd) {
  portres__fdtable_entry* entry = portres__fdtable_at(fd);

  return entry != NULL && (atomic_load_explicit(entry, memory_order_acquire) &
                           PORTRES__FDTABLE_MARK) != 0;
}

/* Make room for an entry; false: no memory, or no such descriptor. */
bool portres__fdtable_prepare(int fd);

/* Put the entry in. Returns: the former one, whose reference the caller drops;
 * 0: none, or a marked one. Before: prepared. */
portres__handle portres__fdtable_exchange(int fd, portres__handle handle);

/* Take the entry out if it is this one. True: the caller drops its reference;
 * false also for a marked one. */
bool portres__fdtable_take(int fd, portres__handle handle);

/* Mark the entry if it is this one, without a mark. True: the caller drops its
 * reference once it is cleared, or takes the mark away again; false: that one
 * has been cleared or replaced. */
bool portres__fdtable_mark(int fd, portres__handle handle);
void portres__fdtable_clear_marked(int fd, portres__handle handle);
bool portres__fdtable_unmark(int fd, portres__handle handle);

/* The first descriptor >= fd with an entry; -1: none. */
int portres__fdtable_next(int fd);

#endif
