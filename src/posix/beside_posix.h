/* beside_posix.h - bind a socket to a port while another one has it, so that
 * the port is nobody else's in between. */
#ifndef PORTRES_BESIDE_POSIX_H
#define PORTRES_BESIDE_POSIX_H

#include <stdbool.h>
#include <sys/socket.h>

/* The rights of way_posix.h that help to bind to this address. */
unsigned portres__beside_rights(const struct sockaddr* address,
                                socklen_t address_len);

/* What becomes of the guard that let a socket in. */
enum portres__beside_fate {
  PORTRES__BESIDE_STAYS,
  PORTRES__BESIDE_ENDS,  /* it is to be closed, and need not be restored */
  PORTRES__BESIDE_ASIDE, /* portres__guard_come_back(), if that can be */
};

struct portres__beside {
  int newcomer;         /* is bound */
  int holder;           /* has the port */
  bool is_guard_new;    /* of the two, which one is our guard */
  bool is_holder_aside; /* it is a guard that has stepped aside, and stays so */
  bool is_shared;       /* the program's socket, with other processes */
  int aside; /* a guard that has the port, too, and has stepped aside; it
              * is to be closed if this works. -1: none */
  enum portres__beside_fate fate;
};

struct portres__beside_outcome {
  /* The kernel goes on letting in whom it let in for the moment:
   * portres__guard_clean. */
  bool is_unclean;
  bool is_aside; /* the guard */
};

/* Bind the newcomer. Whatever comes of it, the program's socket has the flags,
 * the device and the owner that it had; and so has a guard that stays.
 * Async-signal-safe. Returns: 0, or the negative of an errno, which is left
 * alone. */
int portres__beside_bind(const struct portres__beside* pair,
                         const struct sockaddr* address,
                         socklen_t address_len,
                         struct portres__beside_outcome* out);

#endif
