/* memory.c - whether memory of the caller is there, found without a crash.
 *
 * A signal handler would be the program's, and process_vm_readv() is what
 * containers forbid. madvise(MADV_POPULATE_*), from Linux 5.14 on, touches
 * each page as if it were read or written, changes nothing, and says what came
 * of it; allocators need madvise, so every sandbox has it. Where the kernel
 * does not know it, a byte of each page goes through a pipe and comes back,
 * for write() and read() answer EFAULT where a load would crash. A process
 * that cannot have a pipe is believed.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ADVICE_READ = 22, ADVICE_WRITE = 23 }; /* linux/mman-common.h */
enum way { WAY_UNKNOWN, WAY_ADVICE, WAY_PIPE };

static _Atomic int way;

static uintptr_t page_of(uintptr_t address) {
  return address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
}

/* Kernels agree that the last page of the address space is nobody's. */
static bool wraps(uintptr_t address, size_t size) {
  return size > UINTPTR_MAX - address;
}

static bool can_populate(uintptr_t address, size_t size, bool is_write) {
  uintptr_t first = page_of(address);

  return madvise((void*)first, address + size - first,
                 is_write ? ADVICE_WRITE : ADVICE_READ) == 0;
}

/* A byte that another thread writes meanwhile could be lost: what is asked
 * about is the output of a call, which nobody else has business with. */
static bool can_travel(uintptr_t address, bool is_write) {
  int ends[2];
  bool can;

  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return true;
  }
  can = write(ends[1], (void*)address, 1) == 1 || errno != EFAULT;
  if (can && is_write) {
    can = read(ends[0], (void*)address, 1) == 1 || errno != EFAULT;
  }
  close(ends[0]);
  close(ends[1]);
  return can;
}

static bool can_travel_all(uintptr_t address, size_t size, bool is_write) {
  size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
  uintptr_t last = address + size - 1;
  uintptr_t at = address;

  while (can_travel(at, is_write)) {
    if (page_of(at) == page_of(last)) {
      return true;
    }
    at = page_of(at) + page_size;
  }
  return false;
}

/* The stack is there: advice that fails on it is advice the kernel lacks. The
 * first page is not: an emulator takes advice that it does not follow. */
static int find_way(void) {
  int known = atomic_load_explicit(&way, memory_order_relaxed);

  if (known == WAY_UNKNOWN) {
    known = can_populate((uintptr_t)&known, sizeof known, true) &&
                    !can_populate(0, 1, false)
                ? WAY_ADVICE
                : WAY_PIPE;
    atomic_store_explicit(&way, known, memory_order_relaxed);
  }
  return known;
}

static bool can_touch(const void* memory, size_t size, bool is_write) {
  uintptr_t address = (uintptr_t)memory;
  int saved_errno = errno;
  bool can;

  if (memory == NULL || wraps(address, size)) {
    return false;
  }
  if (size == 0) {
    return true;
  }
  can = find_way() == WAY_ADVICE ? can_populate(address, size, is_write)
                                 : can_travel_all(address, size, is_write);
  errno = saved_errno;
  return can;
}

bool portres__ws_can_read(const void* memory, size_t size) {
  return can_touch(memory, size, false);
}

bool portres__ws_can_write(void* memory, size_t size) {
  return can_touch(memory, size, true);
}
