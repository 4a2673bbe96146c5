/* bind.c - bind() by the rules of the BSDs.
 *
 * A socket that asks for nothing meets every other one at its port, as on
 * Linux. One that set SO_REUSEADDR or SO_REUSEPORT meets only those at the very
 * same address, and not these if both have SO_REUSEPORT (measured on
 * NetBSD 7.99's stack; in_pcbbind() of the others is the same in this). To have
 * Linux allow it, every socket gets SO_REUSEPORT once it is bound; whether its
 * owner wanted that is kept beside, in memory that forked children share.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "address.h"
#include "like_calls.h"
#include "values.h"

enum { WANTS = 1 << 16, ALL_STATES = (1 << 14) - 1 };

/* By cookie: the cookie, and in the lowest bit whether SO_REUSEPORT is wanted.
 */
static _Atomic uint64_t* wants;

__attribute__((constructor)) static void map_wants(void) {
  void* page = mmap(NULL, WANTS * sizeof *wants, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  wants = page == MAP_FAILED ? NULL : page;
}

static uint64_t cookie_of(int s) {
  uint64_t cookie = 0;
  socklen_t cookie_len = sizeof cookie;

  getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_len);
  return cookie;
}

static void note_want(int s, bool is_wanted) {
  uint64_t cookie = cookie_of(s);

  if (wants != NULL) {
    atomic_store(&wants[cookie % WANTS], cookie << 1 | is_wanted);
  }
}

static bool has_want(uint64_t cookie) {
  return wants != NULL &&
         atomic_load(&wants[cookie % WANTS]) == (cookie << 1 | 1);
}

static int get_flag(int s, int name) {
  int value = 0;
  socklen_t value_len = sizeof value;

  getsockopt(s, SOL_SOCKET, name, &value, &value_len);
  return value;
}

static void set_flag(int s, int name, int value) {
  setsockopt(s, SOL_SOCKET, name, &value, sizeof value);
}

bool like_wants_reuseport(int s) {
  uint64_t cookie = cookie_of(s);
  bool is_known =
      wants != NULL && atomic_load(&wants[cookie % WANTS]) >> 1 == cookie;

  return is_known ? has_want(cookie) : get_flag(s, SO_REUSEPORT) != 0;
}

/* --- Who is at the very same address --- */

struct question {
  struct nlmsghdr header;
  struct inet_diag_req_v2 request;
};

struct place {
  const union linux_address* address;
  bool wants_reuseport;
};

static bool is_same(const struct inet_diag_msg* other,
                    const struct place* place) {
  const union linux_address* address = place->address;
  const void* bytes = address->any.sa_family == AF_INET
                          ? (const void*)&address->in.sin_addr
                          : (const void*)&address->in6.sin6_addr;
  size_t bytes_len = address->any.sa_family == AF_INET ? 4 : 16;
  uint64_t cookie =
      (uint64_t)other->id.idiag_cookie[1] << 32 | other->id.idiag_cookie[0];

  return other->id.idiag_sport == address->in.sin_port &&
         other->idiag_inode != 0 && other->id.idiag_dport == 0 &&
         memcmp(other->id.idiag_src, bytes, bytes_len) == 0 &&
         !(place->wants_reuseport && has_want(cookie));
}

/* Returns: 1, there is one; 0, none so far; -1, that was all. */
static int look_at(const char* answer,
                   ssize_t answer_len,
                   const struct place* place) {
  const struct nlmsghdr* header = (const void*)answer;
  size_t rest = answer_len > 0 ? (size_t)answer_len : 0;

  if (rest == 0) {
    return -1;
  }
  for (; NLMSG_OK(header, rest); header = NLMSG_NEXT(header, rest)) {
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
      return -1;
    }
    if (is_same(NLMSG_DATA(header), place)) {
      return 1;
    }
  }
  return 0;
}

static bool is_taken(int s, const struct place* place) {
  _Alignas(struct nlmsghdr) char answer[16384];
  struct question question;
  int netlink =
      socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  int found = 0;

  memset(&question, 0, sizeof question);
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.request.sdiag_family = (unsigned char)place->address->any.sa_family;
  question.request.sdiag_protocol = (unsigned char)get_flag(s, SO_PROTOCOL);
  question.request.idiag_states = ALL_STATES;
  if (send(netlink, &question, sizeof question, 0) < 0) {
    found = -1;
  }
  while (found == 0) {
    found = look_at(answer, recv(netlink, answer, sizeof answer, 0), place);
  }
  close(netlink);
  return found == 1;
}

/* --- bind() --- */

static int bind_by_rules(int s,
                         const union linux_address* address,
                         socklen_t address_len) {
  struct place place = {address, like_wants_reuseport(s)};
  bool is_lenient = get_flag(s, SO_REUSEADDR) != 0 || place.wants_reuseport;
  int result;
  int error;

  if (is_lenient && address->in.sin_port != 0 && is_taken(s, &place)) {
    errno = EADDRINUSE;
    return -1;
  }
  set_flag(s, SO_REUSEPORT, is_lenient && address->in.sin_port != 0);
  result = bind(s, &address->any, address_len);
  error = errno;
  if (result == 0) {
    note_want(s, place.wants_reuseport);
    set_flag(s, SO_REUSEPORT, 1);
  } else {
    set_flag(s, SO_REUSEPORT, place.wants_reuseport);
  }
  errno = error;
  return result;
}

int bsd_bind(int s, const void* address, socklen_t address_len) {
  union linux_address linux_address;
  socklen_t linux_len;

  if (address == NULL || address_len == 0) {
    return bind(s, address, address_len);
  }
  linux_len = like_to_linux(address, address_len, &linux_address);
  if (linux_len == 0 && get_flag(s, SO_TYPE) != 0) {
    return -1;
  }
  if (linux_address.any.sa_family == AF_UNSPEC &&
      !like_values.takes_unspecified) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  if (linux_len == 0 || linux_address.any.sa_family == AF_UNIX) {
    return bind(s, &linux_address.any, linux_len);
  }
  return bind_by_rules(s, &linux_address, linux_len);
}
