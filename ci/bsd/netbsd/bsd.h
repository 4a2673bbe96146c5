/* bsd.h - the facsimiles, as NetBSD 10 has it. */
#ifndef BSD_H
#define BSD_H

#ifndef BSD_NAME
#define BSD_NAME(name)
#define BSD_SOCKET __asm__("__socket30")
#define BSD_ERRNO __errno
#endif
#define BSD_STORAGE_SIZE 128
#define BSD_IOVLEN int
#define BSD_F_DUPFD_CLOEXEC 12
#define BSD_KERN_BOOTTIME 83

#define AF_INET6 24
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000
#define SO_SNDTIMEO 0x100b
#define SO_RCVTIMEO 0x100c
#define MSG_NOSIGNAL 0x400
#define MSG_CMSG_CLOEXEC 0x800
#define MAP_INHERIT_ZERO 4
#define F_CLOSEM 10
#define EFTYPE 79

#define BSD_SYSCTL                                                   \
  int sysctlbyname(const char*, void*, size_t*, const void*, size_t) \
      BSD_NAME(sysctlbyname);
#define BSD_MMSG                                                             \
  struct timespec;                                                           \
  struct mmsghdr {                                                           \
    struct msghdr msg_hdr;                                                   \
    unsigned msg_len;                                                        \
  };                                                                         \
  int sendmmsg(int, struct mmsghdr*, unsigned, unsigned) BSD_NAME(sendmmsg); \
  int recvmmsg(int, struct mmsghdr*, unsigned, unsigned, struct timespec*)   \
      BSD_NAME(recvmmsg);

/* For like/values.c. */
#define LIKE_VALUES                               \
  .is_v6_always_only = 0, .takes_unspecified = 0, \
  .first_port = "net.inet.ip.anonportmin",        \
  .last_port = "net.inet.ip.anonportmax", .boot_id = 0

#endif
