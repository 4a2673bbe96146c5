/* Every way to a second descriptor of one socket: the port stays until the
 * last of them is closed, a bind through any of them takes from the block, and
 * the reservation of an acquiring socket lives as long as any of them. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"

struct row {
  const char* name;
  int (*copy)(int s);
  hook_receive receive; /* or through SCM_RIGHTS */
};

enum { TARGET = 200 };

static int copy_dup(int s) {
  return dup(s);
}

static int copy_dup2(int s) {
  return dup2(s, TARGET);
}

static int copy_dup3(int s) {
  return dup3(s, TARGET, O_CLOEXEC);
}

static int copy_f_dupfd(int s) {
  return hook_plain_fcntl(s, F_DUPFD, TARGET);
}

static int copy_f_dupfd_cloexec(int s) {
  return hook_plain_fcntl(s, F_DUPFD_CLOEXEC, TARGET);
}

static int copy_f_dupfd_64(int s) {
  return fcntl64(s, F_DUPFD, TARGET);
}

static int copy_f_dupfd_cloexec_64(int s) {
  return fcntl64(s, F_DUPFD_CLOEXEC, 0);
}

static int copy_raw_dup(int s) {
  return (int)syscall(SYS_dup, s);
}

static int copy_raw_dup3(int s) {
  return (int)syscall(SYS_dup3, s, TARGET, 0);
}

static int copy_raw_f_dupfd(int s) {
  return (int)syscall(SYS_fcntl, s, F_DUPFD, TARGET);
}

static int copy_raw_f_dupfd_cloexec(int s) {
  return (int)syscall(SYS_fcntl, s, F_DUPFD_CLOEXEC, 0);
}

#ifdef SYS_dup2
static int copy_raw_dup2(int s) {
  return (int)syscall(SYS_dup2, s, TARGET);
}
#endif

#define COPIES ", when it copies a descriptor, then all belongs to the socket"

static const struct row rows[] = {
    {"given dup" COPIES, copy_dup, NULL},
    {"given dup2" COPIES, copy_dup2, NULL},
    {"given dup3" COPIES, copy_dup3, NULL},
    {"given F_DUPFD" COPIES, copy_f_dupfd, NULL},
    {"given F_DUPFD_CLOEXEC" COPIES, copy_f_dupfd_cloexec, NULL},
    {"given fcntl64 F_DUPFD" COPIES, copy_f_dupfd_64, NULL},
    {"given fcntl64 F_DUPFD_CLOEXEC" COPIES, copy_f_dupfd_cloexec_64, NULL},
    {"given syscall(SYS_dup)" COPIES, copy_raw_dup, NULL},
#ifdef SYS_dup2
    {"given syscall(SYS_dup2)" COPIES, copy_raw_dup2, NULL},
#endif
    {"given syscall(SYS_dup3)" COPIES, copy_raw_dup3, NULL},
    {"given SYS_fcntl F_DUPFD" COPIES, copy_raw_f_dupfd, NULL},
    {"given SYS_fcntl F_DUPFD_CLOEXEC" COPIES, copy_raw_f_dupfd_cloexec, NULL},
    {"given recvmsg" COPIES, NULL, hook_by_recvmsg},
    {"given recvmsg, MSG_CMSG_CLOEXEC" COPIES, NULL, hook_by_recvmsg_cloexec},
    {"given recvmmsg" COPIES, NULL, hook_by_recvmmsg},
    {"given syscall(SYS_recvmsg)" COPIES, NULL, hook_by_raw_recvmsg},
    {"given syscall(SYS_recvmmsg)" COPIES, NULL, hook_by_raw_recvmmsg},
};

static int copy_by(const struct row* row, int s) {
  int ends[2];
  int copy;
  if (row->receive == NULL) {
    errno = HOOK_ERRNO;
    copy = row->copy(s);
    assert_int_equal(errno, HOOK_ERRNO);
  } else {
    hook_rights_send(s, ends);
    errno = HOOK_ERRNO;
    copy = row->receive(ends[1]);
    assert_int_equal(errno, HOOK_ERRNO);
    hook_rights_finish(ends);
  }
  assert_true(copy >= 0);
  assert_int_not_equal(copy, s);
  return copy;
}

static void check_bound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  const int copy = copy_by(row, s);
  hook_expect(&block, 1, 0);
  net_close(s);
  hook_expect(&block, 1, 0);
  assert_int_equal(hook_port(copy), block.range.start);
  net_close(copy);
  hook_finish(&block);
}

static void check_unbound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_member(&block);
  const int copy = copy_by(row, s);
  assert_int_equal(hook_bind(copy), 0);
  assert_int_equal(hook_port(s), block.range.start);
  assert_int_equal(portres_associate(s, block.token), PORTRES_EINVAL);
  net_close(copy);
  hook_expect(&block, 1, 0);
  net_close(s);
  hook_finish(&block);
}

static void check_owner(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int copy = copy_by(row, block.owner);
  const int second =
      copy_by(&(struct row){.name = "a chain", .copy = copy_dup}, copy);
  net_close(copy);
  assert_true(hook_is_alive(block.token));
  net_close(block.owner);
  assert_true(hook_is_alive(block.token));
  net_close(second);
  assert_false(hook_is_alive(block.token));
}

/* Copies made before the library had a reason to look at the socket. */
static void check_earlier_copy(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = net_socket(IPPROTO_UDP, NET_V4);
  const int copy = copy_by(row, s);
  assert_int_equal(portres_associate(s, block.token), PORTRES_OK);
  assert_int_equal(hook_bind(copy), 0);
  assert_int_equal(hook_port(s), block.range.start);
  net_close(s);
  hook_expect(&block, 1, 0);
  net_close(copy);
  hook_finish(&block);
}

static void check_earlier_copy_of_owner(const struct row* row) {
  const int s = net_socket(IPPROTO_UDP, NET_V4);
  const int copy = copy_by(row, s);
  struct portres_reservation granted;
  const struct portres_range want = {0, 1};
  assert_int_equal(portres_acquire(s, want, &granted), PORTRES_OK);
  net_close(s);
  assert_true(hook_is_alive(granted.token));
  net_close(copy);
  assert_false(hook_is_alive(granted.token));
}

static void check_row(const void* data) {
  check_bound(data);
  check_unbound(data);
  check_owner(data);
}

static void check_earlier(const void* data) {
  check_earlier_copy(data);
  check_earlier_copy_of_owner(data);
}

static const struct row earlier[] = {
    {"given a copy by dup, when its socket is associated later, then both are",
     copy_dup, NULL},
    {"given a copy by recvmsg, when its socket is associated later, then both "
     "are",
     NULL, hook_by_recvmsg},
};

/* No number is left: every way to a copy fails and changes nothing. */
static void check_no_number_left(void) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  const struct rlimit tight = {(rlim_t)s, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
  const int by_dup = dup(s);
  const int dup_error = errno;
  const int by_dup2 = dup2(s, TARGET);
  const int dup2_error = errno;
  const int by_fcntl = fcntl(s, F_DUPFD, TARGET);
  const int fcntl_error = errno;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(by_dup, -1);
  assert_int_equal(dup_error, EMFILE);
  assert_int_equal(by_dup2, -1);
  assert_int_equal(dup2_error, EBADF);
  assert_int_equal(by_fcntl, -1);
  assert_int_equal(fcntl_error, EINVAL);
  hook_expect(&block, 1, 0);
  net_close(s);
  hook_finish(&block);
}

/* --- A number that is given out again while its socket ends --- */

enum { LINGER_SECONDS = 30 };

static void fill_buffers(int s) {
  static const char data[65536];
  while (send(s, data, sizeof data, MSG_DONTWAIT) > 0) {
  }
}

static void* close_it(void* arg) {
  close(*(const int*)arg);
  return NULL;
}

/* A file under the number, which the close under way has given up. */
static int take_number(int number) {
  int fd = -1;
  while (fd != number) {
    if (fd >= 0) {
      close(fd);
      sched_yield();
    }
    fd = open("/dev/null", O_RDONLY);
  }
  return fd;
}

/* The close waits for what is unsent, until a reset from the other end. */
static void check_number_of_ending_socket(void) {
  const struct linger linger = {1, LINGER_SECONDS};
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int listener = net_socket(IPPROTO_TCP, NET_V4);
  pthread_t thread;
  assert_int_equal(net_bind(listener, "127.0.0.1", 0), 0);
  assert_int_equal(net_listen(listener), 0);
  int s = hook_bound_member(&block);
  assert_int_equal(net_connect(s, "127.0.0.1", net_port(listener)), 0);
  const int peer = net_accept(listener);
  assert_int_equal(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger),
                   0);
  fill_buffers(s);
  assert_int_equal(pthread_create(&thread, NULL, close_it, &s), 0);
  const int file = take_number(s);
  const int copy = dup(file);
  net_close(peer);
  assert_int_equal(pthread_join(thread, NULL), 0);
  hook_expect(&block, 0, 1);
  net_close(copy);
  net_close(file);
  net_close(listener);
  hook_finish(&block);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  TABLE_ADD(earlier, check_earlier);
  table_add_one(
      "given no descriptor number left, when copies fail, then nothing changes",
      check_no_number_left);
  table_add_one(
      "given a file with the number of a socket that is ending, when it is "
      "copied, then the port is free after the end",
      check_number_of_ending_socket);
  return table_run("hook_dup");
}
