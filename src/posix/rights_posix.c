#include "rights_posix.h"

#include <stdint.h>
#include <string.h>

#include "copies_posix.h"
#include "descriptor_posix.h"
#include "real_posix.h"

static void see_rights(const struct cmsghdr* control, void (*see)(int)) {
  size_t data_len = control->cmsg_len - CMSG_LEN(0);
  const unsigned char* data = CMSG_DATA(control);
  int fd;

  for (size_t at = 0; at + sizeof fd <= data_len; at += sizeof fd) {
    memcpy(&fd, data + at, sizeof fd);
    see(fd);
  }
}

static void see_message(const struct msghdr* message, void (*see)(int)) {
  struct msghdr* mutable_message = (struct msghdr*)(uintptr_t)message;
  struct cmsghdr* control = CMSG_FIRSTHDR(mutable_message);

  for (; control != NULL; control = CMSG_NXTHDR(mutable_message, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS) {
      see_rights(control, see);
    }
  }
}

void portres__rights_sent(const struct msghdr* message) {
  see_message(message, portres__copies_note);
}

void portres__rights_received(const struct msghdr* message) {
  see_message(message, portres__descriptor_is_received);
}

ssize_t portres__hook_recvmsg(int fd, struct msghdr* message, int flags) {
  ssize_t result = portres__real()->recvmsg(fd, message, flags);

  if (result >= 0) {
    portres__rights_received(message);
  }
  return result;
}
