/* Wrong pointers, lengths and descriptors: what the caller gets is what libc
 * gives, on a plain socket and on one of a block alike, and no port is lost.
 *
 * Each call is made twice: through the hooks, and past them by the kernel's
 * door; both must answer the same. Memory that is not there at all is left out:
 * a hook has to read the port, and POSIX promises nothing for it. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hook_support.h"

/* 0 or errno. */
static int outcome(long result) {
  return result >= 0 ? 0 : errno;
}

static int hidden(long number, long a, long b, long c, long d, long e, long f) {
  const long result = hook_hidden(number, a, b, c, d, e, f);
  return result >= 0 ? 0 : (int)-result;
}

/* The last bytes before memory that is not there: who reads past the length
 * given dies. */
static char* end_of_page(size_t room) {
  static char* page;
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  if (page == NULL) {
    page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    assert_int_equal(mprotect(page + size, size, PROT_NONE), 0);
  }
  return page + size - room;
}

static const void* address_of(socklen_t room) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  memset(end_of_page(room), 0, room);
  memcpy(end_of_page(room), &to, room < sizeof to ? room : sizeof to);
  return end_of_page(room);
}

struct row {
  const char* name;
  const void* (*address)(socklen_t room);
  socklen_t room;
  socklen_t len;
};

static const void* null_address(socklen_t room) {
  (void)room;
  return NULL;
}

#define AS_LIBC ", when calls get it, then they answer as libc does"

static const struct row rows[] = {
    {"given NULL of length 16" AS_LIBC, null_address, 0, 16},
    {"given NULL of length 0" AS_LIBC, null_address, 0, 0},
    {"given length 0" AS_LIBC, address_of, 16, 0},
    {"given length 1" AS_LIBC, address_of, 1, 1},
    {"given length 2" AS_LIBC, address_of, 2, 2},
    {"given length 3" AS_LIBC, address_of, 3, 3},
    {"given length 8" AS_LIBC, address_of, 8, 8},
    {"given length 15" AS_LIBC, address_of, 15, 15},
    {"given a length past all addresses" AS_LIBC, address_of, 16, 4096},
    {"given a negative length" AS_LIBC, address_of, 16, (socklen_t)-1},
};

static void check_calls(const struct row* row, int hooked, int plain) {
  const void* to = row->address(row->room);
  const long at = (long)to;
  const socklen_t len = row->len;
  assert_int_equal(outcome(bind(hooked, to, len)),
                   hidden(SYS_bind, plain, at, len, 0, 0, 0));
  assert_int_equal(outcome(connect(hooked, to, len)),
                   hidden(SYS_connect, plain, at, len, 0, 0, 0));
  assert_int_equal(outcome(sendto(hooked, "x", 1, 0, to, len)),
                   hidden(SYS_sendto, plain, (long)"x", 1, 0, at, len));
  struct iovec data = {"x", 1};
  struct msghdr message = {.msg_name = (void*)to,
                           .msg_namelen = len,
                           .msg_iov = &data,
                           .msg_iovlen = 1};
  assert_int_equal(outcome(sendmsg(hooked, &message, 0)),
                   hidden(SYS_sendmsg, plain, (long)&message, 0, 0, 0, 0));
}

static void check_row(const void* data) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int member = hook_member(&block);
  const int bound = hook_bound_member(&block);
  const int stranger = net_socket(IPPROTO_UDP, NET_V4);
  const int plain = net_socket(IPPROTO_UDP, NET_V4);
  net_close(bound);
  check_calls(data, stranger, plain);
  check_calls(data, member, plain);
  net_close(plain);
  net_close(stranger);
  net_close(member);
  hook_finish(&block);
}

/* Messages whose pieces are wrong. */
static void check_messages_on(int s, int plain) {
  struct iovec nowhere = {end_of_page(0), 1};
  struct msghdr broken = {.msg_iov = &nowhere, .msg_iovlen = 1};
  struct msghdr no_vector = {.msg_iovlen = 1};
  struct mmsghdr many = {.msg_hdr = broken};
  const struct msghdr* const messages[] = {NULL, &broken, &no_vector};
  for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
    const long at = (long)messages[i];
    assert_int_equal(outcome(sendmsg(s, messages[i], 0)),
                     hidden(SYS_sendmsg, plain, at, 0, 0, 0, 0));
    assert_int_equal(
        outcome(recvmsg(s, (struct msghdr*)messages[i], MSG_DONTWAIT)),
        hidden(SYS_recvmsg, plain, at, MSG_DONTWAIT, 0, 0, 0));
  }
  assert_int_equal(outcome(sendmmsg(s, NULL, 1, 0)),
                   hidden(SYS_sendmmsg, plain, 0, 1, 0, 0, 0));
  assert_int_equal(outcome(sendmmsg(s, NULL, 0, 0)),
                   hidden(SYS_sendmmsg, plain, 0, 0, 0, 0, 0));
  assert_int_equal(outcome(sendmmsg(s, &many, 1, 0)),
                   hidden(SYS_sendmmsg, plain, (long)&many, 1, 0, 0, 0));
  assert_int_equal(outcome(recvmmsg(s, NULL, 1, MSG_DONTWAIT, NULL)),
                   hidden(SYS_recvmmsg, plain, 0, 1, MSG_DONTWAIT, 0, 0));
}

static void check_messages(void) {
  hook_need_hidden();
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const int member = hook_member(&block);
  const int stranger = net_socket(IPPROTO_UDP, NET_V4);
  const int plain = net_socket(IPPROTO_UDP, NET_V4);
  check_messages_on(stranger, plain);
  check_messages_on(member, plain);
  net_close(plain);
  net_close(stranger);
  net_close(member);
  hook_finish(&block);
}

/* Calls that create or name, with nowhere to write to. */
static void check_results(void) {
  struct net_address name = {.len = sizeof name.as};
  const int listener = net_socket(IPPROTO_TCP, NET_V4);
  assert_int_equal(net_listen(listener), 0);
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, NULL), -1);
  assert_int_equal(errno, EFAULT);
  assert_int_equal(socketpair(AF_UNIX, -1, 0, NULL), -1);
  assert_int_equal(errno, EINVAL);
  const int client = net_connect_to(listener);
  assert_int_equal(accept(listener, &name.as.any, NULL), -1);
  assert_int_equal(errno, EFAULT);
  net_close(client);
  net_close(listener);
}

/* Descriptors that are none, or no socket, or far away. */
static void check_descriptors(void) {
  hook_need_hidden();
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  struct net_address to = net_loopback(NET_V4, 0);
  const long at = (long)&to.as;
  const int bad[] = {-1, -2, ends[0], 1 << 22, 0x7fffffff, -0x7fffffff};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const int s = bad[i];
    assert_int_equal(outcome(bind(s, &to.as.any, to.len)),
                     hidden(SYS_bind, s, at, to.len, 0, 0, 0));
    assert_int_equal(outcome(connect(s, &to.as.any, to.len)),
                     hidden(SYS_connect, s, at, to.len, 0, 0, 0));
    assert_int_equal(outcome(listen(s, 1)),
                     hidden(SYS_listen, s, 1, 0, 0, 0, 0));
    assert_int_equal(outcome(sendto(s, "x", 1, 0, &to.as.any, to.len)),
                     hidden(SYS_sendto, s, (long)"x", 1, 0, at, to.len));
    assert_int_equal(outcome(accept4(s, NULL, NULL, 0)),
                     hidden(SYS_accept4, s, 0, 0, 0, 0, 0));
    if (s != ends[0]) {
      assert_int_equal(dup(s), -1);
      assert_int_equal(errno, EBADF);
      assert_int_equal(dup2(s, ends[0]), -1);
      assert_int_equal(errno, EBADF);
      assert_int_equal(dup2(ends[0], s), -1);
      assert_int_equal(errno, EBADF);
      assert_int_equal(fcntl(s, F_DUPFD, 0), -1);
      assert_int_equal(errno, EBADF);
    }
  }
  net_close(ends[0]);
  net_close(ends[1]);
}

int main(void) {
  TABLE_ADD(rows, check_row);
  table_add_one("given wrong messages, then they are answered as by libc",
                check_messages);
  table_add_one("given nowhere to write results, then EFAULT as by libc",
                check_results);
  table_add_one("given wrong descriptors, then they are answered as by libc",
                check_descriptors);
  return table_run("hook_pointers");
}
