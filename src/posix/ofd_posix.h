/* ofd_posix.h - locks on ranges of a file that belong to an open file
 *               description (F_OFD_SETLK).
 *
 * Unlike fcntl's older locks they last when another descriptor of the file is
 * closed, pass on to forked children with the description, and end with its
 * last descriptor, however that one goes. All is async-signal-safe.
 */
#ifndef PORTRES_OFD_POSIX_H
#define PORTRES_OFD_POSIX_H

#include <stdbool.h>
#include <stdint.h>

/* A range of a file; or of one's lock. A count of 0 goes on for ever. */
struct portres__ofd_range {
  int64_t start;
  int64_t count;
};

/* Lock it, for nobody else or for others who only read; or give it back. Does
 * not wait. Returns: 0, or errno: EAGAIN: somebody has a part of it. */
int portres__ofd_lock(int fd, struct portres__ofd_range range);
int portres__ofd_lock_shared(int fd, struct portres__ofd_range range);
int portres__ofd_unlock(int fd, struct portres__ofd_range range);

/* Find a lock of another description in the range that forbids to write;
 * false: there is none. Not the lowest one if there are several. */
bool portres__ofd_find(int fd,
                       struct portres__ofd_range range,
                       struct portres__ofd_range* held_out,
                       bool* is_shared_out);

#endif
