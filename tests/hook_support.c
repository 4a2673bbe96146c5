#include "hook_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct hook_block hook_acquire(int protocol, uint16_t count) {
  struct hook_block out = {.protocol = protocol};
  struct portres_reservation granted;
  const struct portres_range want = {0, count};
  out.owner = net_socket(protocol, NET_V4);
  assert_int_equal(portres_acquire(out.owner, want, &granted), PORTRES_OK);
  out.range = granted.range;
  out.token = granted.token;
  return out;
}

void hook_finish(const struct hook_block* block) {
  hook_expect(block, 0, block->range.count);
  net_close(block->owner);
  assert_false(hook_is_alive(block->token));
}

int hook_member(const struct hook_block* block) {
  const int s = net_socket(block->protocol, NET_V4);
  assert_int_equal(portres_associate(s, block->token), PORTRES_OK);
  return s;
}

int hook_bound_member(const struct hook_block* block) {
  const int s = hook_member(block);
  assert_int_equal(hook_bind(s), 0);
  assert_true(hook_is_inside(block, hook_port(s)));
  return s;
}

int hook_bind(int s) {
  return hook_bind_at(s, 0);
}

double hook_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double hook_end_of_race(double seconds) {
  const char* pace = getenv("PORTRES_TEST_PACE");
  return hook_seconds() + seconds * (pace != NULL ? strtod(pace, NULL) : 1);
}

int hook_bind_soon(int s) {
  const double end = hook_seconds() + 1;
  int error = hook_bind(s);
  while (error == ENOBUFS && hook_seconds() < end) {
    error = hook_bind(s);
  }
  return error;
}

int hook_bind_at(int s, uint16_t port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(s, (struct sockaddr*)&to, sizeof to) == 0 ? 0 : errno;
}

int hook_port(int s) {
  struct net_address name = {.len = sizeof name.as};
  if (getsockname(s, &name.as.any, &name.len) != 0) {
    return -1;
  }
  return ntohs(name.as.v4.sin_port);
}

bool hook_is_inside(const struct hook_block* block, int port) {
  return port >= block->range.start &&
         port < block->range.start + block->range.count;
}

void hook_expect(const struct hook_block* block, unsigned used, unsigned free) {
  struct portres_info info = {.size = sizeof info};
  assert_int_equal(portres_describe(block->token, &info), PORTRES_OK);
  assert_int_equal(info.used, used);
  assert_int_equal(info.free, free);
  assert_int_equal(info.cooling, block->range.count - used - free);
}

bool hook_is_alive(portres_token token) {
  struct portres_info info = {.size = sizeof info};
  return portres_describe(token, &info) == PORTRES_OK;
}

int hook_used(const struct hook_block* block) {
  struct portres_info info = {.size = sizeof info};
  const int status = portres_describe(block->token, &info);
  return status == PORTRES_OK ? (int)info.used : status;
}

int hook_status_of(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return 512;
    }
  }
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int hook_in_child(int (*body)(void* arg), void* arg) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(body(arg));
  }
  assert_true(pid > 0);
  return hook_status_of(pid);
}

#if defined(__x86_64__)

void hook_need_hidden(void) {
}

long hook_hidden(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                     "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

void hook_need_hidden(void) {
}

long hook_hidden(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

#elif defined(__s390x__)

void hook_need_hidden(void) {
}

long hook_hidden(long number, long a, long b, long c, long d, long e, long f) {
  register long r1 __asm__("r1") = number;
  register long r2 __asm__("r2") = a;
  register long r3 __asm__("r3") = b;
  register long r4 __asm__("r4") = c;
  register long r5 __asm__("r5") = d;
  register long r6 __asm__("r6") = e;
  register long r7 __asm__("r7") = f;
  __asm__ volatile("svc 0"
                   : "+d"(r2)
                   : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
                   : "memory");
  return r2;
}

#elif defined(__i386__)

void hook_need_hidden(void) {
}

/* The sixth argument goes in the frame pointer, which the compiler keeps. */
long hook_hidden(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  __asm__ volatile(
      "pushl %7\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\t"
      "int $0x80\n\tpopl %%ebp\n\taddl $4, %%esp"
      : "=a"(result)
      : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "g"(f)
      : "memory");
  return result;
}

#else

void hook_need_hidden(void) {
  table_skip("no system call instruction is written here for this processor");
}

long hook_hidden(long number, long a, long b, long c, long d, long e, long f) {
  (void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
  return -ENOSYS;
}

#endif

void hook_hidden_close(int s) {
  assert_int_equal(hook_hidden(SYS_close, s, 0, 0, 0, 0, 0), 0);
}
