/* Whether memory is there, asked of the kernel: src/winsock/memory.c, from
 * inside. With the argument `pipe` the kernel is made to know no
 * MADV_POPULATE_*, as Linux before 5.14 and other systems, and the other way
 * is taken; with `nod` it says yes to everything, as an emulator that ignores
 * advice does. What is stressed: edges of pages, all kinds of protection, that
 * nothing is changed, and a process without descriptors.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "table.h"

enum { PAGES = 3, NO_PAGE = 0, NONE_PAGE, READ_PAGE, WRITE_PAGE };

static size_t page_size;

static char* map(int protection) {
  char* memory = mmap(NULL, PAGES * page_size, protection,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  assert_true(memory != MAP_FAILED);
  return memory;
}

/* The middle page is of the kind; its neighbours can be written. */
static char* make(int kind) {
  static const int protections[] = {PROT_NONE, PROT_NONE, PROT_READ,
                                    PROT_READ | PROT_WRITE};
  char* memory = map(PROT_READ | PROT_WRITE);

  memset(memory, 7, PAGES * page_size);
  assert_int_equal(mprotect(memory + page_size, page_size, protections[kind]),
                   0);
  if (kind == NO_PAGE) {
    assert_int_equal(munmap(memory + page_size, page_size), 0);
  }
  return memory;
}

static void unmake(char* memory) {
  assert_int_equal(munmap(memory, PAGES * page_size), 0);
}

struct page_row {
  const char* name;
  int kind;
  bool can_read;
  bool can_write;
};

static const struct page_row page_rows[] = {
    {"given a page that is not mapped, then neither", NO_PAGE, false, false},
    {"given a page without rights, then neither", NONE_PAGE, false, false},
    {"given a page to read, then only that", READ_PAGE, true, false},
    {"given a page to write, then both", WRITE_PAGE, true, true},
};

static void expect(char* memory, size_t size, const struct page_row* row) {
  errno = ENOTNAM;
  assert_int_equal(portres__ws_can_read(memory, size), row->can_read);
  assert_int_equal(portres__ws_can_write(memory, size), row->can_write);
  assert_int_equal(errno, ENOTNAM);
}

static void check_page(const void* data) {
  const struct page_row* row = data;
  static const struct page_row yes = {"", WRITE_PAGE, true, true};
  char* memory = make(row->kind);
  char* middle = memory + page_size;

  expect(memory, page_size, &yes);
  expect(middle - 1, 1, &yes);
  expect(middle - 1, 2, row);
  expect(middle, 1, row);
  expect(middle + page_size - 1, 1, row);
  expect(middle + page_size - 1, 2, row);
  expect(middle + page_size, 1, &yes);
  expect(memory, PAGES * page_size, row);
  for (size_t i = 0; i < page_size; i++) {
    assert_int_equal(memory[i], 7);
    assert_int_equal(middle[page_size + i], 7);
  }
  unmake(memory);
}

static void check_addresses(void) {
  assert_false(portres__ws_can_read(NULL, 0));
  assert_false(portres__ws_can_write(NULL, 1));
  assert_false(portres__ws_can_read((void*)1, 1));
  assert_false(portres__ws_can_read((void*)UINTPTR_MAX, 1));
  assert_false(portres__ws_can_write((void*)(UINTPTR_MAX - 4), 16));
  assert_false(portres__ws_can_read(&page_size, SIZE_MAX));
  assert_true(portres__ws_can_read(&page_size, 0));
  assert_true(portres__ws_can_read("text", 5));
  assert_false(portres__ws_can_write((void*)(uintptr_t) "text", 5));
}

/* Past the end of the file a load would be SIGBUS. */
static void check_file(void) {
  int fd = memfd_create("portres", MFD_CLOEXEC);
  char* memory;

  assert_int_equal(ftruncate(fd, 1), 0);
  memory = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_true(memory != MAP_FAILED);
  assert_true(portres__ws_can_write(memory, page_size));
  assert_false(portres__ws_can_read(memory + page_size, 1));
  assert_false(portres__ws_can_write(memory, page_size + 1));
  munmap(memory, 2 * page_size);
  close(fd);
}

/* Memory that is there stays so; nothing more is promised. */
static void check_no_descriptors(void) {
  struct rlimit limit;
  struct rlimit none;

  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = (struct rlimit){0, limit.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  assert_true(portres__ws_can_write(&limit, sizeof limit));
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void* ask_again(void* memory) {
  for (int i = 0; i < ROUNDS; i++) {
    if (!portres__ws_can_read(memory, 1) ||
        portres__ws_can_write((char*)memory + page_size, 1)) {
      return memory;
    }
  }
  return NULL;
}

static void check_threads(void) {
  char* memory = make(READ_PAGE);
  pthread_t threads[THREADS];
  void* result;

  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, ask_again, memory), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_null(result);
  }
  unmake(memory);
}

/* madvise() with advice 22 or 23 does nothing but answer this errno. */
static int answer_populate(unsigned answer) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               offsetof(struct seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 22, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 23, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int main(int argc, char** argv) {
  page_size = (size_t)sysconf(_SC_PAGESIZE);
  if (argc == 2 &&
      answer_populate(strcmp(argv[1], "pipe") == 0 ? EINVAL : 0) != 0) {
    return 1;
  }
  TABLE_ADD(page_rows, check_page);
  table_add_one("given no address of a program, then neither", check_addresses);
  table_add_one("given a page past the end of a file, then neither",
                check_file);
  table_add_one("given no descriptor is left, then what is there is there",
                check_no_descriptors);
  table_add_one("given many threads, then each has its answer", check_threads);
  return table_run("winsock_memory");
}
