/* implicit_posix.c - the calls that bind a socket which the program did not.
 *
 * The kernel would give it a port of its own choice; one that is associated
 * gets its port from the block first, and then the call goes on.
 */
#include "implicit_posix.h"

#include <errno.h>

#include "address_posix.h"
#include "bind_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "real_posix.h"
#include "rights_posix.h"
#include "swap_posix.h"
#include "system_posix.h"
#include "testing.h"
#include "unchanged_posix.h"

/* True when the socket is associated, or an unchanged program's may be: nothing
 * of the caller's is looked at for any other. */
static bool is_concerned(int fd, bool is_wanted) {
  return is_wanted || portres__fdtable_get(fd) != 0;
}

/* Of an associated socket, bound or not, each call counts. Returns: 0, or -1
 * and errno when a test wants this one to fail. */
static int check_testing(int fd, enum portres_testing_call call) {
  portres__handle handle;

  if (!portres__testing_is_on()) {
    return 0;
  }
  handle = portres__fdtable_get(fd);
  return portres__bind_association(portres__bind_find(fd, handle)) != 0
             ? portres__bind_check_testing(call)
             : 0;
}

/* `is_wanted` says whether an unchanged program's socket counts as associated
 * when this call binds it. */
static int bind_before(int fd, bool is_wanted, enum portres_testing_call call) {
  portres__handle handle = portres__fdtable_get(fd);

  if (portres__bind_association(portres__bind_find(fd, handle)) != 0) {
    return portres__bind_implicitly(fd, handle);
  }
  return is_wanted ? portres__unchanged_bind_implicitly(fd, call) : 0;
}

/* True also for a socket that we do not know. */
static bool may_be_of(int fd, enum portres_protocol protocol) {
  portres__handle handle = portres__fdtable_get(fd);

  return handle == 0 ||
         atomic_load(&portres__endpoint_peek(handle)->protocol) == protocol;
}

/* TCP looks at the address before it binds; UDP binds first. */
static bool can_reach(int family,
                      const struct sockaddr* address,
                      socklen_t address_len) {
  return portres__address_length(address, address_len) != 0 &&
         portres__address_family(address) == family;
}

/* False when the kernel would answer before it binds. AF_UNSPEC dissolves a
 * connection and binds nothing. */
static bool connect_binds(int fd,
                          const struct sockaddr* address,
                          socklen_t address_len) {
  const struct portres__endpoint* endpoint;

  if (address == NULL || address_len < offsetof(struct sockaddr, sa_data) ||
      portres__address_family(address) == AF_UNSPEC) {
    return false;
  }
  if (may_be_of(fd, PORTRES_UDP)) {
    return true;
  }
  endpoint = portres__endpoint_peek(portres__fdtable_get(fd));
  return can_reach(atomic_load(&endpoint->family), address, address_len);
}

int portres__before_connect(int fd,
                            const struct sockaddr* address,
                            socklen_t address_len) {
  bool is_wanted = portres__unchanged_is_outgoing();

  if (!is_concerned(fd, is_wanted)) {
    return 0;
  }
  if (address != NULL && check_testing(fd, PORTRES_TESTING_CONNECT) != 0) {
    return -1;
  }
  return connect_binds(fd, address, address_len)
             ? bind_before(fd, is_wanted, PORTRES_TESTING_CONNECT)
             : 0;
}

int portres__before_listen(int fd) {
  bool is_wanted = portres__unchanged_is_on();

  if (!is_concerned(fd, is_wanted)) {
    return 0;
  }
  if (check_testing(fd, PORTRES_TESTING_LISTEN) != 0) {
    return -1;
  }
  return may_be_of(fd, PORTRES_TCP)
             ? bind_before(fd, is_wanted, PORTRES_TESTING_LISTEN)
             : 0;
}

/* A TCP socket is bound by sending only when that connects it. */
int portres__before_send(int fd, int flags, bool may_name_peer) {
  bool is_wanted = portres__unchanged_is_outgoing();

  if (!is_concerned(fd, is_wanted)) {
    return 0;
  }
  if (check_testing(fd, PORTRES_TESTING_SEND) != 0) {
    return -1;
  }
  return may_be_of(fd, PORTRES_UDP) ||
                 portres__system_send_connects(flags, may_name_peer)
             ? bind_before(fd, is_wanted, PORTRES_TESTING_SEND)
             : 0;
}

int portres__hook_connect(int fd,
                          const struct sockaddr* address,
                          socklen_t address_len) {
  return portres__before_connect(fd, address, address_len) != 0
             ? -1
             : portres__real()->connect(fd, address, address_len);
}

/* At scope machine; keeps errno. */
PORTRES__RARE static int listen_again(int fd, int backlog) {
  portres__handle handle = portres__fdtable_get(fd);
  const struct portres__endpoint* endpoint = portres__bind_find(fd, handle);
  int patience = 0;
  int result = -1;

  while (result != 0 && errno == EADDRINUSE && endpoint != NULL &&
         portres__swap_may_listen_yet(endpoint, &patience)) {
    result = portres__real()->listen(fd, backlog);
  }
  return result;
}

int portres__hook_listen(int fd, int backlog) {
  int result;

  if (portres__unchanged_is_on() && portres__fdtable_get(fd) == 0 &&
      portres__unchanged_listen(fd, backlog, &result)) {
    return result;
  }
  if (portres__before_listen(fd) != 0) {
    return -1;
  }
  result = portres__real()->listen(fd, backlog);
  return result != 0 && errno == EADDRINUSE && portres__guards_are_used()
             ? listen_again(fd, backlog)
             : result;
}

ssize_t portres__hook_send(int fd, const void* data, size_t len, int flags) {
  return portres__before_send(fd, flags, false) != 0
             ? -1
             : portres__real()->send(fd, data, len, flags);
}

ssize_t portres__hook_sendto(int fd,
                             const void* data,
                             size_t len,
                             int flags,
                             const struct sockaddr* address,
                             socklen_t address_len) {
  return portres__before_send(fd, flags, address != NULL) != 0
             ? -1
             : portres__real()->sendto(fd, data, len, flags, address,
                                       address_len);
}

ssize_t portres__hook_sendmsg(int fd, const struct msghdr* message, int flags) {
  ssize_t result = -1;

  if (portres__before_send(fd, flags, true) == 0) {
    result = portres__real()->sendmsg(fd, message, flags);
  }
  if (result >= 0) {
    portres__rights_sent(message);
  }
  return result;
}
