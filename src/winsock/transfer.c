#include "transfer.h"

#include <errno.h>
#include <poll.h>
#include <portres/calls.h>

#include "address.h"
#include "descriptor.h"
#include "error.h"

enum {
  IGNORED_FLAGS = MSG_PARTIAL | PORTRES_WS_MSG_PUSH_IMMEDIATE | MSG_NOSIGNAL,
  WAIT_FLAGS = MSG_WAITALL | PORTRES_WS_MSG_WAITALL
};

static bool is_datagram(int fd) {
  return portres__ws_fact(fd, SO_TYPE) == SOCK_DGRAM;
}

/* --- Errors --- */

/* SO_RCVTIMEO and SO_SNDTIMEO are WSAETIMEDOUT, as what has no time at all is
 * WSAEWOULDBLOCK. Windows tells of an ICMP answer as of a reset. */
static int common_error(int fd) {
  switch (errno) {
    case EAGAIN:
      return portres__ws_is_blocking(fd) ? -WSAETIMEDOUT : -WSAEWOULDBLOCK;
    case ECONNREFUSED:
      return is_datagram(fd) ? -WSAECONNRESET : -WSAECONNREFUSED;
    default:
      return portres__ws_errno();
  }
}

/* Linux has one number for what was shut down here, reset by the peer, and
 * never connected. */
static int pipe_error(int fd) {
  struct pollfd entry = {.fd = fd, .events = POLLRDHUP};

  if (portres__ws_has(fd, PORTRES__WS_NO_SEND)) {
    return -WSAESHUTDOWN;
  }
  return poll(&entry, 1, 0) == 1 && (entry.revents & POLLRDHUP) != 0
             ? -WSAECONNRESET
             : -WSAENOTCONN;
}

static int send_error(int fd) {
  return errno == EPIPE          ? pipe_error(fd)
         : errno == EDESTADDRREQ ? -WSAENOTCONN
                                 : common_error(fd);
}

/* --- Sending --- */

static int send_now(int fd, const struct msghdr* message, int flags) {
  struct portres__ws_wait wait = portres__ws_wait_begin(fd);
  ssize_t sent;

  do {
    sent = portres_sendmsg(fd, message, flags | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return portres__ws_wait_end(wait, sent < 0 ? send_error(fd) : (int)sent);
}

static int take_target(int fd,
                       const struct portres__ws_sending* sending,
                       struct portres__ws_address* target) {
  int family = portres__ws_fact(fd, SO_DOMAIN);

  return family < 0 ? family
                    : portres__ws_address_take(family, sending->to,
                                               sending->to_len, target);
}

int portres__ws_send(SOCKET s, const struct portres__ws_sending* sending) {
  const int known_flags = MSG_OOB | MSG_DONTROUTE | IGNORED_FLAGS;
  struct portres__ws_address target;
  struct msghdr message = {.msg_iov = (struct iovec*)sending->parts,
                           .msg_iovlen = sending->part_count};
  int fd = portres__ws_fd(s);

  if (fd < 0) {
    return fd;
  }
  if ((sending->flags & ~known_flags) != 0) {
    return portres__ws_refuse(fd, WSAEOPNOTSUPP);
  }
  if (sending->to != NULL) {
    int error = take_target(fd, sending, &target);
    if (error != 0) {
      return error;
    }
    message.msg_name = &target.as;
    message.msg_namelen = target.len;
  }
  return send_now(fd, &message, sending->flags & ~IGNORED_FLAGS);
}

/* --- Receiving --- */

static int receive_now(int fd, struct msghdr* message, int flags) {
  struct portres__ws_wait wait = portres__ws_wait_begin(fd);
  socklen_t name_len = message->msg_namelen;
  ssize_t received;

  do {
    message->msg_namelen = name_len;
    received = recvmsg(fd, message, flags);
  } while (received < 0 && errno == EINTR);
  return portres__ws_wait_end(wait,
                              received < 0 ? common_error(fd) : (int)received);
}

/* What Linux would wait on for ever, or read on from. */
static int check_receiver(int fd) {
  if (portres__ws_has(fd, PORTRES__WS_NO_RECEIVE)) {
    return -WSAESHUTDOWN;
  }
  return !portres__ws_is_bound(fd) && is_datagram(fd) &&
                 portres__ws_fact(fd, SO_DOMAIN) != AF_UNIX
             ? -WSAEINVAL
             : 0;
}

static int check_receiving(int fd,
                           const struct portres__ws_receiving* receiving) {
  const int known_flags = MSG_OOB | MSG_PEEK | WAIT_FLAGS | IGNORED_FLAGS;

  if ((receiving->flags & ~known_flags) != 0) {
    return portres__ws_refuse(fd, WSAEOPNOTSUPP);
  }
  if (receiving->from != NULL) {
    int error =
        portres__ws_address_expect(fd, receiving->from, receiving->from_len);
    if (error != 0) {
      return error;
    }
  }
  return check_receiver(fd);
}

int portres__ws_receive(SOCKET s, struct portres__ws_receiving* receiving) {
  struct portres__ws_address from = {.len = 0};
  struct msghdr message = {.msg_name = &from.as,
                           .msg_namelen = sizeof from.as,
                           .msg_iov = (struct iovec*)receiving->parts,
                           .msg_iovlen = receiving->part_count};
  int flags = receiving->flags & (MSG_OOB | MSG_PEEK);
  int fd = portres__ws_fd(s);
  int result = fd < 0 ? fd : check_receiving(fd, receiving);

  if (result != 0) {
    return result;
  }
  if ((receiving->flags & WAIT_FLAGS) != 0) {
    flags |= MSG_WAITALL;
  }
  result = receive_now(fd, &message, flags);
  if (result < 0) {
    return result;
  }
  receiving->is_cut = (message.msg_flags & MSG_TRUNC) != 0;
  from.len = message.msg_namelen;
  if (receiving->from != NULL && from.len != 0) {
    portres__ws_address_give(&from, receiving->from, receiving->from_len);
  }
  return receiving->is_cut ? -WSAEMSGSIZE : result;
}

/* --- send() and its kin --- */

/* Windows: a negative length is one of four gigabytes, which no buffer has. */
static int check_bytes(SOCKET s, const void* buffer, int len) {
  int fd = portres__ws_fd(s);
  bool is_bad = len < 0 || (buffer == NULL && len > 0);

  return fd < 0 ? fd : is_bad ? portres__ws_refuse(fd, WSAEFAULT) : 0;
}

static struct iovec part_of(const void* buffer, int len) {
  return (struct iovec){(void*)(uintptr_t)buffer, (size_t)len};
}

int portres_ws_sendto(SOCKET s,
                      const char* buf,
                      int len,
                      int flags,
                      const struct sockaddr* to,
                      int to_len) {
  int saved_errno = errno;
  struct iovec part = part_of(buf, len);
  struct portres__ws_sending sending = {.parts = &part,
                                        .part_count = 1,
                                        .flags = flags,
                                        .to = to,
                                        .to_len = to_len};
  int result = check_bytes(s, buf, len);

  return portres__ws_answer(
      result == 0 ? portres__ws_send(s, &sending) : result, saved_errno);
}

int portres_ws_send(SOCKET s, const char* buf, int len, int flags) {
  return portres_ws_sendto(s, buf, len, flags, NULL, 0);
}

int portres_ws_recvfrom(SOCKET s,
                        char* buf,
                        int len,
                        int flags,
                        struct sockaddr* from,
                        int* fromlen) {
  int saved_errno = errno;
  struct iovec part = part_of(buf, len);
  struct portres__ws_receiving receiving = {.parts = &part,
                                            .part_count = 1,
                                            .flags = flags,
                                            .from = from,
                                            .from_len = fromlen};
  int result = check_bytes(s, buf, len);

  return portres__ws_answer(
      result == 0 ? portres__ws_receive(s, &receiving) : result, saved_errno);
}

int portres_ws_recv(SOCKET s, char* buf, int len, int flags) {
  return portres_ws_recvfrom(s, buf, len, flags, NULL, NULL);
}
