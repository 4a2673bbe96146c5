/* netns_posix.h - in which network namespace a socket is.
 *
 * A socket stays where it was made, though its thread goes elsewhere; and a
 * port that is taken in one namespace is free in another.
 */
#ifndef PORTRES_NETNS_POSIX_H
#define PORTRES_NETNS_POSIX_H

#include <stdbool.h>
#include <stdint.h>

struct portres__netns {
  uint64_t number;
  bool is_cookie; /* never given twice in a boot; else an inode, which may be */
};

static inline bool portres__netns_is_same(struct portres__netns a,
                                          struct portres__netns b) {
  return a.number == b.number && a.is_cookie == b.is_cookie;
}

/* Of the socket; of this thread when s is -1. False: it cannot be told.
 * Async-signal-safe. */
bool portres__netns_of(int s, struct portres__netns* out);

#endif
