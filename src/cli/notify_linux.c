/* notify_linux.c - seccomp's user notification.
 *
 * The filter has the kernel hold a thread at bind() and listen(), and, if
 * outgoing sockets are to count, at the calls that bind implicitly. The
 * supervisor fetches the socket out of the process, and the address out of its
 * memory, once, so that nobody changes it after it was looked at; binds the
 * socket if it counts as associated, by the rules of unchanged programs; and
 * has every other call go on as if nothing had been.
 *
 * A process that has preloaded the library asks the supervisor before it comes
 * here; its binds that concern no block pass twice.
 *
 * Read notifier_serve first.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "address_posix.h"
#include "block.h"
#include "notify.h"
#include "platform.h"

/* Since Linux 5.19, and not in every header. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#define THIS_ARCHITECTURE 0 /* no call is told of: install fails */
#endif

/* --- The filter --- */

static const int calls[] = {SYS_bind,   SYS_listen,  SYS_connect,
                            SYS_sendto, SYS_sendmsg, SYS_sendmmsg};
enum {
  CALLS = sizeof calls / sizeof calls[0],
  CALLS_THAT_ALWAYS_COUNT = 2,
  FILTER_MAX = CALLS + 6
};

/* If the call is none of these: allow. Each comparison jumps to the last
 * statement, which tells. */
static unsigned short write_filter(struct sock_filter* out, unsigned count) {
  unsigned short at = 0;

  out[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                           offsetof(struct seccomp_data, arch));
  out[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                           THIS_ARCHITECTURE, 1, 0);
  out[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  out[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                           offsetof(struct seccomp_data, nr));
  for (unsigned i = 0; i < count; i++) {
    out[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             (unsigned)calls[i],
                                             (unsigned char)(count - i), 0);
  }
  out[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  out[at++] =
      (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  return at;
}

static int set_filter(const struct sock_fprog* program, unsigned long flags) {
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, program);
}

/* A signal must not interrupt a call that is being served: the kernel would
 * make it again, though the socket is bound by then. Go's runtime sends itself
 * many; before 5.19 that cannot be had. */
int notify_install(bool is_outgoing) {
  struct sock_filter filter[FILTER_MAX];
  struct sock_fprog program = {.filter = filter};
  int fd;

  if (THIS_ARCHITECTURE == 0) {
    errno = ENOSYS;
    return -1;
  }
  program.len =
      write_filter(filter, is_outgoing ? CALLS : CALLS_THAT_ALWAYS_COUNT);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return -1;
  }
  fd = set_filter(&program, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  return fd < 0 && errno == EINVAL ? set_filter(&program, 0) : fd;
}

/* --- The supervisor's end --- */

int notifier_open(struct notifier* out, int fd) {
  struct seccomp_notif_sizes sizes;

  out->fd = -1;
  if (fd < 0) {
    return 0;
  }
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) {
    return errno;
  }
  /* The kernel's structures may be larger than those we know, never ours. */
  out->request_size = sizes.seccomp_notif > sizeof(struct seccomp_notif)
                          ? sizes.seccomp_notif
                          : (unsigned)sizeof(struct seccomp_notif);
  out->answer_size =
      sizes.seccomp_notif_resp > sizeof(struct seccomp_notif_resp)
          ? sizes.seccomp_notif_resp
          : (unsigned)sizeof(struct seccomp_notif_resp);
  out->request = malloc(out->request_size);
  out->answer = malloc(out->answer_size);
  if (out->request == NULL || out->answer == NULL) {
    return ENOMEM;
  }
  out->fd = fd;
  return 0;
}

void notifier_close(struct notifier* notifier) {
  if (notifier->fd >= 0) {
    close(notifier->fd);
  }
  free(notifier->request);
  free(notifier->answer);
  *notifier = (struct notifier){.fd = -1};
}

/* --- A call --- */

/* The leader of a thread: its descriptors are most often the same. */
static pid_t leader_of(pid_t thread) {
  char path[64];
  char line[256];
  int leader = 0;
  FILE* status;

  snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
  status = fopen(path, "re");
  if (status == NULL) {
    return 0;
  }
  while (leader == 0 && fgets(line, sizeof line, status) != NULL) {
    sscanf(line, "Tgid: %d", &leader);
  }
  fclose(status);
  return leader;
}

static int open_process(pid_t thread) {
  int pidfd = (int)syscall(SYS_pidfd_open, thread, 0);

  return pidfd >= 0 ? pidfd
                    : (int)syscall(SYS_pidfd_open, leader_of(thread), 0);
}

static int fetch_socket(const struct seccomp_notif* request) {
  int pidfd = open_process((pid_t)request->pid);
  int fd = -1;

  if (pidfd >= 0) {
    fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)request->data.args[0], 0);
    close(pidfd);
  }
  return fd;
}

/* Returns: the length that counts; 0: it is no address of the internet. */
static socklen_t fetch_address(const struct seccomp_notif* request,
                               union portres__address* out) {
  struct sockaddr_storage raw;
  size_t raw_len = (size_t)request->data.args[2];
  struct iovec here = {&raw, raw_len};
  struct iovec there = {(void*)(uintptr_t)request->data.args[1], raw_len};
  socklen_t len;

  if (raw_len > sizeof raw ||
      process_vm_readv((pid_t)request->pid, &here, 1, &there, 1, 0) !=
          (ssize_t)raw_len) {
    return 0;
  }
  len = portres__address_length((struct sockaddr*)&raw, (socklen_t)raw_len);
  memset(out, 0, sizeof *out);
  memcpy(out, &raw, len);
  return len;
}

/* The kernel's request is an unsigned int, glibc's a long, musl's an int. */
static int control(int fd, unsigned request, void* argument) {
  return ioctl(fd, (int)request, argument);
}

static bool is_still_there(const struct notifier* notifier,
                           const struct seccomp_notif* request) {
  uint64_t id = request->id;
  return control(notifier->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

enum verdict { PASS = -1 }; /* else an errno value, or 0: it is done */

static int serve_bind(const struct seccomp_notif* request,
                      const struct portres__socket_facts* facts,
                      int fd,
                      struct tree* tree) {
  struct tree_block* block = tree_find(tree, facts->protocol);
  union portres__address address;
  socklen_t address_len = fetch_address(request, &address);
  uint16_t port = portres__address_port(&address.any);

  if (address_len == 0 || facts->is_bound || block == NULL ||
      (port != 0 && !portres__block_contains(block->range, port))) {
    return PASS;
  }
  return tree_bind(tree, fd, &address.any, address_len);
}

/* The call goes on, with a socket that has a port. */
static int bind_before(const struct portres__socket_facts* facts,
                       int fd,
                       struct tree* tree) {
  union portres__address address;
  int error;

  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)facts->family;
  error = tree_bind(tree, fd, &address.any, sizeof address);
  return error == 0 ? PASS : error;
}

/* Beside a guard, only the supervisor can make a socket listen. */
static int serve_listen(const struct seccomp_notif* request,
                        const struct portres__socket_facts* facts,
                        int fd,
                        struct tree* tree) {
  return facts->protocol == PORTRES_TCP &&
                 (!facts->is_bound || tree_has(tree, fd))
             ? tree_listen(tree, fd, (int)request->data.args[1])
             : PASS;
}

static bool binds_implicitly(const struct seccomp_notif* request,
                             const struct portres__socket_facts* facts) {
  union portres__address address;

  switch (request->data.nr) {
    case SYS_connect:
      return fetch_address(request, &address) != 0 &&
             address.any.sa_family != AF_UNSPEC;
    default:
      return facts->protocol == PORTRES_UDP;
  }
}

static int serve_socket(const struct seccomp_notif* request,
                        int fd,
                        struct tree* tree) {
  struct portres__socket_facts facts;

  if (portres__platform_socket_facts(fd, &facts) != PORTRES_OK ||
      tree_find(tree, facts.protocol) == NULL) {
    return PASS;
  }
  if (request->data.nr == SYS_bind) {
    return serve_bind(request, &facts, fd, tree);
  }
  if (request->data.nr == SYS_listen) {
    return serve_listen(request, &facts, fd, tree);
  }
  return !facts.is_bound && binds_implicitly(request, &facts)
             ? bind_before(&facts, fd, tree)
             : PASS;
}

/* What was fetched is this call's only if the thread still waits for us. */
static int serve_call(const struct notifier* notifier,
                      const struct seccomp_notif* request,
                      struct tree* tree) {
  int verdict = PASS;
  int fd = fetch_socket(request);

  if (fd >= 0) {
    if (is_still_there(notifier, request)) {
      verdict = serve_socket(request, fd, tree);
    }
    close(fd);
  }
  return verdict;
}

void notifier_serve(struct notifier* notifier, struct tree* tree) {
  struct seccomp_notif* request = notifier->request;
  struct seccomp_notif_resp* answer = notifier->answer;
  int verdict;

  memset(request, 0, notifier->request_size);
  if (control(notifier->fd, SECCOMP_IOCTL_NOTIF_RECV, request) != 0) {
    return;
  }
  verdict = serve_call(notifier, request, tree);
  memset(answer, 0, notifier->answer_size);
  answer->id = request->id;
  if (verdict == PASS) {
    answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  } else {
    answer->error = -verdict;
  }
  (void)control(notifier->fd, SECCOMP_IOCTL_NOTIF_SEND, answer);
}
