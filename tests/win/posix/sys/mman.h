/* sys/mman.h - pages that cannot be touched, by VirtualAlloc(). */
#ifndef PORTRES_TESTS_WIN_POSIX_MMAN_H
#define PORTRES_TESTS_WIN_POSIX_MMAN_H

#include <sys/socket.h>

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2 };
enum { MAP_PRIVATE = 2, MAP_ANONYMOUS = 32 };
#define MAP_FAILED ((void*)-1)

static inline DWORD posix_protection(int protection) {
  if (protection & PROT_WRITE) {
    return PAGE_READWRITE;
  }
  return protection & PROT_READ ? PAGE_READONLY : PAGE_NOACCESS;
}

static inline void* mmap(
    void* at, size_t size, int protection, int flags, int fd, long offset) {
  void* memory = VirtualAlloc(at, size, MEM_RESERVE | MEM_COMMIT,
                              posix_protection(protection));
  (void)flags;
  (void)fd;
  (void)offset;
  return memory ? memory : MAP_FAILED;
}

static inline int mprotect(void* at, size_t size, int protection) {
  DWORD before;
  return VirtualProtect(at, size, posix_protection(protection), &before) ? 0
                                                                         : -1;
}

static inline int munmap(void* at, size_t size) {
  (void)size;
  return VirtualFree(at, 0, MEM_RELEASE) ? 0 : -1;
}

#endif
