/* syscall() is the kernel's door: what is not ours passes with all its six
 * arguments and its errno, and what is ours ends as the call by its name. */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "hook_support.h"

static void expect_error(long result, int error) {
  const int seen = errno;
  assert_int_equal(result, -1);
  assert_int_equal(seen, error);
}

/* mmap's sixth argument is the offset: page 1 must show page 1. */
static void check_mmap(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const int fd = memfd_create("portres", 0);
  assert_int_equal(ftruncate(fd, (off_t)(2 * page)), 0);
  assert_int_equal(pwrite(fd, "second", 7, (off_t)page), 7);
  errno = HOOK_ERRNO;
  char* at =
      (char*)syscall(SYS_mmap, NULL, page, PROT_READ, MAP_SHARED, fd, page);
  assert_int_equal(errno, HOOK_ERRNO);
  assert_ptr_not_equal(at, MAP_FAILED);
  assert_string_equal(at, "second");
  assert_int_equal(syscall(SYS_munmap, at, page), 0);
  net_close(fd);
  expect_error(syscall(SYS_mmap, NULL, page, PROT_READ, MAP_SHARED, -1, 0),
               EBADF);
}

/* pselect6's sixth argument points to a signal mask and its size; a wrong size
 * is refused, so that it must have arrived. */
static void check_pselect6(void) {
  const struct timespec none = {0, 0};
  uint64_t mask = 0;
  struct {
    const void* mask;
    size_t size;
  } sixth = {&mask, 8};
  fd_set readable;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  FD_ZERO(&readable);
  FD_SET(ends[0], &readable);
  assert_int_equal(
      syscall(SYS_pselect6, ends[0] + 1, &readable, NULL, NULL, &none, &sixth),
      1);
  sixth.size = 7;
  expect_error(
      syscall(SYS_pselect6, ends[0] + 1, &readable, NULL, NULL, &none, &sixth),
      EINVAL);
  net_close(ends[0]);
  net_close(ends[1]);
}

/* futex' sixth argument tells which waiters; a mask of 0 is refused. */
static void check_futex(void) {
  const struct timespec none = {0, 0};
  uint32_t word = 1;
  const int wait = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG;
  expect_error(syscall(SYS_futex, &word, wait, 2, &none, NULL, 1), EAGAIN);
  expect_error(syscall(SYS_futex, &word, wait, 1, &none, NULL, 1), ETIMEDOUT);
  expect_error(syscall(SYS_futex, &word, wait, 1, &none, NULL, 0), EINVAL);
}

/* sendto and recvfrom: six arguments, two of them an address. */
static void check_sendto(void) {
  const int from = net_socket(IPPROTO_UDP, NET_V4);
  const int to = net_socket(IPPROTO_UDP, NET_V4);
  assert_int_equal(net_bind(from, "127.0.0.1", 0), 0);
  assert_int_equal(net_bind(to, "127.0.0.1", 0), 0);
  struct net_address target = net_name(to);
  struct net_address source = {.len = sizeof source.as};
  char data[8] = "";
  assert_int_equal(
      syscall(SYS_sendto, from, "hello", 6, 0, &target.as, target.len), 6);
  assert_int_equal(
      syscall(SYS_recvfrom, to, data, sizeof data, 0, &source.as, &source.len),
      6);
  assert_string_equal(data, "hello");
  assert_int_equal(ntohs(source.as.v4.sin_port), net_port(from));
  net_close(from);
  net_close(to);
}

static void check_creating(void) {
  int pair[2];
  errno = HOOK_ERRNO;
  const int s = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
  assert_true(s >= 0);
  assert_int_equal(hook_bind(s), 0);
  assert_int_equal(syscall(SYS_listen, s, 1), 0);
  const int client = net_connect_to(s);
  const int served = (int)syscall(SYS_accept4, s, NULL, NULL, SOCK_CLOEXEC);
  assert_true(served >= 0);
  assert_int_equal(fcntl(served, F_GETFD), FD_CLOEXEC);
  assert_int_equal(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair), 0);
  assert_int_equal(write(pair[0], "x", 1), 1);
  assert_int_equal(errno, HOOK_ERRNO);
  const int all[] = {pair[0], pair[1], served, client, s};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    assert_int_equal(syscall(SYS_close, all[i]), 0);
  }
}

/* Both ends of errno: a failing call of ours and of the kernel's. */
static void check_errors(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = hook_member(&block);
  struct net_address outside = net_loopback(NET_V4, net_unprivileged_start());
  struct net_address inside = net_loopback(NET_V4, block.range.start);
  const int stranger = net_socket(IPPROTO_TCP, NET_V4);
  expect_error(syscall(SYS_bind, s, &outside.as, outside.len), EACCES);
  expect_error(syscall(SYS_bind, stranger, &inside.as, inside.len), EACCES);
  expect_error(syscall(SYS_close, -1), EBADF);
  expect_error(syscall(SYS_bind, -1, &inside.as, inside.len), EBADF);
  expect_error(syscall(100000), ENOSYS);
  expect_error(syscall(-1), ENOSYS);
  assert_int_equal(syscall(SYS_getpid), getpid());
  net_close(stranger);
  net_close(s);
  hook_finish(&block);
}

/* 32 bits of a descriptor count: what lies above them is noise that a caller
 * may leave in the register. */
static void check_wide_arguments(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = hook_bound_member(&block);
  const long noisy = (long)s | (1L << 40);
  assert_int_equal(syscall(SYS_close, noisy), 0);
  hook_finish(&block);
}

int main(void) {
  table_add_one("given SYS_mmap, then its six arguments and errno pass",
                check_mmap);
  table_add_one("given SYS_pselect6, then its six arguments and errno pass",
                check_pselect6);
  table_add_one("given SYS_futex, then its six arguments and errno pass",
                check_futex);
  table_add_one("given SYS_sendto and SYS_recvfrom, then addresses pass",
                check_sendto);
  table_add_one("given SYS_socket and its kin, then they create",
                check_creating);
  table_add_one("given a failing call, then errno is that of the call",
                check_errors);
  table_add_one("given noise above a descriptor, then it is still seen",
                check_wide_arguments);
  return table_run("hook_syscall");
}
