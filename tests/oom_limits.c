/* The other resources that run out: descriptors, and address space for tables
 * that grow with the number of a descriptor. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hook_support.h"

static struct rlimit set_limit(int resource, rlim_t value) {
  struct rlimit old;
  assert_int_equal(getrlimit(resource, &old), 0);
  const struct rlimit tight = {value, old.rlim_max};
  assert_int_equal(setrlimit(resource, &tight), 0);
  return old;
}

static int no_reservation(const struct portres_info* info, void* arg) {
  (void)info, (void)arg;
  return 1;
}

/* --- Descriptors --- */

static void check_no_descriptor(void) {
  struct portres_reservation granted = {{0, 0}, 0};
  const struct portres_range want = {0, 4};
  const int s = net_socket(IPPROTO_TCP, NET_V4);
  const struct rlimit old = set_limit(RLIMIT_NOFILE, (rlim_t)s + 1);
  errno = HOOK_ERRNO;
  const int status = portres_acquire(s, want, &granted);
  const int error = errno;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(status, PORTRES_ENOBUFS);
  assert_int_equal(error, HOOK_ERRNO);
  assert_true(granted.token == 0);
  assert_int_equal(portres_list(no_reservation, NULL), PORTRES_OK);
  assert_int_equal(portres_acquire(s, want, &granted), PORTRES_OK);
  net_close(s);
}

static void check_bind_needs_none(void) {
  const struct hook_block block = hook_acquire(IPPROTO_TCP, 1);
  const int s = net_socket(IPPROTO_TCP, NET_V4);
  const int full = net_socket(IPPROTO_TCP, NET_V4);
  const struct rlimit old = set_limit(RLIMIT_NOFILE, (rlim_t)full + 1);
  const int status = portres_associate(s, block.token);
  const int error = hook_bind(s);
  const int full_status = portres_associate(full, block.token);
  const int full_error = hook_bind(full);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(status, PORTRES_OK);
  assert_int_equal(error, 0);
  assert_int_equal(full_status, PORTRES_OK);
  assert_int_equal(full_error, ENOBUFS);
  net_close(s);
  net_close(full);
  hook_finish(&block);
}

/* --- High numbers --- */

static int highest_number(void) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  return limit.rlim_cur > 1 << 20 ? (1 << 20) - 1 : (int)limit.rlim_cur - 1;
}

static void check_high_number(void) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  const int high = dup2(s, highest_number());
  assert_int_equal(high, highest_number());
  net_close(s);
  hook_expect(&block, 1, 0);
  net_close(high);
  hook_expect(&block, 0, 1);

  const int low = net_socket(IPPROTO_UDP, NET_V4);
  const int again = fcntl(low, F_DUPFD, high - 1);
  assert_int_equal(again, high - 1);
  net_close(low);
  assert_int_equal(portres_associate(again, block.token), PORTRES_OK);
  assert_int_equal(hook_bind(again), 0);
  assert_int_equal(net_port(again), block.range.start);
  net_close(again);
  hook_finish(&block);
}

/* --- Address space --- */

static rlim_t address_space(void) {
  unsigned long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%lu", &pages), 1);
  fclose(file);
  return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* A table may or may not have to grow for this number: both answers are good,
 * a crash or a half-made association is not. */
static void check_no_space_to_associate(void) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int low = net_socket(IPPROTO_UDP, NET_V4);
  const int high = dup2(low, highest_number() - 4000);
  assert_true(high >= 0);
  net_close(low);
  const struct rlimit old = set_limit(RLIMIT_AS, address_space());
  const int status = portres_associate(high, block.token);
  assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
  if (status != PORTRES_OK) {
    assert_int_equal(status, PORTRES_ENOBUFS);
    assert_int_equal(portres_associate(high, block.token), PORTRES_OK);
  }
  assert_int_equal(hook_bind(high), 0);
  assert_int_equal(net_port(high), block.range.start);
  net_close(high);
  hook_finish(&block);
}

/* A copy that could not be noted is not made: its socket would seem closed
 * while the copy lives on. What it was to replace stays. */
static void check_no_space_to_copy(void) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int s = hook_bound_member(&block);
  const int number = highest_number() - 9000;
  assert_int_equal(dup2(STDERR_FILENO, number), number);
  const struct rlimit old = set_limit(RLIMIT_AS, address_space());
  const int high = dup2(s, number);
  const int error = errno;
  assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
  assert_int_equal(high, -1);
  assert_int_equal(error, ENOMEM);
  assert_int_equal(fcntl(number, F_GETFD), 0);
  hook_expect(&block, 1, 0);
  assert_int_equal(dup2(s, number), number);
  net_close(s);
  hook_expect(&block, 1, 0);
  net_close(number);
  hook_finish(&block);
}

int main(void) {
  table_add_one(
      "given no descriptor left, when a socket acquires, then "
      "ENOBUFS and nothing is reserved",
      check_no_descriptor);
  table_add_one(
      "given no descriptor left, when sockets associate and bind, "
      "then they need none",
      check_bind_needs_none);
  table_add_one(
      "given the highest descriptor number, when it is a copy or "
      "associated, then it is like any other",
      check_high_number);
  table_add_one(
      "given no address space, when a high number is associated, "
      "then it works or says ENOBUFS",
      check_no_space_to_associate);
  table_add_one(
      "given no address space, when a socket is copied to a high "
      "number, then ENOMEM and nothing has changed",
      check_no_space_to_copy);
  return table_run("oom_limits");
}
