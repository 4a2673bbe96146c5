/* sendmmsg.c - several messages at once: not on DragonFly. */
#include "hook_posix.h"
#include "implicit_posix.h"
#include "real_posix.h"
#include "rights_posix.h"

portres__mmsg_result portres__hook_sendmmsg(int fd,
                                            struct mmsghdr* messages,
                                            portres__mmsg_count message_count,
                                            int flags) {
  portres__mmsg_result result = -1;

  if (message_count == 0 || portres__before_send(fd, flags, true) == 0) {
    result = portres__real()->sendmmsg(fd, messages, message_count, flags);
  }
  for (portres__mmsg_result i = 0; i < result; i++) {
    portres__rights_sent(&messages[i].msg_hdr);
  }
  return result;
}

portres__mmsg_result hook_sendmmsg(int s,
                                   struct mmsghdr* messages,
                                   portres__mmsg_count count,
                                   int flags) PORTRES__HOOK(sendmmsg);
portres__mmsg_result hook_sendmmsg(int s,
                                   struct mmsghdr* messages,
                                   portres__mmsg_count count,
                                   int flags) {
  return portres__hook_sendmmsg(s, messages, count, flags);
}
