#include "setting.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include "code.h"
#include "descriptor.h"
#include "error.h"
#include "operation.h"
#include "portres_ws/reservation.h"

static int error_of(int result) {
  return result < 0 ? portres__ws_error_of_errno(errno) : 0;
}

/* Programs say u_long, which has 4 bytes on Windows and may have 8 here. */
static unsigned long number_of(const struct portres__ws_request* request) {
  unsigned long large;
  ULONG small;

  if (request->in_len == sizeof large) {
    memcpy(&large, request->in, sizeof large);
    return large;
  }
  memcpy(&small, request->in, sizeof small);
  return small;
}

static void give_number(struct portres__ws_request* request, ULONG small) {
  unsigned long large = small;

  if (request->out_len == sizeof large) {
    memcpy(request->out, &large, sizeof large);
  } else {
    memcpy(request->out, &small, sizeof small);
  }
  request->bytes = sizeof small;
}

/* Any processor will do: that the socket may share its port is what counts
 * (B3), and a machine of CI has fewer processors than the server. */
int portres__ws_affinity(struct portres__ws_request* request) {
  return portres__ws_is_bound(request->fd)
             ? WSAEINVAL
             : portres__ws_set_affinity(request->fd);
}

enum { KEEPALIVE_MAX = 32767 }; /* seconds; tcp(7) */

static int seconds_of(ULONG ms) {
  ULONG seconds = ms / 1000 + (ms % 1000 != 0);

  return seconds == 0              ? 1
         : seconds > KEEPALIVE_MAX ? KEEPALIVE_MAX
                                   : (int)seconds;
}

static int set(int fd, int level, int option, int value) {
  return error_of(setsockopt(fd, level, option, &value, sizeof value));
}

int portres__ws_keepalive(struct portres__ws_request* request) {
  struct tcp_keepalive values;
  int error;

  memcpy(&values, request->in, sizeof values);
  error = set(request->fd, SOL_SOCKET, SO_KEEPALIVE, values.onoff != 0);
  if (error == 0 && values.onoff != 0) {
    error = set(request->fd, IPPROTO_TCP, TCP_KEEPIDLE,
                seconds_of(values.keepalivetime));
  }
  if (error == 0 && values.onoff != 0) {
    error = set(request->fd, IPPROTO_TCP, TCP_KEEPINTVL,
                seconds_of(values.keepaliveinterval));
  }
  return error;
}

int portres__ws_flush(struct portres__ws_request* request) {
  portres__ws_operations_abort(request->fd);
  return 0;
}

/* None of mswsock.h's functions is here: no GUID is known. */
int portres__ws_extension(struct portres__ws_request* request) {
  (void)request;
  return WSAEINVAL;
}

int portres__ws_nonblocking(struct portres__ws_request* request) {
  int is_on = number_of(request) != 0;

  return error_of(ioctl(request->fd, FIONBIO, &is_on));
}

int portres__ws_readable(struct portres__ws_request* request) {
  int count = 0;
  int error = error_of(ioctl(request->fd, FIONREAD, &count));

  if (error == 0) {
    give_number(request, (ULONG)count);
  }
  return error;
}

/* Windows: TRUE when no urgent data waits, which is not what sockatmark() of
 * POSIX answers. */
int portres__ws_atmark(struct portres__ws_request* request) {
  char byte;

  give_number(request, recv(request->fd, &byte, 1,
                            MSG_OOB | MSG_PEEK | MSG_DONTWAIT) != 1);
  return 0;
}
