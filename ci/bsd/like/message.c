/* message.c - sockets made, connected, written to and read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "address.h"
#include "like_calls.h"
#include "values.h"

/* As the BSDs have them; the 64-bit ones align control data to 8. */
struct bsd_msghdr {
  void* name;
  socklen_t name_len;
  struct iovec* iov;
  int iov_count;
  void* control;
  socklen_t control_len;
  int flags;
};

struct bsd_control {
  socklen_t len;
  int level;
  int type;
  int pad;
};

struct bsd_mmsghdr {
  struct bsd_msghdr header;
  ssize_t len; /* an unsigned int with others: little-endian */
};

enum { BSD_SOL_SOCKET = 0xffff, CONTROL_MAX = 1024 };

static int type_to_linux(int type) {
  int plain = type & ~(like_values.sock_cloexec | like_values.sock_nonblock);

  return plain | (type & like_values.sock_cloexec ? SOCK_CLOEXEC : 0) |
         (type & like_values.sock_nonblock ? SOCK_NONBLOCK : 0);
}

static int flags_to_linux(int flags) {
  const struct {
    int bsd;
    int ours;
  } pairs[] = {{0x1, MSG_OOB},
               {0x2, MSG_PEEK},
               {0x4, MSG_DONTROUTE},
               {0x10, MSG_TRUNC},
               {0x20, MSG_CTRUNC},
               {0x40, MSG_WAITALL},
               {0x80, MSG_DONTWAIT},
               {like_values.msg_nosignal, MSG_NOSIGNAL},
               {like_values.msg_cmsg_cloexec, MSG_CMSG_CLOEXEC}};
  int result = 0;

  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    result |= flags & pairs[i].bsd ? pairs[i].ours : 0;
  }
  return result;
}

/* --- Made --- */

int bsd_socket(int domain, int type, int protocol);
int bsd_socket(int domain, int type, int protocol) {
  int family = like_family_to_linux(domain);
  int s = socket(family, type_to_linux(type), protocol);
  int on = 1;

  if (s >= 0 && family == AF_INET6) {
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  return s;
}

int bsd___socket30(int, int, int) __attribute__((alias("bsd_socket")));

int bsd_socketpair(int domain, int type, int protocol, int fds[2]);
int bsd_socketpair(int domain, int type, int protocol, int fds[2]) {
  return socketpair(domain, type_to_linux(type), protocol, fds);
}

int bsd_accept4(int s, void* address, socklen_t* address_len_io, int flags);
int bsd_accept4(int s, void* address, socklen_t* address_len_io, int flags) {
  union linux_address from;
  socklen_t from_len = sizeof from;
  int result = accept4(s, &from.any, &from_len, type_to_linux(flags));

  if (result >= 0 && address != NULL) {
    like_from_linux(&from, from_len, address, address_len_io);
  }
  return result;
}

int bsd_accept(int s, void* address, socklen_t* address_len_io);
int bsd_accept(int s, void* address, socklen_t* address_len_io) {
  return bsd_accept4(s, address, address_len_io, 0);
}

int bsd_paccept(
    int s, void* address, socklen_t* len_io, const void* signals, int flags);
int bsd_paccept(
    int s, void* address, socklen_t* len_io, const void* signals, int flags) {
  (void)signals;
  return bsd_accept4(s, address, len_io, flags);
}

/* --- Names --- */

static int tell(int (*ask)(int, struct sockaddr*, socklen_t*),
                int s,
                void* address,
                socklen_t* address_len_io) {
  union linux_address name;
  socklen_t name_len = sizeof name;
  int result = ask(s, &name.any, &name_len);

  if (result == 0) {
    like_from_linux(&name, name_len, address, address_len_io);
  }
  return result;
}

static int linux_getsockname(int s, struct sockaddr* out, socklen_t* len_io) {
  return getsockname(s, out, len_io);
}

static int linux_getpeername(int s, struct sockaddr* out, socklen_t* len_io) {
  return getpeername(s, out, len_io);
}

int bsd_getsockname(int s, void* address, socklen_t* address_len_io);
int bsd_getsockname(int s, void* address, socklen_t* address_len_io) {
  return tell(linux_getsockname, s, address, address_len_io);
}

int bsd_getpeername(int s, void* address, socklen_t* address_len_io);
int bsd_getpeername(int s, void* address, socklen_t* address_len_io) {
  return tell(linux_getpeername, s, address, address_len_io);
}

/* --- Connected, written to --- */

int bsd_connect(int s, const void* address, socklen_t address_len);
int bsd_connect(int s, const void* address, socklen_t address_len) {
  union linux_address to;
  socklen_t to_len;

  if (address == NULL) {
    return connect(s, NULL, address_len);
  }
  to_len = like_to_linux(address, address_len, &to);
  return to_len == 0 ? -1 : connect(s, &to.any, to_len);
}

int bsd_listen(int s, int backlog);
int bsd_listen(int s, int backlog) {
  extern int listen(int, int);
  return listen(s, backlog);
}

int bsd_shutdown(int s, int how);
int bsd_shutdown(int s, int how) {
  return shutdown(s, how);
}

ssize_t bsd_send(int s, const void* data, size_t len, int flags);
ssize_t bsd_send(int s, const void* data, size_t len, int flags) {
  return send(s, data, len, flags_to_linux(flags));
}

ssize_t bsd_recv(int s, void* data, size_t len, int flags);
ssize_t bsd_recv(int s, void* data, size_t len, int flags) {
  return recv(s, data, len, flags_to_linux(flags));
}

ssize_t bsd_sendto(int s,
                   const void* data,
                   size_t len,
                   int flags,
                   const void* address,
                   socklen_t address_len);
ssize_t bsd_sendto(int s,
                   const void* data,
                   size_t len,
                   int flags,
                   const void* address,
                   socklen_t address_len) {
  union linux_address to;
  socklen_t to_len;

  if (address == NULL) {
    return send(s, data, len, flags_to_linux(flags));
  }
  to_len = like_to_linux(address, address_len, &to);
  return to_len == 0
             ? -1
             : sendto(s, data, len, flags_to_linux(flags), &to.any, to_len);
}

ssize_t bsd_recvfrom(
    int s, void* data, size_t len, int flags, void* address, socklen_t* len_io);
ssize_t bsd_recvfrom(int s,
                     void* data,
                     size_t len,
                     int flags,
                     void* address,
                     socklen_t* len_io) {
  union linux_address from;
  socklen_t from_len = sizeof from;
  ssize_t result =
      recvfrom(s, data, len, flags_to_linux(flags), &from.any, &from_len);

  if (result >= 0 && address != NULL && len_io != NULL) {
    like_from_linux(&from, from_len, address, len_io);
  }
  return result;
}

/* --- Messages: one control item, descriptors --- */

static size_t control_to_linux(const struct bsd_msghdr* message, char* out) {
  struct bsd_control control;
  struct cmsghdr* item = (struct cmsghdr*)(void*)out;
  size_t data_len;

  if (message->control == NULL || message->control_len < sizeof control) {
    return 0;
  }
  memcpy(&control, message->control, sizeof control);
  data_len = control.len - sizeof control;
  if (CMSG_SPACE(data_len) > CONTROL_MAX) {
    return 0;
  }
  item->cmsg_level =
      control.level == BSD_SOL_SOCKET ? SOL_SOCKET : control.level;
  item->cmsg_type = control.type;
  item->cmsg_len = CMSG_LEN(data_len);
  memcpy(CMSG_DATA(item), (const char*)message->control + sizeof control,
         data_len);
  return CMSG_SPACE(data_len);
}

static void control_from_linux(struct msghdr* linux_message,
                               struct bsd_msghdr* message) {
  const struct cmsghdr* item = CMSG_FIRSTHDR(linux_message);
  struct bsd_control control;
  size_t data_len;

  memset(&control, 0, sizeof control);
  if (item == NULL || message->control_len < sizeof control) {
    message->control_len = 0;
    return;
  }
  data_len = item->cmsg_len - CMSG_LEN(0);
  if (data_len > message->control_len - sizeof control) {
    data_len = message->control_len - sizeof control;
  }
  control.len = (socklen_t)(sizeof control + data_len);
  control.level =
      item->cmsg_level == SOL_SOCKET ? BSD_SOL_SOCKET : item->cmsg_level;
  control.type = item->cmsg_type;
  memcpy(message->control, &control, sizeof control);
  memcpy((char*)message->control + sizeof control, CMSG_DATA(item), data_len);
  message->control_len = control.len;
}

ssize_t bsd_sendmsg(int s, const struct bsd_msghdr* message, int flags);
ssize_t bsd_sendmsg(int s, const struct bsd_msghdr* message, int flags) {
  _Alignas(struct cmsghdr) char control[CONTROL_MAX];
  struct msghdr linux_message;
  union linux_address to;

  if (message == NULL) {
    return sendmsg(s, NULL, 0);
  }
  memset(&linux_message, 0, sizeof linux_message);
  linux_message.msg_iov = message->iov;
  linux_message.msg_iovlen = (size_t)message->iov_count;
  if (message->name != NULL) {
    linux_message.msg_name = &to;
    linux_message.msg_namelen =
        like_to_linux(message->name, message->name_len, &to);
    if (linux_message.msg_namelen == 0) {
      return -1;
    }
  }
  linux_message.msg_controllen = control_to_linux(message, control);
  linux_message.msg_control =
      linux_message.msg_controllen != 0 ? control : NULL;
  return sendmsg(s, &linux_message, flags_to_linux(flags));
}

ssize_t bsd_recvmsg(int s, struct bsd_msghdr* message, int flags);
ssize_t bsd_recvmsg(int s, struct bsd_msghdr* message, int flags) {
  _Alignas(struct cmsghdr) char control[CONTROL_MAX];
  struct msghdr linux_message;
  union linux_address from;
  ssize_t result;

  memset(&linux_message, 0, sizeof linux_message);
  linux_message.msg_iov = message->iov;
  linux_message.msg_iovlen = (size_t)message->iov_count;
  linux_message.msg_name = message->name != NULL ? &from : NULL;
  linux_message.msg_namelen = message->name != NULL ? sizeof from : 0;
  linux_message.msg_control = message->control != NULL ? control : NULL;
  linux_message.msg_controllen = message->control != NULL ? CONTROL_MAX : 0;
  result = recvmsg(s, &linux_message, flags_to_linux(flags));
  if (result < 0) {
    return result;
  }
  if (message->name != NULL) {
    like_from_linux(&from, linux_message.msg_namelen, message->name,
                    &message->name_len);
  }
  control_from_linux(&linux_message, message);
  message->flags = (linux_message.msg_flags & MSG_TRUNC ? 0x10 : 0) |
                   (linux_message.msg_flags & MSG_CTRUNC ? 0x20 : 0);
  return result;
}

ssize_t bsd_sendmmsg(int s, struct bsd_mmsghdr* messages, size_t count, int f);
ssize_t bsd_sendmmsg(int s, struct bsd_mmsghdr* messages, size_t count, int f) {
  size_t i;

  for (i = 0; i < (unsigned)count; i++) {
    ssize_t sent = bsd_sendmsg(s, &messages[i].header, f);
    if (sent < 0) {
      return i == 0 ? -1 : (ssize_t)i;
    }
    messages[i].len = sent;
  }
  return (ssize_t)i;
}

ssize_t bsd_recvmmsg(
    int s, struct bsd_mmsghdr* messages, size_t count, int f, const void* time);
ssize_t bsd_recvmmsg(int s,
                     struct bsd_mmsghdr* messages,
                     size_t count,
                     int f,
                     const void* time) {
  size_t i;

  (void)time;
  for (i = 0; i < (unsigned)count; i++) {
    ssize_t got = bsd_recvmsg(s, &messages[i].header, i == 0 ? f : f | 0x80);
    if (got < 0) {
      return i == 0 ? -1 : (ssize_t)i;
    }
    messages[i].len = got;
  }
  return (ssize_t)i;
}
