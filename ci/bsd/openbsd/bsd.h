/* bsd.h - the facsimiles, as OpenBSD 7.4 has it. */
#ifndef BSD_H
#define BSD_H

#ifndef BSD_NAME
#define BSD_NAME(name)
#define BSD_SOCKET
#define BSD_ERRNO __errno
#endif
#define BSD_STORAGE_SIZE 256
#define BSD_IOVLEN unsigned
#define BSD_F_DUPFD_CLOEXEC 10
#define BSD_KERN_BOOTTIME 21

#define AF_INET6 24
#define SOCK_CLOEXEC 0x8000
#define SOCK_NONBLOCK 0x4000
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_DOMAIN 0x1024
#define SO_PROTOCOL 0x1025
#define MSG_NOSIGNAL 0x400
#define MSG_CMSG_CLOEXEC 0x800
#define MAP_INHERIT_ZERO 3
#define IPCTL_IPPORT_FIRSTAUTO 7
#define IPCTL_IPPORT_LASTAUTO 8

#define BSD_SYSCTL
#define BSD_MMSG                                                        \
  struct timespec;                                                      \
  struct mmsghdr {                                                      \
    struct msghdr msg_hdr;                                              \
    unsigned msg_len;                                                   \
  };                                                                    \
  int sendmmsg(int, struct mmsghdr*, unsigned, int) BSD_NAME(sendmmsg); \
  int recvmmsg(int, struct mmsghdr*, unsigned, int, struct timespec*)   \
      BSD_NAME(recvmmsg);

/* For like/values.c. */
#define LIKE_VALUES                                                \
  .is_v6_always_only = 1, .takes_unspecified = 0, .first_port = 0, \
  .last_port = 0, .boot_id = 0

#endif
