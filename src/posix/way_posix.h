/* way_posix.h - how one socket may bind a port beside another one that has it.
 *
 * The kernel looks at the flags of sockets when one binds, not when they were
 * bound; so what makes two of them bear each other can be turned on for a
 * moment, and whoever does not bear both stays out meanwhile. By measurement
 * (10^5 swaps, an adversary at bind() on the other processor), these get in:
 *
 *   DEVICE     nobody: the two are bound to two devices that are not there
 *   OWNER      nobody: SO_REUSEPORT is for sockets of one user, and for the
 *              moment both belong to a user that nobody is
 *   REUSEPORT  who is the same user, and sets SO_REUSEPORT
 *   REUSEADDR  who sets SO_REUSEADDR: only where the two are of two users
 */
#ifndef PORTRES_WAY_POSIX_H
#define PORTRES_WAY_POSIX_H

enum portres__way {
  PORTRES__WAY_REUSEPORT = 0,
  PORTRES__WAY_REUSEADDR = 1,
  PORTRES__WAY_OWNER = 2,
  PORTRES__WAY_DEVICE = 4
};

/* Those of the last two that this thread has the rights for, now. Asks the
 * kernel whether it has them yet if it ever had. Async-signal-safe. */
unsigned portres__way_rights(void);

/* Have the sockets belong to a user that nobody is; take it back, where `guard`
 * may be -1. Returns: 0 or an errno value. */
struct portres__way_owners {
  unsigned of_user;
  unsigned of_guard;
};
int portres__way_lend(int user, int guard, struct portres__way_owners* out);
void portres__way_return(int user,
                         int guard,
                         struct portres__way_owners owners);

/* Bind the two to different devices; unbind them, where `guard` may be -1. The
 * program's own device stays. Returns: 0 or an errno value. */
int portres__way_part(int user, int guard, int* device_out);
void portres__way_join(int user, int guard, int device);

/* Have the socket hear nothing from now on: neither datagrams nor requests for
 * connections, which are not answered then. */
void portres__way_deafen(int fd);

#endif
