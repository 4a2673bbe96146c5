/* mark_bsd.c - minherit(): FreeBSD 12, NetBSD 7, OpenBSD 5.6. */
#include <sys/types.h>

#include <sys/mman.h>
#include <unistd.h>

#include "mark_posix.h"
#include "system_posix.h"

void* portres__mark_map(void) {
  size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
  void* page = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANON, -1, 0);

  if (page == MAP_FAILED) {
    return NULL;
  }
  if (minherit(page, page_size, PORTRES__SYSTEM_INHERIT_ZERO) != 0) {
    munmap(page, page_size);
    return NULL;
  }
  return page;
}
