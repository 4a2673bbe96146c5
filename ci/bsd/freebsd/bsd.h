/* bsd.h - the facsimiles, as FreeBSD 14 has it. */
#ifndef BSD_H
#define BSD_H

#ifndef BSD_NAME
#define BSD_NAME(name)
#define BSD_SOCKET
#define BSD_ERRNO __error
#endif
#define BSD_STORAGE_SIZE 128
#define BSD_IOVLEN int
#define BSD_F_DUPFD_CLOEXEC 17
#define BSD_KERN_BOOTTIME 21

#define AF_INET6 28
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_PROTOCOL 0x1016
#define SO_DOMAIN 0x1019
#define MSG_NOSIGNAL 0x20000
#define MSG_CMSG_CLOEXEC 0x40000
#define INHERIT_ZERO 3
#define F_DUP2FD 10
#define F_DUP2FD_CLOEXEC 18

#define BSD_SYSCTL                                                   \
  int sysctlbyname(const char*, void*, size_t*, const void*, size_t) \
      BSD_NAME(sysctlbyname);
#define BSD_MMSG                                                              \
  struct timespec;                                                            \
  struct mmsghdr {                                                            \
    struct msghdr msg_hdr;                                                    \
    ssize_t msg_len;                                                          \
  };                                                                          \
  ssize_t sendmmsg(int, struct mmsghdr*, size_t, int) BSD_NAME(sendmmsg);     \
  ssize_t recvmmsg(int, struct mmsghdr*, size_t, int, const struct timespec*) \
      BSD_NAME(recvmmsg);

/* For like/values.c. */
#define LIKE_VALUES                               \
  .is_v6_always_only = 0, .takes_unspecified = 1, \
  .first_port = "net.inet.ip.portrange.first",    \
  .last_port = "net.inet.ip.portrange.last", .boot_id = "kern.boot_id"

#endif
