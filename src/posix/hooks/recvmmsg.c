/* recvmmsg.c - several messages at once: not on DragonFly. */
#include "hook_posix.h"
#include "real_posix.h"
#include "rights_posix.h"

portres__mmsg_result portres__hook_recvmmsg(int fd,
                                            struct mmsghdr* messages,
                                            portres__mmsg_count message_count,
                                            int flags,
                                            struct timespec* timeout) {
  portres__mmsg_result result =
      portres__real()->recvmmsg(fd, messages, message_count, flags, timeout);

  for (portres__mmsg_result i = 0; i < result; i++) {
    portres__rights_received(&messages[i].msg_hdr);
  }
  return result;
}

portres__mmsg_result hook_recvmmsg(int s,
                                   struct mmsghdr* messages,
                                   portres__mmsg_count count,
                                   int flags,
                                   struct timespec* timeout)
    PORTRES__HOOK(recvmmsg);
portres__mmsg_result hook_recvmmsg(int s,
                                   struct mmsghdr* messages,
                                   portres__mmsg_count count,
                                   int flags,
                                   struct timespec* timeout) {
  return portres__hook_recvmmsg(s, messages, count, flags, timeout);
}
