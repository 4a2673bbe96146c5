/* beside_posix.c - the ways of way_posix.h, gone: the best there is. */
#include "beside_posix.h"

#include <errno.h>
#include <sys/stat.h>

#include "address_posix.h"
#include "kernel_posix.h"
#include "way_posix.h"

static int user_of(const struct portres__beside* pair) {
  return pair->is_guard_new ? pair->holder : pair->newcomer;
}

static int guard_of(const struct portres__beside* pair) {
  return pair->is_guard_new ? pair->newcomer : pair->holder;
}

/* Returns: 0 or an errno value. */
static int set_flag(int fd, int name, int value) {
  return setsockopt(fd, SOL_SOCKET, name, &value, sizeof value) == 0 ? 0
                                                                     : errno;
}

/* The program's flag goes first: from then on nobody is let in any more. */
static int bind_with_flag(const struct portres__beside* pair,
                          const struct sockaddr* address,
                          socklen_t address_len,
                          int name) {
  int user = user_of(pair);
  int guard = guard_of(pair);
  int own = 0;
  socklen_t own_len = sizeof own;
  int error;
  int result;

  if (getsockopt(user, SOL_SOCKET, name, &own, &own_len) != 0) {
    return -errno;
  }
  error = own != 0 ? 0 : set_flag(user, name, 1);
  if (error != 0) {
    return -error;
  }
  error = set_flag(guard, name, 1);
  result = error != 0
               ? -error
               : portres__kernel_bind(pair->newcomer, address, address_len);
  if (own == 0) {
    set_flag(user, name, 0);
  }
  if (result != 0 || !pair->ends_guard) {
    set_flag(guard, name, 0);
  }
  return result;
}

static int bind_by_owner(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len) {
  struct portres__way_owners owners;
  int error = portres__way_lend(user_of(pair), guard_of(pair), &owners);
  int result;

  if (error != 0) {
    return -error;
  }
  result = bind_with_flag(pair, address, address_len, SO_REUSEPORT);
  portres__way_return(user_of(pair),
                      result == 0 && pair->ends_guard ? -1 : guard_of(pair),
                      owners);
  return result;
}

static int bind_by_device(const struct portres__beside* pair,
                          const struct sockaddr* address,
                          socklen_t address_len) {
  int device = 0;
  int error = portres__way_part(user_of(pair), guard_of(pair), &device);
  int result;

  if (error != 0) {
    return -error;
  }
  result = portres__kernel_bind(pair->newcomer, address, address_len);
  portres__way_join(user_of(pair),
                    result == 0 && pair->ends_guard ? -1 : guard_of(pair),
                    device);
  return result;
}

/* An IPv6 address of an interface must be one of the socket's device. */
static bool allows_device(const struct sockaddr* address,
                          socklen_t address_len) {
  union portres__address copy = {.any = {0}};

  if (portres__address_family(address) != AF_INET6) {
    return true;
  }
  memcpy(&copy, address, address_len < sizeof copy ? address_len : sizeof copy);
  return IN6_IS_ADDR_UNSPECIFIED(&copy.in6.sin6_addr);
}

/* The process has become another user since it made one of the two. */
static bool are_of_two_users(const struct portres__beside* pair) {
  struct stat newcomer;
  struct stat holder;

  return fstat(pair->newcomer, &newcomer) == 0 &&
         fstat(pair->holder, &holder) == 0 && newcomer.st_uid != holder.st_uid;
}

static int bind_without_rights(const struct portres__beside* pair,
                               const struct sockaddr* address,
                               socklen_t address_len) {
  int result = bind_with_flag(pair, address, address_len, SO_REUSEPORT);

  if (result == -EADDRINUSE && are_of_two_users(pair)) {
    result = bind_with_flag(pair, address, address_len, SO_REUSEADDR);
  }
  return result;
}

int portres__beside_bind(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len,
                         bool* is_unclean_out) {
  unsigned rights = portres__way_rights();
  int saved_errno = errno;
  int result;

  *is_unclean_out = false;
  if ((rights & PORTRES__WAY_DEVICE) != 0 &&
      allows_device(address, address_len)) {
    result = bind_by_device(pair, address, address_len);
  } else if ((rights & PORTRES__WAY_OWNER) != 0) {
    result = bind_by_owner(pair, address, address_len);
  } else {
    result = bind_without_rights(pair, address, address_len);
    *is_unclean_out = result == 0;
  }
  errno = saved_errno;
  return result;
}
