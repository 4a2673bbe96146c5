#include "fdtable_posix.h"

#include <sys/mman.h>

_Atomic(portres__fdtable_entry*) portres__fdtable_pages[PORTRES__FDTABLE_PAGES];

/* No entry lies at or above this descriptor. */
static _Atomic int end;

static const size_t page_size =
    PORTRES__FDTABLE_PAGE * sizeof(portres__fdtable_entry);

static void extend(int fd) {
  int now = atomic_load(&end);

  while (now <= fd && !atomic_compare_exchange_weak(&end, &now, fd + 1)) {
    /* `now` has been read anew. */
  }
}

/* dup() comes here too and is async-signal-safe: mmap() rather than malloc().
 * Of two that map the same page at once, one gives its own back. */
bool portres__fdtable_prepare(int fd) {
  _Atomic(portres__fdtable_entry*)* page;
  portres__fdtable_entry* none = NULL;
  void* fresh;

  if ((unsigned)fd >= PORTRES__FDTABLE_END) {
    return false;
  }
  page = &portres__fdtable_pages[fd / PORTRES__FDTABLE_PAGE];
  if (atomic_load(page) == NULL) {
    fresh = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) {
      return false;
    }
    if (!atomic_compare_exchange_strong(page, &none, fresh)) {
      munmap(fresh, page_size);
    }
  }
  extend(fd);
  return true;
}

static bool change(int fd, uint64_t from, uint64_t to) {
  return atomic_compare_exchange_strong(portres__fdtable_at(fd), &from, to);
}

portres__handle portres__fdtable_exchange(int fd, portres__handle handle) {
  uint64_t former = atomic_exchange(portres__fdtable_at(fd), handle);

  return (former & PORTRES__FDTABLE_MARK) == 0 ? former : 0;
}

bool portres__fdtable_take(int fd, portres__handle handle) {
  if (change(fd, handle, 0)) {
    return true;
  }
  portres__fdtable_clear_marked(fd, handle);
  return false;
}

bool portres__fdtable_mark(int fd, portres__handle handle) {
  return change(fd, handle, handle | PORTRES__FDTABLE_MARK);
}

void portres__fdtable_clear_marked(int fd, portres__handle handle) {
  change(fd, handle | PORTRES__FDTABLE_MARK, 0);
}

bool portres__fdtable_unmark(int fd, portres__handle handle) {
  return change(fd, handle | PORTRES__FDTABLE_MARK, handle);
}

/* Past the pages that were never mapped. */
static int skip_pages(int fd, int last) {
  while (fd < last && portres__fdtable_at(fd) == NULL) {
    fd = (fd / PORTRES__FDTABLE_PAGE + 1) * PORTRES__FDTABLE_PAGE;
  }
  return fd;
}

int portres__fdtable_next(int fd) {
  int last = atomic_load(&end);

  for (fd = skip_pages(fd, last); fd < last; fd = skip_pages(fd + 1, last)) {
    if (portres__fdtable_get(fd) != 0) {
      return fd;
    }
  }
  return -1;
}
