/* sys/socket.h - a facsimile: what the BSDs have in common. Over the headers of
 * musl, which have the rest of libc; bsd.h has what each does its own way. */
#ifndef BSD_SYS_SOCKET_H
#define BSD_SYS_SOCKET_H

#include <bsd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef uint8_t sa_family_t;
typedef uint32_t bsd_socklen_t;
#define socklen_t bsd_socklen_t

struct sockaddr {
  uint8_t sa_len;
  sa_family_t sa_family;
  char sa_data[14];
};

struct sockaddr_storage {
  uint8_t ss_len;
  sa_family_t ss_family;
  char bsd_pad[BSD_STORAGE_SIZE - 8 - sizeof(int64_t)];
  int64_t bsd_align;
};

struct msghdr {
  void* msg_name;
  socklen_t msg_namelen;
  struct iovec* msg_iov;
  BSD_IOVLEN msg_iovlen;
  void* msg_control;
  socklen_t msg_controllen;
  int msg_flags;
};

struct cmsghdr {
  socklen_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};

struct linger {
  int l_onoff;
  int l_linger;
};

#define BSD_ALIGN(length) (((length) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define CMSG_LEN(length) (BSD_ALIGN(sizeof(struct cmsghdr)) + (length))
#define CMSG_SPACE(length) \
  (BSD_ALIGN(sizeof(struct cmsghdr)) + BSD_ALIGN(length))
#define CMSG_DATA(control) \
  ((unsigned char*)(control) + BSD_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(message)                         \
  ((message)->msg_controllen >= sizeof(struct cmsghdr) \
       ? (struct cmsghdr*)(message)->msg_control       \
       : (struct cmsghdr*)NULL)
#define CMSG_NXTHDR(message, control)                                \
  ((char*)(control) + BSD_ALIGN((control)->cmsg_len) +               \
               BSD_ALIGN(sizeof(struct cmsghdr)) >                   \
           (char*)(message)->msg_control + (message)->msg_controllen \
       ? (struct cmsghdr*)NULL                                       \
       : (struct cmsghdr*)(void*)((char*)(control) +                 \
                                  BSD_ALIGN((control)->cmsg_len)))

enum { SHUT_RD, SHUT_WR, SHUT_RDWR };

#define SCM_RIGHTS 1
#define SOMAXCONN 128
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_LOCAL AF_UNIX
#define AF_INET 2
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_INET6 AF_INET6

#define SOL_SOCKET 0xffff
#define SO_DEBUG 0x1
#define SO_ACCEPTCONN 0x2
#define SO_REUSEADDR 0x4
#define SO_KEEPALIVE 0x8
#define SO_BROADCAST 0x20
#define SO_LINGER 0x80
#define SO_REUSEPORT 0x200
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008

#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_TRUNC 0x10
#define MSG_CTRUNC 0x20
#define MSG_WAITALL 0x40
#define MSG_DONTWAIT 0x80

int accept(int, struct sockaddr*, socklen_t*) BSD_NAME(accept);
int accept4(int, struct sockaddr*, socklen_t*, int) BSD_NAME(accept4);
int bind(int, const struct sockaddr*, socklen_t) BSD_NAME(bind);
int connect(int, const struct sockaddr*, socklen_t) BSD_NAME(connect);
int getpeername(int, struct sockaddr*, socklen_t*) BSD_NAME(getpeername);
int getsockname(int, struct sockaddr*, socklen_t*) BSD_NAME(getsockname);
int getsockopt(int, int, int, void*, socklen_t*) BSD_NAME(getsockopt);
int listen(int, int) BSD_NAME(listen);
ssize_t recv(int, void*, size_t, int) BSD_NAME(recv);
ssize_t recvfrom(int, void*, size_t, int, struct sockaddr*, socklen_t*)
    BSD_NAME(recvfrom);
ssize_t recvmsg(int, struct msghdr*, int) BSD_NAME(recvmsg);
ssize_t send(int, const void*, size_t, int) BSD_NAME(send);
ssize_t sendto(int, const void*, size_t, int, const struct sockaddr*, socklen_t)
    BSD_NAME(sendto);
ssize_t sendmsg(int, const struct msghdr*, int) BSD_NAME(sendmsg);
int setsockopt(int, int, int, const void*, socklen_t) BSD_NAME(setsockopt);
int shutdown(int, int) BSD_NAME(shutdown);
int socket(int, int, int) BSD_SOCKET;
int socketpair(int, int, int, int*) BSD_NAME(socketpair);
BSD_MMSG

#endif
