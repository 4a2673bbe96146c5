/* beside_posix.h - bind a socket to a port while another one has it, so that
 * the port is nobody else's in between. */
#ifndef PORTRES_BESIDE_POSIX_H
#define PORTRES_BESIDE_POSIX_H

#include <stdbool.h>
#include <sys/socket.h>

/* The rights of way_posix.h that help to bind to this address. */
unsigned portres__beside_rights(const struct sockaddr* address,
                                socklen_t address_len);

struct portres__beside {
  int newcomer;      /* is bound */
  int holder;        /* has the port */
  bool is_guard_new; /* of the two, which one is our guard */
  bool ends_guard;   /* it is closed if this works, and need not be restored */
};

/* Bind the newcomer. Whatever comes of it, the program's socket has the flags,
 * the device and the owner that it had; and so has a guard that stays.
 * Async-signal-safe. Returns: 0, or the negative of an errno, which is left
 * alone; and whether the kernel goes on letting in whom it let in for the
 * moment: portres__guard_clean.
 */
int portres__beside_bind(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len,
                         bool* is_unclean_out);

#endif
