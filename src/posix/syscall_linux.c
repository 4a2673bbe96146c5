/* syscall_linux.c - syscall() for the numbers that concern descriptors of
 * sockets; all others pass with their six arguments untouched.
 *
 * A program that calls by number may do so to avoid a cancellation point
 * (libuv's close does), so those calls stay raw between our two looks.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "bind_posix.h"
#include "descriptor_posix.h"
#include "implicit_posix.h"
#include "real_posix.h"
#include "rights_posix.h"
#include "syscall_posix.h"

static long pass(long number, const long a[]) {
  return portres__real()->syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static const void* pointer(long argument) {
  return (const void*)(uintptr_t)argument;
}

static long pass_closing(long number, const long a[]) {
  struct portres__closing closing;
  long result;

  if (portres__descriptor_is_spared((int)a[0])) {
    return -1;
  }
  closing = portres__descriptor_before_close((int)a[0]);
  result = pass(number, a);
  portres__descriptor_after_close((int)a[0], closing);
  return result;
}

static long pass_making(long number, const long a[]) {
  return portres__descriptor_is_made((int)pass(number, a));
}

#ifdef SYS_recvmmsg_time64
/* libc's own may have another struct timespec. */
static long pass_receiving(long number, const long a[]) {
  const struct mmsghdr* messages = pointer(a[1]);
  long result = pass(number, a);

  for (long i = 0; i < result; i++) {
    portres__rights_received(&messages[i].msg_hdr);
  }
  return result;
}
#endif

static long pass_binding(long number, const long a[], int before) {
  return before != 0 ? -1 : pass(number, a);
}

/* 0: not one of these; 1: done, with the result. */
static int duplicate(long number, const long a[], long* result_out) {
  switch (number) {
    case SYS_dup:
      *result_out = portres__hook_dup((int)a[0]);
      return 1;
#ifdef SYS_dup2 /* not on newer architectures */
    case SYS_dup2:
      *result_out = portres__hook_dup2((int)a[0], (int)a[1]);
      return 1;
#endif
    case SYS_dup3:
      *result_out = portres__hook_dup3((int)a[0], (int)a[1], (int)a[2]);
      return 1;
#ifdef SYS_fcntl64 /* with 32 bits */
    case SYS_fcntl64:
#endif
    case SYS_fcntl:
      if (a[1] != F_DUPFD && a[1] != F_DUPFD_CLOEXEC) {
        return 0;
      }
      *result_out = portres__hook_fcntl(portres__real()->fcntl, (int)a[0],
                                        (int)a[1], (void*)(uintptr_t)a[2]);
      return 1;
    default:
      return 0;
  }
}

static int bind_or_send(long number, const long a[], long* result_out) {
  int before;

  switch (number) {
    case SYS_bind:
      *result_out =
          portres__hook_bind((int)a[0], pointer(a[1]), (socklen_t)a[2]);
      return 1;
    case SYS_connect:
      before =
          portres__before_connect((int)a[0], pointer(a[1]), (socklen_t)a[2]);
      break;
    case SYS_listen:
      *result_out = portres__hook_listen((int)a[0], (int)a[1]);
      return 1;
    case SYS_sendmsg:
      *result_out = portres__hook_sendmsg((int)a[0], pointer(a[1]), (int)a[2]);
      return 1;
    case SYS_sendmmsg:
      *result_out = portres__hook_sendmmsg((int)a[0], (void*)(uintptr_t)a[1],
                                           (unsigned)a[2], (int)a[3]);
      return 1;
    case SYS_sendto:
      before = portres__before_send((int)a[0], (int)a[3], a[4] != 0);
      break;
    default:
      return 0;
  }
  *result_out = pass_binding(number, a, before);
  return 1;
}

static long make_or_close(long number, const long a[]) {
  switch (number) {
    case SYS_close:
      return pass_closing(number, a);
    case SYS_close_range:
      return portres__hook_close_range((unsigned)a[0], (unsigned)a[1],
                                       (int)a[2]);
    case SYS_socket:
#ifdef SYS_accept /* one of socketcall's where that came first */
    case SYS_accept:
#endif
    case SYS_accept4:
      return pass_making(number, a);
    case SYS_socketpair:
      return portres__hook_socketpair((int)a[0], (int)a[1], (int)a[2],
                                      (int*)(uintptr_t)a[3]);
    case SYS_recvmsg:
      return portres__hook_recvmsg((int)a[0], (void*)(uintptr_t)a[1],
                                   (int)a[2]);
#ifdef SYS_recvmmsg_time64 /* with 32 bits */
    case SYS_recvmmsg_time64:
      return pass_receiving(number, a);
#endif
    case SYS_recvmmsg:
      return portres__hook_recvmmsg((int)a[0], (void*)(uintptr_t)a[1],
                                    (unsigned)a[2], (int)a[3],
                                    (void*)(uintptr_t)a[4]);
    default:
      return pass(number, a);
  }
}

long portres__hook_syscall(long number,
                           const long arguments[PORTRES__SYSCALL_ARGUMENTS]) {
  long result;

  if (duplicate(number, arguments, &result) ||
      bind_or_send(number, arguments, &result)) {
    return result;
  }
  return make_or_close(number, arguments);
}
