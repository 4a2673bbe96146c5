/* fcntl() takes no, an int or a pointer argument, by the command; the hook
 * cannot know which, and must hand over whatever came. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_support.h"

typedef int (*fcntl_fn)(int fd, int command, ...);

static int raw_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  return (int)syscall(SYS_fcntl, fd, command, argument);
}

static const struct row {
  const char* name;
  fcntl_fn call;
} rows[] = {
    {"given fcntl, when it does not copy, then it is libc's", hook_plain_fcntl},
    {"given fcntl64, when it does not copy, then it is libc's", fcntl64},
    {"given syscall(SYS_fcntl), when it does not copy, then it is the kernel's",
     raw_fcntl},
};

static void check_integers(fcntl_fn call, int s) {
  assert_int_equal(call(s, F_GETFD), 0);
  assert_int_equal(call(s, F_SETFD, FD_CLOEXEC), 0);
  assert_int_equal(call(s, F_GETFD), FD_CLOEXEC);
  const int flags = call(s, F_GETFL);
  assert_int_equal(flags & O_NONBLOCK, 0);
  assert_int_equal(call(s, F_SETFL, flags | O_NONBLOCK), 0);
  assert_int_equal(call(s, F_GETFL), flags | O_NONBLOCK);
  assert_int_equal(call(s, F_SETOWN, getpid()), 0);
  assert_int_equal(call(s, F_GETOWN), getpid());
  assert_int_equal(call(s, F_SETSIG, SIGUSR1), 0);
  assert_int_equal(call(s, F_GETSIG), SIGUSR1);
}

static void check_owner_structure(fcntl_fn call, int s) {
  struct f_owner_ex owner = {F_OWNER_PID, getpid()};
  assert_int_equal(call(s, F_SETOWN_EX, &owner), 0);
  memset(&owner, 0, sizeof owner);
  assert_int_equal(call(s, F_GETOWN_EX, &owner), 0);
  assert_int_equal(owner.type, F_OWNER_PID);
  assert_int_equal(owner.pid, getpid());
}

static int conflicting_lock(void* path) {
  struct flock lock = {.l_type = F_WRLCK, .l_start = 5, .l_len = 2};
  const int fd = open(path, O_RDWR);
  HOOK_CLAIM(fcntl(fd, F_GETLK, &lock) == 0);
  HOOK_CLAIM(lock.l_type == F_WRLCK && lock.l_pid == getppid());
  HOOK_CLAIM(lock.l_start == 4 && lock.l_len == 8);
  return 0;
}

/* Commands with a structure, both ways. */
static void check_locks(fcntl_fn call) {
  char path[] = "/tmp/portres-fcntl-XXXXXX";
  const int fd = mkstemp(path);
  const int other = open(path, O_RDWR);
  assert_true(fd >= 0 && other >= 0);
  struct flock lock = {.l_type = F_WRLCK, .l_start = 4, .l_len = 8};
  assert_int_equal(call(fd, F_SETLK, &lock), 0);
  assert_int_equal(hook_in_child(conflicting_lock, path), 0);
  lock.l_type = F_UNLCK;
  assert_int_equal(call(fd, F_SETLKW, &lock), 0);

  lock = (struct flock){.l_type = F_WRLCK, .l_len = 1};
  assert_int_equal(call(fd, F_OFD_SETLK, &lock), 0);
  assert_int_equal(call(other, F_OFD_SETLK, &lock), -1);
  assert_int_equal(errno, EAGAIN);
  assert_int_equal(call(other, F_OFD_GETLK, &lock), 0);
  assert_int_equal(lock.l_pid, -1);
  unlink(path);
  net_close(other);
  net_close(fd);
}

static void check_pipe_size(fcntl_fn call) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  const int size = call(ends[0], F_SETPIPE_SZ, 8192);
  assert_true(size >= 8192);
  assert_int_equal(call(ends[0], F_GETPIPE_SZ), size);
  net_close(ends[0]);
  net_close(ends[1]);
}

static void check_failures(fcntl_fn call, int s) {
  assert_int_equal(call(-1, F_GETFD), -1);
  assert_int_equal(errno, EBADF);
  assert_int_equal(call(s, 0x7fff, 0), -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(call(s, F_DUPFD, -1), -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(call(s, F_GETLK, NULL), -1);
  assert_int_equal(errno, EFAULT);
}

static void check_row(const void* data) {
  const struct row* row = data;
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = hook_bound_member(&block);
  const int plain = net_socket(IPPROTO_TCP, NET_V4);
  errno = HOOK_ERRNO;
  check_integers(row->call, s);
  check_owner_structure(row->call, s);
  check_integers(row->call, plain);
  assert_int_equal(errno, HOOK_ERRNO);
  check_locks(row->call);
  check_pipe_size(row->call);
  check_failures(row->call, s);
  check_failures(row->call, plain);
  hook_expect(&block, 1, 0);
  net_close(plain);
  net_close(s);
  hook_finish(&block);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  return table_run("hook_fcntl");
}
