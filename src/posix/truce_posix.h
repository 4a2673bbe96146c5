/* truce_posix.h - sockets that bear each other at one port, for a moment.
 *
 * While it lasts each party may be bound or listen beside the others, and
 * strangers may not; but for those that way_posix.h tells of. All is
 * async-signal-safe, and inline for the reason of kernel_posix.h.
 */
#ifndef PORTRES_TRUCE_POSIX_H
#define PORTRES_TRUCE_POSIX_H

#include <stdbool.h>

#include "way_posix.h"

struct portres__truce_party {
  int fd;
  bool is_guard; /* it is known to have no flag and no device */
  int flag;      /* what it had before, as far as that is changed */
  int device;
  unsigned owner;
};

enum { PORTRES__TRUCE_PARTIES = 3 };

struct portres__truce {
  enum portres__way way;
  unsigned owner;
  unsigned count; /* of those who have joined */
  struct portres__truce_party parties[PORTRES__TRUCE_PARTIES];
};

static inline int portres__truce_flag(const struct portres__truce* truce) {
  return truce->way == PORTRES__WAY_REUSEADDR ? SO_REUSEADDR : SO_REUSEPORT;
}

static inline int portres__truce_set_flag(const struct portres__truce* truce,
                                          int fd,
                                          int value) {
  return setsockopt(fd, SOL_SOCKET, portres__truce_flag(truce), &value,
                    sizeof value) == 0
             ? 0
             : errno;
}

/* --- Begin --- */

/* A device for each; a program's own is as good. */
static inline int portres__truce_join_by_device(
    const struct portres__truce* truce, struct portres__truce_party* party) {
  int error =
      party->is_guard ? 0 : portres__way_get_device(party->fd, &party->device);

  if (error == 0 && party->device == 0) {
    error = portres__way_set_device(
        party->fd, (int)(PORTRES__WAY_NO_DEVICE + truce->count));
  }
  return error;
}

static inline int portres__truce_join_by_flag(
    const struct portres__truce* truce, struct portres__truce_party* party) {
  socklen_t flag_len = sizeof party->flag;

  if (!party->is_guard &&
      getsockopt(party->fd, SOL_SOCKET, portres__truce_flag(truce),
                 &party->flag, &flag_len) != 0) {
    return errno;
  }
  return party->flag != 0 ? 0 : portres__truce_set_flag(truce, party->fd, 1);
}

static inline int portres__truce_join_by_owner(
    const struct portres__truce* truce, struct portres__truce_party* party) {
  int error = portres__way_get_owner(party->fd, &party->owner);

  return error != 0 ? error : portres__way_set_owner(party->fd, truce->owner);
}

static inline int portres__truce_join(const struct portres__truce* truce,
                                      struct portres__truce_party* party) {
  int error = 0;

  if (truce->way == PORTRES__WAY_DEVICE) {
    return portres__truce_join_by_device(truce, party);
  }
  if (truce->way == PORTRES__WAY_OWNER) {
    error = portres__truce_join_by_owner(truce, party);
  }
  if (error == 0) {
    error = portres__truce_join_by_flag(truce, party);
    if (error != 0 && truce->way == PORTRES__WAY_OWNER) {
      portres__way_set_owner(party->fd, party->owner);
    }
  }
  return error;
}

/* Between so many parties, of which `fd` and `is_guard` are given. Returns: 0,
 * or an errno value; then it is to be ended all the same. */
static inline int portres__truce_begin(struct portres__truce* truce,
                                       enum portres__way way,
                                       unsigned party_count) {
  int error = 0;

  truce->way = way;
  truce->owner = way == PORTRES__WAY_OWNER ? portres__way_draw_owner() : 0;
  truce->count = 0;
  while (error == 0 && truce->count < party_count) {
    error = portres__truce_join(truce, &truce->parties[truce->count]);
    truce->count += error == 0;
  }
  return error;
}

/* --- End --- */

/* The party, a guard, has no part in what comes to the port from now on, the
 * end of the truce included. Returns: 0 or an errno value. */
static inline int portres__truce_step_aside(
    struct portres__truce_party* guard) {
  int error = portres__way_set_device(guard->fd, PORTRES__WAY_DEVICE_ASIDE);

  if (error == 0) {
    guard->device = PORTRES__WAY_DEVICE_ASIDE;
  }
  return error;
}

static inline void portres__truce_part(
    const struct portres__truce* truce,
    const struct portres__truce_party* party) {
  if (truce->way == PORTRES__WAY_DEVICE) {
    if (party->device == 0) {
      portres__way_set_device(party->fd, 0);
    }
    return;
  }
  if (party->flag == 0) {
    portres__truce_set_flag(truce, party->fd, 0);
  }
  if (truce->way == PORTRES__WAY_OWNER) {
    portres__way_set_owner(party->fd, party->owner);
  }
}

/* All parties are again what they were, but for one that is about to be closed
 * (-1: all of them). From the moment on that the first is, nobody is let in. */
static inline void portres__truce_end(const struct portres__truce* truce,
                                      int closed) {
  for (unsigned i = 0; i < truce->count; i++) {
    if (truce->parties[i].fd != closed) {
      portres__truce_part(truce, &truce->parties[i]);
    }
  }
}

/* The two belong to different users: one has changed since it was made. Flags
 * that are for sockets of one user do not help then. */
static inline bool portres__truce_is_of_two_users(int fd, int other) {
  unsigned owner = 0;
  unsigned other_owner = 0;

  return portres__way_get_owner(fd, &owner) == 0 &&
         portres__way_get_owner(other, &other_owner) == 0 &&
         owner != other_owner;
}

#endif
