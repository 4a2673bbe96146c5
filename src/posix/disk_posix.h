/* disk_posix.h - every system call that reads or changes the state directory.
 *
 * One table, so that a test can put a disk of its own under the store, which
 * fails, tears and dies at any call. Each member is the call of its name,
 * except that names are relative to a directory's descriptor (or AT_FDCWD),
 * and that a call which a signal or a short count interrupts is for the caller
 * to go on with.
 */
#ifndef PORTRES_DISK_POSIX_H
#define PORTRES_DISK_POSIX_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct portres__disk {
  int (*open)(int dir, const char* name, int flags, mode_t mode);
  int (*close)(int fd);
  int (*fstat)(int fd, struct stat* out);
  int (*stat)(int dir, const char* name, struct stat* out); /* of a link */
  int (*may_write)(int dir); /* by the effective user; 0 or -1 */
  ssize_t (*read)(int fd, void* out, size_t out_len);
  ssize_t (*pwrite)(int fd, const void* data, size_t data_len, off_t at);
  int (*chmod)(int fd, mode_t mode);
  int (*sync)(int fd);
  int (*rename)(int dir, const char* from, const char* to);
  int (*unlink)(int dir, const char* name);
  int (*mkdir)(int dir, const char* name, mode_t mode);
  int (*lock)(int fd); /* EWOULDBLOCK: another process has it */
  int (*unlock)(int fd);
};

extern const struct portres__disk portres__disk_real;
extern const struct portres__disk* portres__disk;

/* Write all of it, from this place on; false and errno: not all. */
bool portres__disk_write_at(int fd, const void* data, size_t len, off_t at);

/* Read until the end or until it is full. -1 and errno: failed. */
ssize_t portres__disk_read_all(int fd, void* out, size_t out_len);

#endif
