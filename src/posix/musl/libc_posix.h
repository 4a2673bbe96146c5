/* libc_posix.h - the calls that only some libcs have: musl has none of them.
 * Its headers make fcntl64 and freopen64 other words for fcntl and freopen. */
#ifndef PORTRES_LIBC_POSIX_H
#define PORTRES_LIBC_POSIX_H

#define PORTRES__REAL_CALLS_OF_LIBC(CALL)

#endif
