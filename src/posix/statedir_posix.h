/* statedir_posix.h - the directory of the store, and which of its files to
 *                    trust.
 *
 * PORTRES_STATE_DIR, or the one that the library was built with. Whoever may
 * change what is in it decides for all who look, so it must belong to root or
 * to this process' own user, who alone may make and replace its files: nobody
 * follows a symbolic link in it, and a file of somebody else's is refused.
 */
#ifndef PORTRES_STATEDIR_POSIX_H
#define PORTRES_STATEDIR_POSIX_H

#include <stddef.h>
#include <sys/stat.h>

/* A descriptor of the directory. Returns: 0, ENOTFOUND, EACCES, ECORRUPT,
 * ENOBUFS. Async-signal-safe. */
int portres__statedir_open(int* dir_out);

/* The same; a directory that is missing is made. Returns also: EDISKFULL. */
int portres__statedir_make(int* dir_out);

/* Open a file of the directory; `flags` may make it. Returns: 0; ENOTFOUND;
 * EACCES; ECORRUPT: it is no regular file of one who may make it; ENOBUFS. */
int portres__statedir_open_file(
    int dir, const char* name, int flags, mode_t mode, int* fd_out);

/* What lies there, in one system call and unjudged; 0 or -1. */
int portres__statedir_stat(const char* name, struct stat* out);

/* Have a file of this content: by another name first, in one step then, and on
 * the disk at the return. Lock: the store's. Returns: 0, EACCES, ECORRUPT,
 * EDISKFULL, ENOBUFS. */
int portres__statedir_replace(int dir,
                              const char* name,
                              const char* temporary,
                              const void* data,
                              size_t data_len);

/* A status for the errno of a call on the disk. */
int portres__statedir_status(int error);

/* The directory between portres__platform_store_lock and _unlock. */
int portres__statefile_dir(void);

/* In a forked child: let go of the parent's lock. */
void portres__statefile_after_fork(void);

/* In a forked child: nobody holds our lock. */
void portres__portmap_after_fork(void);

#endif
