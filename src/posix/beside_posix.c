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

/* The guard that is closed if all goes well; -1: none. */
static int ended_of(const struct portres__beside* pair) {
  return pair->fate == PORTRES__BESIDE_ENDS ? guard_of(pair) : pair->aside;
}

/* Whom the socket bears by its own options the guard must bear, and nobody
 * else: one that bears a stranger lets him in, whatever the socket's options
 * are. */
static void share_flag(const struct portres__beside* pair, int option) {
  int value = 0;
  socklen_t value_len = sizeof value;

  if (getsockopt(user_of(pair), SOL_SOCKET, option, &value, &value_len) == 0 &&
      (value != 0 || pair->is_holder_aside)) {
    setsockopt(guard_of(pair), SOL_SOCKET, option, &value, sizeof value);
  }
}

/* The guard steps aside amid the truce, for afterwards datagrams would be as
 * much its own as the socket's; and Linux has had the two in one group of
 * SO_REUSEPORT, which the guard leaves by this. */
static int bind_by(enum portres__way way,
                   const struct portres__beside* pair,
                   const struct sockaddr* address,
                   socklen_t address_len,
                   bool* is_aside_out) {
  struct portres__truce truce = {
      .parties = {{.fd = user_of(pair)},
                  {.fd = guard_of(pair), .is_guard = !pair->is_holder_aside},
                  {.fd = pair->aside}}};
  int result = -portres__truce_begin(&truce, way, pair->aside < 0 ? 2 : 3);

  if (result == 0) {
    result = portres__kernel_bind(pair->newcomer, address, address_len);
  }
  *is_aside_out = result == 0 && pair->fate == PORTRES__BESIDE_ASIDE &&
                  portres__truce_step_aside(&truce.parties[1]) == 0;
  portres__truce_end(&truce, result == 0 ? ended_of(pair) : -1);
  if (*is_aside_out || (result == 0 && pair->is_holder_aside)) {
    share_flag(pair, SO_REUSEADDR);
    share_flag(pair, SO_REUSEPORT);
  }
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

/* The device is the faster way; but for that moment nothing comes to the
 * socket, and whoever connects to a listener that a child serves is refused. */
static enum portres__way choose_way(unsigned rights, bool is_shared) {
  unsigned first = is_shared ? PORTRES__WAY_OWNER : PORTRES__WAY_DEVICE;

  return (rights & first) != 0                 ? (enum portres__way)first
         : (rights & PORTRES__WAY_DEVICE) != 0 ? PORTRES__WAY_DEVICE
         : (rights & PORTRES__WAY_OWNER) != 0  ? PORTRES__WAY_OWNER
                                               : PORTRES__WAY_REUSEPORT;
}

int portres__beside_bind(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len,
                         struct portres__beside_outcome* out) {
  unsigned rights = portres__beside_rights(address, address_len);
  enum portres__way way = choose_way(rights, pair->is_shared);
  int saved_errno = errno;
  int result = bind_by(way, pair, address, address_len, &out->is_aside);

  if (result == -EADDRINUSE && way == PORTRES__WAY_REUSEPORT &&
      (portres__truce_is_of_two_users(pair->newcomer, pair->holder) ||
       portres__truce_is_of_two_users(pair->newcomer, pair->aside))) {
    result = bind_by(PORTRES__WAY_REUSEADDR, pair, address, address_len,
                     &out->is_aside);
  }
  out->is_unclean = result == 0 && way == PORTRES__WAY_REUSEPORT;
  errno = saved_errno;
  return result;
}
