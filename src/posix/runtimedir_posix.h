/* runtimedir_posix.h - the directory of this user's ledgers.
 *
 * PORTRES_RUNTIME_DIR, or else $XDG_RUNTIME_DIR/portres or
 * /run/user/UID/portres where that is this user's, or else
 * /dev/shm/portres-UID (/tmp where there is no /dev/shm). Which one does not
 * hang on what can be written: processes that went to different ones would not
 * see each other. Nobody but this user may be able to change what is in it: one
 * that is another user's, a symbolic link, or for others to write is refused
 * (ECORRUPT), and nothing in it is touched.
 *
 * All but the listing is async-signal-safe.
 */
#ifndef PORTRES_RUNTIMEDIR_POSIX_H
#define PORTRES_RUNTIMEDIR_POSIX_H

#include <stdbool.h>

/* A descriptor of it. Returns: 0; ENOTFOUND: it is not there, and not to be
 * made; EACCES: it cannot be made or read; ECORRUPT; EDISKFULL; ENOBUFS. */
int portres__runtimedir_open(bool may_make, int* dir_out);

/* Call `visit` with each directory that may have ledgers and that this process
 * may read: its own one and, for root, those of all users. */
void portres__runtimedir_each(void (*visit)(int dir, void* arg), void* arg);

#endif
