/* resvport_posix.c - bindresvport(), whose own bind() inside libc we would not
 * see. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "bind_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "real_posix.h"
#include "unchanged_posix.h"

/* As in glibc and every BSD: the ports below 600 have names. */
enum { FIRST_PORT = 600, END_PORT = 1024, PORT_COUNT = END_PORT - FIRST_PORT };

static bool is_any_reserved(void) {
  for (int port = FIRST_PORT; port < END_PORT; port++) {
    if (portres__engine_is_reserved((uint16_t)port)) {
      return true;
    }
  }
  return false;
}

static bool is_associated(int fd) {
  portres__handle handle = portres__fdtable_get(fd);

  return handle != 0 &&
         atomic_load(&portres__endpoint_peek(handle)->association) != 0;
}

static int bind_port(int fd, struct sockaddr_in* address, uint16_t port) {
  address->sin_port = htons(port);
  return portres__hook_bind(fd, (const struct sockaddr*)address,
                            sizeof *address);
}

/* libc's walk, past the ports that are reserved. */
static int walk(int fd, struct sockaddr_in* address) {
  unsigned first = (unsigned)getpid() % PORT_COUNT;
  int saved_errno = errno;

  for (unsigned i = 0; i < PORT_COUNT; i++) {
    uint16_t port = (uint16_t)(FIRST_PORT + (first + i) % PORT_COUNT);
    if (portres__engine_is_reserved(port)) {
      continue;
    }
    if (bind_port(fd, address, port) == 0) {
      errno = saved_errno;
      return 0;
    }
    if (errno != EADDRINUSE) {
      return -1;
    }
  }
  errno = EADDRINUSE;
  return -1;
}

static int bind_from_block(int fd, struct sockaddr_in* address) {
  socklen_t address_len = sizeof *address;
  int result = bind_port(fd, address, 0);

  if (result == 0) {
    getsockname(fd, (struct sockaddr*)address, &address_len);
  }
  return result;
}

int portres__hook_bindresvport(int fd, struct sockaddr_in* address) {
  struct sockaddr_in any = {.sin_family = AF_INET};

  if (address != NULL && address->sin_family != AF_INET) {
    return portres__real()->bindresvport(fd, address);
  }
  if (is_associated(fd)) {
    return bind_from_block(fd, address != NULL ? address : &any);
  }
  return portres__unchanged_is_on() || is_any_reserved()
             ? walk(fd, address != NULL ? address : &any)
             : portres__real()->bindresvport(fd, address);
}
