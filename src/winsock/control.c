/* control.c - ioctlsocket. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "descriptor.h"
#include "error.h"

/* The system's number of a command; 0: none that Winsock has. Where long has
 * 64 bits, a program may pass Windows' negative number as a positive one. */
static unsigned system_command(long command) {
  switch ((uint32_t)command) {
    case PORTRES_WS_FIONBIO:
    case (uint32_t)FIONBIO:
      return FIONBIO;
    case PORTRES_WS_FIONREAD:
    case (uint32_t)FIONREAD:
      return FIONREAD;
    case PORTRES_WS_SIOCATMARK:
    case (uint32_t)SIOCATMARK:
      return SIOCATMARK;
    default:
      return 0;
  }
}

static int control(SOCKET s, long command, uint32_t* value) {
  unsigned system = system_command(command);
  int fd = portres__ws_fd(s);

  if (fd < 0) {
    return fd;
  }
  if (system == 0 || value == NULL) {
    return portres__ws_refuse(fd, value == NULL ? WSAEFAULT : WSAEOPNOTSUPP);
  }
  if (portres__ws_fact(fd, SO_TYPE) < 0) {
    return -WSAENOTSOCK; /* a pipe knows FIONBIO, too */
  }
  return ioctl(fd, system, value) == 0 ? 0 : portres__ws_errno();
}

int portres_ws_ioctlsocket(SOCKET s, long cmd, uint32_t* value) {
  int saved_errno = errno;

  return portres__ws_answer(control(s, cmd, value), saved_errno);
}
