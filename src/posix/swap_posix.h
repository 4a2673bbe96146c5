/* swap_posix.h - a socket takes its port over from the guard, and back.
 *
 * In between the port is never free: the socket is bound while the guard has
 * the port yet, and when it is closed a guard is bound while it is still
 * there. All is async-signal-safe.
 */
#ifndef PORTRES_SWAP_POSIX_H
#define PORTRES_SWAP_POSIX_H

#include <sys/socket.h>

#include "endpoint.h"
#include "guards_posix.h"
#include "rare.h"

/* Bind the socket to the port, which is held, of a block with guards. Returns:
 * 0, or the negative of an errno, which is left alone. */
PORTRES__RARE int portres__swap_bind(struct portres__reservation* reservation,
                                     uint16_t port,
                                     int fd,
                                     const struct sockaddr* address,
                                     socklen_t address_len);

/* The guard that was bound beside a socket about to be closed. */
struct portres__successor {
  struct portres__slot* slot; /* NULL: none */
  bool is_unclean;
  bool may_listen_yet; /* the socket, in another process that may have it */
};

/* Before a close of this endpoint's descriptor; after it, with the endpoint
 * pinned yet; or instead, if the descriptor was not closed. */
PORTRES__RARE struct portres__successor portres__swap_before_close(
    int fd, const struct portres__endpoint* endpoint);
PORTRES__RARE void portres__swap_after_close(
    struct portres__successor successor,
    const struct portres__endpoint* endpoint);
PORTRES__RARE void portres__swap_undo(struct portres__successor successor,
                                      const struct portres__endpoint* endpoint);

/* Whether a listen() that failed may succeed in a moment: a child on its way to
 * exec has copies of our guards. */
PORTRES__RARE bool portres__swap_may_listen_yet(
    const struct portres__endpoint* endpoint, int* patience_io);

#endif
