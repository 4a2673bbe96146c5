/* buffers.c - WSASend, WSARecv and their kin, synchronous. */
#include <errno.h>

#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "transfer.h"

/* Linux takes 1024 at a time; more than these are not worth the stack. */
enum { MAX_PARTS = 256 };

struct parts {
  struct iovec items[MAX_PARTS];
  size_t count;
};

/* Returns: 0, or the negative of a Winsock number. */
static int take_parts(const WSABUF* buffers, DWORD count, struct parts* out) {
  if (count == 0) {
    return -WSAEINVAL;
  }
  if (count > MAX_PARTS) {
    return -WSAENOBUFS;
  }
  if (!portres__ws_can_read(buffers, count * sizeof *buffers)) {
    return -WSAEFAULT;
  }
  for (DWORD i = 0; i < count; i++) {
    out->items[i] = (struct iovec){buffers[i].buf, buffers[i].len};
  }
  out->count = count;
  return 0;
}

/* What all of these calls look at first: an lpOverlapped counts only on an
 * overlapped socket (semantics 7). */
static int begin(SOCKET s,
                 const WSABUF* buffers,
                 DWORD count,
                 const WSAOVERLAPPED* overlapped,
                 struct parts* out) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);

  if (type < 0) {
    return type;
  }
  return overlapped != NULL && portres__ws_is_overlapped(fd)
             ? -WSAEOPNOTSUPP
             : take_parts(buffers, count, out);
}

/* --- Sending --- */

static int send_parts(SOCKET s,
                      const struct parts* parts,
                      LPDWORD sent_out,
                      struct portres__ws_sending* sending) {
  int sent;

  if (!portres__ws_can_write(sent_out, sizeof *sent_out)) {
    return -WSAEFAULT;
  }
  sending->parts = parts->items;
  sending->part_count = (int)parts->count;
  sent = portres__ws_send(s, sending);
  if (sent < 0) {
    return sent;
  }
  *sent_out = (DWORD)sent;
  return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is Windows' */
int WSASendTo(SOCKET s,
              LPWSABUF lpBuffers,
              DWORD dwBufferCount,
              LPDWORD lpNumberOfBytesSent,
              DWORD dwFlags,
              const struct sockaddr* lpTo,
              int iTolen,
              LPWSAOVERLAPPED lpOverlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  int saved_errno = errno;
  struct portres__ws_sending sending = {
      .flags = (int)dwFlags, .to = lpTo, .to_len = iTolen};
  struct parts parts;
  int result = begin(s, lpBuffers, dwBufferCount, lpOverlapped, &parts);

  (void)lpCompletionRoutine; /* means nothing without an lpOverlapped */
  if (result == 0) {
    result = send_parts(s, &parts, lpNumberOfBytesSent, &sending);
  }
  return portres__ws_answer(result, saved_errno);
}

int WSASend(SOCKET s,
            LPWSABUF lpBuffers,
            DWORD dwBufferCount,
            LPDWORD lpNumberOfBytesSent,
            DWORD dwFlags,
            LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  return WSASendTo(s, lpBuffers, dwBufferCount, lpNumberOfBytesSent, dwFlags,
                   NULL, 0, lpOverlapped, lpCompletionRoutine);
}

static int check_message(SOCKET s, const WSAMSG* message) {
  int fd = portres__ws_fd(s);

  if (fd < 0) {
    return fd;
  }
  if (!portres__ws_can_read(message, sizeof *message)) {
    return portres__ws_refuse(fd, WSAEFAULT);
  }
  return message->Control.len == 0 ? 0 : portres__ws_refuse(fd, WSAEOPNOTSUPP);
}

int WSASendMsg(SOCKET s,
               LPWSAMSG lpMsg,
               DWORD dwFlags,
               LPDWORD lpNumberOfBytesSent,
               LPWSAOVERLAPPED lpOverlapped,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  int saved_errno = errno;
  int error = check_message(s, lpMsg);

  return error != 0
             ? portres__ws_answer(error, saved_errno)
             : WSASendTo(s, lpMsg->lpBuffers, lpMsg->dwBufferCount,
                         lpNumberOfBytesSent, dwFlags, lpMsg->name,
                         lpMsg->namelen, lpOverlapped, lpCompletionRoutine);
}

/* --- Receiving --- */

static void clamp(const struct parts* parts, DWORD* size_out) {
  size_t size = 0;

  for (size_t i = 0; i < parts->count; i++) {
    size += parts->items[i].iov_len;
  }
  *size_out = (DWORD)size;
}

/* A datagram that was cut is received, though the call fails. */
static int receive_parts(SOCKET s,
                         const struct parts* parts,
                         LPDWORD received_out,
                         LPDWORD flags,
                         struct portres__ws_receiving* receiving) {
  int received;

  if (!portres__ws_can_write(received_out, sizeof *received_out) ||
      !portres__ws_can_write(flags, sizeof *flags)) {
    return -WSAEFAULT;
  }
  receiving->flags = (int)*flags;
  receiving->parts = parts->items;
  receiving->part_count = (int)parts->count;
  received = portres__ws_receive(s, receiving);
  if (received >= 0) {
    *received_out = (DWORD)received;
    *flags = 0;
    return 0;
  }
  if (receiving->is_cut) {
    clamp(parts, received_out);
    *flags = MSG_PARTIAL;
  }
  return received;
}

/* NOLINTNEXTLINE(readability-function-size): the signature is Windows' */
int WSARecvFrom(SOCKET s,
                LPWSABUF lpBuffers,
                DWORD dwBufferCount,
                LPDWORD lpNumberOfBytesRecvd,
                LPDWORD lpFlags,
                struct sockaddr* lpFrom,
                LPINT lpFromlen,
                LPWSAOVERLAPPED lpOverlapped,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  int saved_errno = errno;
  struct portres__ws_receiving receiving = {.from = lpFrom,
                                            .from_len = lpFromlen};
  struct parts parts;
  int result = begin(s, lpBuffers, dwBufferCount, lpOverlapped, &parts);

  (void)lpCompletionRoutine;
  if (result == 0) {
    result =
        receive_parts(s, &parts, lpNumberOfBytesRecvd, lpFlags, &receiving);
  }
  return portres__ws_answer(result, saved_errno);
}

int WSARecv(SOCKET s,
            LPWSABUF lpBuffers,
            DWORD dwBufferCount,
            LPDWORD lpNumberOfBytesRecvd,
            LPDWORD lpFlags,
            LPWSAOVERLAPPED lpOverlapped,
            LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine) {
  return WSARecvFrom(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, lpFlags,
                     NULL, NULL, lpOverlapped, lpCompletionRoutine);
}
