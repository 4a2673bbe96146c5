/* Descriptors of the library's own: what a program does to all its descriptors
 * passes them by, and what it does to one number finds nothing there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kept_posix.h"
#include "net.h"
#include "table.h"

static struct portres__kept kept = PORTRES__KEPT_NONE;
static struct portres__kept inherited = PORTRES__KEPT_INHERITED;

/* The other end tells whether it is still open. */
static int other_end;

static void keep(struct portres__kept* which) {
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  other_end = ends[0];
  assert_true(portres__kept_install(which, ends[1]));
}

static void withdraw(struct portres__kept* which) {
  const int fd = portres__kept_withdraw(which);
  assert_true(fd >= 0);
  assert_false(portres__kept_is(fd));
  net_close(fd);
  net_close(other_end);
}

/* In a child too. */
static bool works(struct portres__kept* which) {
  char byte = 0;
  const int fd = portres__kept_begin(which);
  const bool is_written = fd >= 0 && write(fd, "x", 1) == 1;
  portres__kept_end(which);
  return is_written && read(other_end, &byte, 1) == 1 && byte == 'x';
}

static int null_device(void) {
  const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

/* --- It is not there --- */

static void by_close(int fd) {
  errno = 0;
  assert_int_equal(close(fd), -1);
  assert_int_equal(errno, EBADF);
}

static void by_number(int fd) {
  errno = 0;
  assert_int_equal(syscall(SYS_close, fd), -1);
  assert_int_equal(errno, EBADF);
}

static void by_range(int fd) {
  assert_int_equal(close_range((unsigned)fd - 1, (unsigned)fd + 1, 0), 0);
}

static void by_open_range(int fd) {
  assert_int_equal(close_range((unsigned)fd, ~0u, 0), 0);
}

static void by_range_number(int fd) {
  assert_int_equal(syscall(SYS_close_range, fd, fd, 0), 0);
}

static void by_closefrom(int fd) {
  closefrom(fd - 1);
}

static void by_loop(int fd) {
  for (int i = fd - 2; i < fd + 2; ++i) {
    close(i);
  }
}

static void by_dup2(int fd) {
  const int file = null_device();
  assert_int_equal(dup2(file, fd), fd);
  net_close(file);
  net_close(fd);
}

static void by_dup3(int fd) {
  const int file = null_device();
  assert_int_equal(dup3(file, fd, O_CLOEXEC), fd);
  net_close(file);
  net_close(fd);
}

static void by_dup2_number(int fd) {
  const int file = null_device();
  assert_int_equal(syscall(SYS_dup3, file, fd, 0), fd);
  net_close(file);
  net_close(fd);
}

static void by_failing_dup2(int fd) {
  assert_int_equal(dup2(-1, fd), -1);
  assert_int_equal(fcntl(fd, F_GETFD), -1);
}

struct row {
  const char* name;
  void (*act)(int fd);
};

#define SPARED ", then the library still has it"

static const struct row rows[] = {
    {"given a kept descriptor, when it is closed" SPARED, by_close},
    {"given a kept descriptor, when it is closed by number" SPARED, by_number},
    {"given a kept descriptor, when close_range meets it" SPARED, by_range},
    {"given a kept descriptor, when close_range begins at it" SPARED,
     by_open_range},
    {"given a kept descriptor, when close_range by number" SPARED,
     by_range_number},
    {"given a kept descriptor, when closefrom meets it" SPARED, by_closefrom},
    {"given a kept descriptor, when a loop closes all" SPARED, by_loop},
    {"given a kept descriptor, when dup2 takes its number" SPARED, by_dup2},
    {"given a kept descriptor, when dup3 takes its number" SPARED, by_dup3},
    {"given a kept descriptor, when a call by number takes its number" SPARED,
     by_dup2_number},
    {"given a kept descriptor, when dup2 to its number fails" SPARED,
     by_failing_dup2},
};

static void check_row(const void* data) {
  const struct row* row = data;
  keep(&kept);
  row->act(atomic_load(&kept.fd));
  assert_true(works(&kept));
  assert_int_equal(portres__kept_next(0), atomic_load(&kept.fd));
  withdraw(&kept);
  assert_int_equal(portres__kept_next(0), -1);
}

/* --- Where it lies --- */

static void check_top(void) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  keep(&kept);
  const int fd = atomic_load(&kept.fd);
  assert_true(fd >= (limit.rlim_cur < 1024 ? (int)limit.rlim_cur / 2 : 768));
  assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
  withdraw(&kept);
}

/* --- Children --- */

static int wait_for(pid_t child) {
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_fork(void) {
  keep(&kept);
  const int fd = atomic_load(&kept.fd);
  const pid_t child = fork();
  if (child == 0) {
    _exit(atomic_load(&kept.fd) == -1 && !portres__kept_is(fd) &&
                  fcntl(fd, F_GETFD) == -1
              ? 0
              : 1);
  }
  assert_int_equal(wait_for(child), 0);
  assert_true(works(&kept));
  withdraw(&kept);
}

static void check_inherited(void) {
  keep(&inherited);
  const pid_t child = fork();
  if (child == 0) {
    close_range(3, (unsigned)other_end - 1, 0);
    _exit(works(&inherited) ? 0 : 1);
  }
  assert_int_equal(wait_for(child), 0);
  assert_true(works(&inherited));
  withdraw(&inherited);
}

/* The child has descriptors of its own, and our memory. */
/* NOLINTBEGIN(clang-analyzer-unix.Vfork,clang-analyzer-security.*) */
static void check_vfork(void) {
  keep(&kept);
  const int fd = atomic_load(&kept.fd);
  const pid_t child = vfork();
  if (child == 0) {
    close(fd);
    dup2(0, fd);
    close_range(3, ~0u, 0);
    _exit(0);
  }
  assert_int_equal(wait_for(child), 0);
  assert_int_equal(atomic_load(&kept.fd), fd);
  assert_true(works(&kept));
  withdraw(&kept);
}
/* NOLINTEND(clang-analyzer-unix.Vfork,clang-analyzer-security.*) */

int main(void) {
  TABLE_ADD(rows, check_row);
  table_add_one("given a kept descriptor, then it lies at the top of the range",
                check_top);
  table_add_one("given a fork, then the child has it no more, and we do",
                check_fork);
  table_add_one("given one to inherit, when forked, then both have it",
                check_inherited);
  table_add_one(
      "given a vfork child, when it closes and replaces its copy, then ours is "
      "untouched",
      check_vfork);
  return table_run("hook_kept");
}
