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

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum portres__way {
  PORTRES__WAY_REUSEPORT = 0,
  PORTRES__WAY_REUSEADDR = 1,
  PORTRES__WAY_OWNER = 2,
  PORTRES__WAY_DEVICE = 4
};

/* Those of the last two that this thread has the rights for, now. Asks the
 * kernel whether it has them yet if it ever had. Async-signal-safe. */
unsigned portres__way_rights(void);

/* A user that nobody is, and another one than before: of TCP, Linux remembers
 * the user of the last socket that it let in, and lets in the next one of his
 * without a look at those that are there. */
unsigned portres__way_draw_owner(void);

/* Have the socket hear nothing from now on: neither datagrams nor requests for
 * connections, which are not answered then. */
void portres__way_deafen(int fd);

/* --- What a socket is for the moment ---
 *
 * All return 0 or an errno value. Inline, for the reason of kernel_posix.h. */

/* The user to whom a socket belongs. ENOTSOCK: it is another file, which is not
 * to be given away. */
static inline int portres__way_get_owner(int fd, unsigned* out) {
  struct stat status;

  if (fstat(fd, &status) != 0) {
    return errno;
  }
  *out = status.st_uid;
  return S_ISSOCK(status.st_mode) ? 0 : ENOTSOCK;
}

static inline int portres__way_set_owner(int fd, unsigned owner) {
  return fchown(fd, owner, (gid_t)-1) == 0 ? 0 : errno;
}

/* The device that a socket is bound to; 0: none. Those of a number from
 * PORTRES__WAY_NO_DEVICE on are not there. To a socket that is bound to one no
 * datagram comes, and it bears whoever is bound to another, and nobody else.
 * Linux 5.7 and later: anybody may choose one for a socket that has none. */
enum {
  PORTRES__WAY_NO_DEVICE = 0x70727472, /* and the next: parties of a truce */
  PORTRES__WAY_DEVICE_ASIDE = PORTRES__WAY_NO_DEVICE + 16,
  PORTRES__WAY_DEVICE_ASKING
};

static inline int portres__way_get_device(int fd, int* out) {
  socklen_t out_len = sizeof *out;

  return getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, out, &out_len) == 0
             ? 0
             : errno;
}

static inline int portres__way_set_device(int fd, int device) {
  return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof device) ==
                 0
             ? 0
             : errno;
}

#endif
