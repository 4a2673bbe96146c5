#include <sys/socket.h>
#include <sys/stat.h>

#include "netns_posix.h"
#include "real_posix.h"

#ifndef SO_NETNS_COOKIE
enum { SO_NETNS_COOKIE = 71 };
#endif

/* Linux 5.14. */
static bool ask_socket(int s, struct portres__netns* out) {
  uint64_t cookie;
  socklen_t cookie_len = sizeof cookie;

  if (getsockopt(s, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &cookie_len) != 0) {
    return false;
  }
  out->number = cookie;
  out->is_cookie = true;
  return true;
}

/* Of the thread; and an inode's number comes again when its namespace is gone:
 * for kernels that have nothing better. */
static bool ask_inode(struct portres__netns* out) {
  struct stat facts;

  if (stat("/proc/thread-self/ns/net", &facts) != 0) {
    return false;
  }
  out->number = facts.st_ino;
  out->is_cookie = false;
  return true;
}

bool portres__netns_of(int s, struct portres__netns* out) {
  int own =
      s >= 0 ? -1
             : portres__real()->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool is_known = ask_socket(s >= 0 ? s : own, out);

  if (own >= 0) {
    portres__real()->close(own);
  }
  return is_known || ask_inode(out);
}
