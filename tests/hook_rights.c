#include "hook_rights.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hook_support.h"

/* One byte of data and room for one descriptor. */
struct letter {
  char byte;
  struct iovec data;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  struct mmsghdr message;
};

static void prepare(struct letter* letter) {
  memset(letter, 0, sizeof *letter);
  letter->data = (struct iovec){&letter->byte, 1};
  letter->message.msg_hdr =
      (struct msghdr){.msg_iov = &letter->data,
                      .msg_iovlen = 1,
                      .msg_control = letter->control,
                      .msg_controllen = sizeof letter->control};
}

void hook_rights_send(int s, int ends[2]) {
  struct letter letter;
  prepare(&letter);
  struct cmsghdr* header = CMSG_FIRSTHDR(&letter.message.msg_hdr);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &s, sizeof s);
  assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
  assert_int_equal(sendmsg(ends[0], &letter.message.msg_hdr, 0), 1);
}

void hook_rights_finish(const int ends[2]) {
  net_close(ends[0]);
  net_close(ends[1]);
}

static int received(struct letter* letter, long count) {
  int s = -1;
  struct cmsghdr* header = CMSG_FIRSTHDR(&letter->message.msg_hdr);
  if (count == 1 && header != NULL) {
    memcpy(&s, CMSG_DATA(header), sizeof s);
  }
  return s;
}

static int receive(int channel, int flags) {
  struct letter letter;
  prepare(&letter);
  return received(&letter, recvmsg(channel, &letter.message.msg_hdr, flags));
}

int hook_by_recvmsg(int channel) {
  return receive(channel, 0);
}

int hook_by_recvmsg_cloexec(int channel) {
  return receive(channel, MSG_CMSG_CLOEXEC);
}

int hook_by_recvmmsg(int channel) {
  struct letter letter;
  prepare(&letter);
  return received(&letter, recvmmsg(channel, &letter.message, 1, 0, NULL));
}

int hook_by_raw_recvmsg(int channel) {
  struct letter letter;
  prepare(&letter);
  return received(&letter,
                  syscall(SYS_recvmsg, channel, &letter.message.msg_hdr, 0));
}

int hook_by_raw_recvmmsg(int channel) {
  struct letter letter;
  prepare(&letter);
  return received(&letter,
                  syscall(SYS_recvmmsg, channel, &letter.message, 1, 0, NULL));
}
