/* sys/socket.h - Winsock in the words of POSIX, as far as the contract suite
 * speaks them: sockets are small numbers, and failures are in errno.
 */
#ifndef PORTRES_TESTS_WIN_POSIX_SOCKET_H
#define PORTRES_TESTS_WIN_POSIX_SOCKET_H

#include <stdint.h>
#include <winsock2.h>
/* This one wants the other first. */
#include <ws2tcpip.h>

#include "../missing.h"

/* Winsock's SO_REUSEADDR lets sockets share a port, as this does elsewhere. */
#define SO_REUSEPORT SO_REUSEADDR
/* There is no such signal. */
#define MSG_NOSIGNAL 0
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH

/* Linux' own: a row that comes to it ends. */
#define IP_BIND_ADDRESS_NO_PORT posix_missing("an option of Linux")
#define MSG_FASTOPEN posix_missing("a flag of Linux")
#define AF_NETLINK 16
#define SOCK_NONBLOCK 2048

struct iovec {
  void* iov_base;
  size_t iov_len;
};

struct posix_msghdr {
  void* msg_name;
  socklen_t msg_namelen;
  struct iovec* msg_iov;
  size_t msg_iovlen;
  void* msg_control;
  size_t msg_controllen;
  int msg_flags;
};
#define msghdr posix_msghdr

struct mmsghdr {
  struct posix_msghdr msg_hdr;
  unsigned msg_len;
};

typedef ADDRESS_FAMILY sa_family_t;

int posix_socket(int family, int type, int protocol);
int posix_bind(int s, const struct sockaddr* address, socklen_t address_len);
int posix_listen(int s, int backlog);
int posix_connect(int s, const struct sockaddr* address, socklen_t address_len);
int posix_accept(int s, struct sockaddr* address, socklen_t* address_len);
int posix_getsockname(int s, struct sockaddr* address, socklen_t* address_len);
int posix_getpeername(int s, struct sockaddr* address, socklen_t* address_len);
int posix_getsockopt(
    int s, int level, int option, void* value, socklen_t* value_len);
int posix_setsockopt(
    int s, int level, int option, const void* value, socklen_t value_len);
ssize_t posix_send(int s, const void* data, size_t size, int flags);
ssize_t posix_sendto(int s,
                     const void* data,
                     size_t size,
                     int flags,
                     const struct sockaddr* to,
                     socklen_t to_len);
ssize_t posix_sendmsg(int s, const struct posix_msghdr* message, int flags);
ssize_t posix_recv(int s, void* data, size_t size, int flags);
int posix_shutdown(int s, int how);
int posix_close(int s);

#define socket posix_socket
#define bind posix_bind
#define listen posix_listen
#define connect posix_connect
#define accept posix_accept
#define getsockname posix_getsockname
#define getpeername posix_getpeername
#define getsockopt posix_getsockopt
#define setsockopt posix_setsockopt
#define send posix_send
#define sendto posix_sendto
#define sendmsg posix_sendmsg
#define sendmmsg(...) posix_missing("there is no sendmmsg()")
#define socketpair(...) posix_missing("there is no socketpair()")
#define recv posix_recv
#define shutdown posix_shutdown

#endif
