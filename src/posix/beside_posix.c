/* beside_posix.c - the ways of way_posix.h, gone: the best there is. */
#include "beside_posix.h"

#include <errno.h>

#include "address_posix.h"
#include "kernel_posix.h"
#include "truce_posix.h"

static int user_of(const struct portres__beside* pair) {
  return pair->is_guard_new ? pair->holder : pair->newcomer;
}

static int guard_of(const struct portres__beside* pair) {
  return pair->is_guard_new ? pair->newcomer : pair->holder;
}

/* Returns: 0 or the negative of an errno. */
static int bind_by(enum portres__way way,
                   const struct portres__beside* pair,
                   const struct sockaddr* address,
                   socklen_t address_len) {
  struct portres__truce truce = {
      .parties = {{.fd = user_of(pair)},
                  {.fd = guard_of(pair), .is_guard = true}}};
  int result = -portres__truce_begin(&truce, way, 2);

  if (result == 0) {
    result = portres__kernel_bind(pair->newcomer, address, address_len);
  }
  portres__truce_end(&truce,
                     result == 0 && pair->ends_guard ? guard_of(pair) : -1);
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

unsigned portres__beside_rights(const struct sockaddr* address,
                                socklen_t address_len) {
  unsigned rights = portres__way_rights();

  return (rights & PORTRES__WAY_DEVICE) != 0 &&
                 !allows_device(address, address_len)
             ? rights & ~(unsigned)PORTRES__WAY_DEVICE
             : rights;
}

int portres__beside_bind(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len,
                         bool* is_unclean_out) {
  unsigned rights = portres__beside_rights(address, address_len);
  enum portres__way way =
      (rights & PORTRES__WAY_DEVICE) != 0  ? PORTRES__WAY_DEVICE
      : (rights & PORTRES__WAY_OWNER) != 0 ? PORTRES__WAY_OWNER
                                           : PORTRES__WAY_REUSEPORT;
  int saved_errno = errno;
  int result = bind_by(way, pair, address, address_len);

  if (result == -EADDRINUSE && way == PORTRES__WAY_REUSEPORT &&
      portres__truce_is_of_two_users(pair->newcomer, pair->holder)) {
    result = bind_by(PORTRES__WAY_REUSEADDR, pair, address, address_len);
  }
  *is_unclean_out = result == 0 && way == PORTRES__WAY_REUSEPORT;
  errno = saved_errno;
  return result;
}
