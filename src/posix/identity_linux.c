/* identity_linux.c - SO_COOKIE is unique since boot; an inode number comes
 * again after 2^32 sockets, which is for systems without the former. A file is
 * not asked what it is: that may take as long as a network disk is away. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "socket_posix.h"

uint64_t portres__socket_identity(int s) {
  struct stat status;
#ifdef SO_COOKIE
  uint64_t cookie;
  socklen_t cookie_len = sizeof cookie;

  if (getsockopt(s, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_len) == 0) {
    return cookie;
  }
  if (errno == ENOTSOCK || errno == EBADF) {
    return 0;
  }
#endif
  return fstat(s, &status) == 0 && S_ISSOCK(status.st_mode)
             ? (uint64_t)status.st_ino
             : 0;
}
