/* mark_linux.c - MADV_WIPEONFORK: Linux 4.14. */
#include <sys/mman.h>
#include <unistd.h>

#include "mark_posix.h"

void* portres__mark_map(void) {
  size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
  void* page = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (page == MAP_FAILED) {
    return NULL;
  }
  if (madvise(page, page_size, MADV_WIPEONFORK) != 0) {
    munmap(page, page_size);
    return NULL;
  }
  return page;
}
