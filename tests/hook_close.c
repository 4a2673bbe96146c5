/* Every way a descriptor ends: the port of a bound socket comes back, and the
 * reservation of an acquiring socket is over. A way that bypassed us would
 * leave the port used, or the token alive, forever. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_support.h"

struct row {
  const char* name;
  void (*end)(int s);
  bool is_kept; /* the descriptor survives it */
};

/* Above all that a test has open, so that closefrom() may begin here. */
enum { HIGH = 300 };

/* What took the place of a socket under its number; it stays open until the
 * row has looked, or its close would hide what went unseen before. */
static struct {
  int fd;
  FILE* stream;
} heir = {-1, NULL};

static void end_heir(void) {
  if (heir.stream != NULL) {
    assert_int_equal(fclose(heir.stream), 0);
  }
  if (heir.fd >= 0) {
    net_close(heir.fd);
  }
  heir.stream = NULL;
  heir.fd = -1;
}

static int null_device(void) {
  const int fd = open("/dev/null", O_RDWR);
  assert_true(fd >= 0);
  return fd;
}

static void end_close(int s) {
  assert_int_equal(close(s), 0);
}

static void end_close_range(int s) {
  assert_int_equal(close_range((unsigned)s, (unsigned)s, 0), 0);
}

static void end_close_range_open_ended(int s) {
  assert_int_equal(close_range((unsigned)s, ~0u, 0), 0);
}

static void end_closefrom(int s) {
  closefrom(s);
}

static void end_fclose(int s) {
  FILE* stream = fdopen(s, "r+");
  assert_non_null(stream);
  errno = HOOK_ERRNO;
  assert_int_equal(fclose(stream), 0);
}

static void end_freopen(int s) {
  heir.stream = fdopen(s, "r+");
  assert_non_null(heir.stream);
  assert_non_null(hook_plain_freopen("/dev/null", "r", heir.stream));
  errno = HOOK_ERRNO;
}

static void end_freopen64(int s) {
  heir.stream = fdopen(s, "r+");
  assert_non_null(heir.stream);
  assert_non_null(freopen64("/dev/null", "r", heir.stream));
  errno = HOOK_ERRNO;
}

/* A freopen() that fails has closed the stream all the same. What libc keeps of
 * it then it keeps forever; so do we, where a leak checker finds it. */
static void end_freopen_failing(int s) {
  static FILE* failed[3];
  static int count;
  FILE* stream = fdopen(s, "r+");
  assert_non_null(stream);
  assert_null(freopen("/nowhere/at/all", "r", stream));
  failed[count++] = stream;
  assert_ptr_equal(failed[count - 1], stream);
  errno = HOOK_ERRNO;
}

static void end_raw_close(int s) {
  assert_int_equal(syscall(SYS_close, s), 0);
}

static void end_raw_close_range(int s) {
  assert_int_equal(syscall(SYS_close_range, s, s, 0), 0);
}

static void end_dup2(int s) {
  const int other = null_device();
  errno = HOOK_ERRNO;
  assert_int_equal(dup2(other, s), s);
  net_close(other);
  heir.fd = s;
}

static void end_dup3(int s) {
  const int other = null_device();
  errno = HOOK_ERRNO;
  assert_int_equal(dup3(other, s, O_CLOEXEC), s);
  net_close(other);
  heir.fd = s;
}

static void end_dup2_by_socket(int s) {
  const int other = net_socket(IPPROTO_TCP, NET_V4);
  errno = HOOK_ERRNO;
  assert_int_equal(dup2(other, s), s);
  assert_int_equal(hook_bind(s), 0);
  net_close(other);
  heir.fd = s;
}

#ifdef SYS_dup2
static void end_raw_dup2(int s) {
  const int other = null_device();
  assert_int_equal(syscall(SYS_dup2, other, s), s);
  net_close(other);
  heir.fd = s;
}
#endif

static void end_raw_dup3(int s) {
  const int other = null_device();
  assert_int_equal(syscall(SYS_dup3, other, s, 0), s);
  net_close(other);
  heir.fd = s;
}

static void keep_close_range_cloexec(int s) {
  assert_int_equal(close_range((unsigned)s, ~0u, CLOSE_RANGE_CLOEXEC), 0);
}

static void keep_close_range_backwards(int s) {
  assert_int_equal(close_range((unsigned)s + 1, (unsigned)s - 1, 0), -1);
  assert_int_equal(errno, EINVAL);
  errno = HOOK_ERRNO;
}

static void keep_close_range_bad_flag(int s) {
  assert_int_equal(close_range((unsigned)s, (unsigned)s, 1 << 20), -1);
  assert_int_equal(errno, EINVAL);
  errno = HOOK_ERRNO;
}

static void keep_close_range_beside(int s) {
  assert_int_equal(close_range((unsigned)s + 1, ~0u, 0), 0);
}

static void keep_close_bad(int s) {
  static const int bad[] = {-1, HIGH + 1, 1 << 20, 0x7fffffff};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_not_equal(bad[i], s);
    assert_int_equal(close(bad[i]), -1);
    assert_int_equal(errno, EBADF);
  }
  errno = HOOK_ERRNO;
}

static void keep_dup2_from_closed(int s) {
  assert_int_equal(dup2(s + 1, s), -1);
  assert_int_equal(errno, EBADF);
  errno = HOOK_ERRNO;
}

static void keep_dup2_itself(int s) {
  assert_int_equal(dup2(s, s), s);
}

static void keep_dup3_itself(int s) {
  assert_int_equal(dup3(s, s, 0), -1);
  assert_int_equal(errno, EINVAL);
  errno = HOOK_ERRNO;
}

/* A wrong flag would do as well, but musl lets it pass. */
static void keep_dup3_of_none(int s) {
  assert_int_equal(dup3(-1, s, O_CLOEXEC), -1);
  assert_int_equal(errno, EBADF);
  errno = HOOK_ERRNO;
}

static void keep_shutdown(int s) {
  shutdown(s, SHUT_RDWR);
  errno = HOOK_ERRNO;
}

static void keep_close_range_both_flags(int s) {
  const int flags = CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE;
  assert_int_equal(close_range((unsigned)s, ~0u, (int)flags), 0);
}

static void keep_fclose_beside(int s) {
  FILE* stream = tmpfile();
  FILE* memory = fmemopen(NULL, 8, "w");
  assert_true(stream != NULL && memory != NULL && fileno(stream) != s);
  errno = HOOK_ERRNO;
  assert_int_equal(fclose(stream), 0);
  assert_int_equal(fclose(memory), 0);
#ifdef __SANITIZE_THREAD__
  errno =
      HOOK_ERRNO; /* its own fclose() asks a stream in memory for a number */
#endif
}

#define GOES ", when it ends a socket, then all it held comes back"
#define STAYS ", when it meets a socket, then the socket keeps all it held"

static const struct row rows[] = {
    {"given close" GOES, end_close, false},
    {"given close_range" GOES, end_close_range, false},
    {"given an open-ended close_range" GOES, end_close_range_open_ended, false},
    {"given closefrom" GOES, end_closefrom, false},
    {"given fclose" GOES, end_fclose, false},
    {"given freopen" GOES, end_freopen, false},
    {"given freopen64" GOES, end_freopen64, false},
    {"given a failing freopen" GOES, end_freopen_failing, false},
    {"given syscall(SYS_close)" GOES, end_raw_close, false},
    {"given syscall(SYS_close_range)" GOES, end_raw_close_range, false},
    {"given dup2 of a file" GOES, end_dup2, false},
    {"given dup3 of a file" GOES, end_dup3, false},
    {"given dup2 of a stranger's socket" GOES, end_dup2_by_socket, false},
#ifdef SYS_dup2
    {"given syscall(SYS_dup2)" GOES, end_raw_dup2, false},
#endif
    {"given syscall(SYS_dup3)" GOES, end_raw_dup3, false},
    {"given CLOSE_RANGE_CLOEXEC" STAYS, keep_close_range_cloexec, true},
    {"given both flags of close_range" STAYS, keep_close_range_both_flags,
     true},
    {"given fclose of other streams" STAYS, keep_fclose_beside, true},
    {"given a backwards close_range" STAYS, keep_close_range_backwards, true},
    {"given close_range, unknown flag" STAYS, keep_close_range_bad_flag, true},
    {"given close_range beside it" STAYS, keep_close_range_beside, true},
    {"given close of what is not open" STAYS, keep_close_bad, true},
    {"given dup2 from a closed one" STAYS, keep_dup2_from_closed, true},
    {"given dup2 to itself" STAYS, keep_dup2_itself, true},
    {"given dup3 to itself" STAYS, keep_dup3_itself, true},
    {"given dup3 of no descriptor" STAYS, keep_dup3_of_none, true},
    {"given shutdown" STAYS, keep_shutdown, true},
};

static int move_high(int s) {
  const int high = fcntl(s, F_DUPFD, HIGH);
  assert_int_equal(high, HIGH);
  net_close(s);
  return high;
}

static void check_bound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = move_high(hook_bound_member(&block));
  hook_expect(&block, 1, 0);
  errno = HOOK_ERRNO;
  row->end(s);
  assert_int_equal(errno, HOOK_ERRNO);
  if (row->is_kept) {
    hook_expect(&block, 1, 0);
    assert_int_equal(hook_port(s), block.range.start);
    net_close(s);
  }
  hook_expect(&block, 0, 1);
  net_close(hook_bound_member(&block));
  end_heir();
  hook_finish(&block);
}

static void check_unbound(const struct row* row) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = move_high(hook_member(&block));
  row->end(s);
  const int again = row->is_kept ? s : net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(hook_bind(again), 0);
  assert_int_equal(hook_is_inside(&block, hook_port(again)), row->is_kept);
  net_close(again);
  end_heir();
  hook_finish(&block);
}

static void check_owner(const struct row* row) {
  struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int owner = move_high(block.owner);
  assert_true(hook_is_alive(block.token));
  row->end(owner);
  assert_int_equal(hook_is_alive(block.token), row->is_kept);
  end_heir();
  if (row->is_kept) {
    net_close(owner);
    assert_false(hook_is_alive(block.token));
  }
}

static void check_row(const void* data) {
  check_bound(data);
  check_unbound(data);
  check_owner(data);
}

/* With CLOSE_RANGE_UNSHARE only the calling thread's own new table loses the
 * sockets; another thread may have them still. So it counts as a close that
 * nobody saw: the port comes back when the block looks full. */
static void check_unshare(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = move_high(hook_bound_member(&block));
  errno = HOOK_ERRNO;
  assert_int_equal(close_range(HIGH, ~0u, CLOSE_RANGE_UNSHARE), 0);
  assert_int_equal(errno, HOOK_ERRNO);
  assert_int_equal(hook_port(s), -1);
  const int next = hook_member(&block);
  assert_int_equal(hook_bind_soon(next), 0);
  net_close(next);
  hook_finish(&block);
}

static void* unshare_and_close(void* arg) {
  (void)arg;
  return close_range(HIGH, ~0u, CLOSE_RANGE_UNSHARE) == 0 ? arg : NULL;
}

static void check_unshare_in_thread(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  int s = move_high(hook_bound_member(&block));
  pthread_t thread;
  void* result = NULL;
  assert_int_equal(pthread_create(&thread, NULL, unshare_and_close, &s), 0);
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_ptr_equal(result, &s);
  assert_int_equal(hook_port(s), block.range.start);
  hook_expect(&block, 1, 0);
  net_close(s);
  hook_finish(&block);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  table_add_one(
      "given CLOSE_RANGE_UNSHARE, when the block looks full, then "
      "the port comes back",
      check_unshare);
  table_add_one(
      "given CLOSE_RANGE_UNSHARE in another thread, then a socket "
      "of this one keeps its port",
      check_unshare_in_thread);
  return table_run("hook_close");
}
