/* fdset.h - fd_set as Winsock has it: a count and an array of sockets.
 *
 * The system's type of that name cannot be named after this; struct fd_set is
 * one and the same here, as on Windows.
 */
#ifndef PORTRES_WS_FDSET_H
#define PORTRES_WS_FDSET_H

#include "socket.h"

static inline int portres_ws_fd_isset(SOCKET s, const portres_ws_fd_set* set) {
  u_int i;
  for (i = 0; i < set->fd_count; i++) {
    if (set->fd_array[i] == s) {
      return 1;
    }
  }
  return 0;
}

static inline void portres_ws_fd_add(SOCKET s, portres_ws_fd_set* set) {
  if (!portres_ws_fd_isset(s, set) &&
      set->fd_count < (u_int)PORTRES_WS_FD_SETSIZE) {
    set->fd_array[set->fd_count++] = s;
  }
}

static inline void portres_ws_fd_remove(SOCKET s, portres_ws_fd_set* set) {
  u_int kept = 0;
  u_int i;
  for (i = 0; i < set->fd_count; i++) {
    if (set->fd_array[i] != s) {
      set->fd_array[kept++] = set->fd_array[i];
    }
  }
  set->fd_count = kept;
}

#undef FD_SETSIZE
#undef FD_ZERO
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#define FD_SETSIZE PORTRES_WS_FD_SETSIZE
#define FD_ZERO(set) ((void)((set)->fd_count = 0))
#define FD_SET(s, set) portres_ws_fd_add((SOCKET)(s), (set))
#define FD_CLR(s, set) portres_ws_fd_remove((SOCKET)(s), (set))
#define FD_ISSET(s, set) portres_ws_fd_isset((SOCKET)(s), (set))

#define fd_set portres_ws_fd_set
typedef fd_set *PFD_SET, *LPFD_SET;

#endif
