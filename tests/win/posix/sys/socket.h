/* sys/socket.h - Winsock in the words of POSIX, as far as the contract suite
 * speaks them: sockets are small numbers, and failures are in errno.
 */
#ifndef PORTRES_TESTS_WIN_POSIX_SOCKET_H
#define PORTRES_TESTS_WIN_POSIX_SOCKET_H

#include <winsock2.h>
/* This one wants the other first. */
#include <ws2tcpip.h>

/* Winsock's SO_REUSEADDR lets sockets share a port, as this does elsewhere. */
#define SO_REUSEPORT SO_REUSEADDR

typedef ADDRESS_FAMILY sa_family_t;

int posix_socket(int family, int type, int protocol);
int posix_bind(int s, const struct sockaddr* address, socklen_t address_len);
int posix_listen(int s, int backlog);
int posix_connect(int s, const struct sockaddr* address, socklen_t address_len);
int posix_accept(int s, struct sockaddr* address, socklen_t* address_len);
int posix_getsockname(int s, struct sockaddr* address, socklen_t* address_len);
int posix_getsockopt(
    int s, int level, int option, void* value, socklen_t* value_len);
int posix_setsockopt(
    int s, int level, int option, const void* value, socklen_t value_len);
int posix_close(int s);

#define socket posix_socket
#define bind posix_bind
#define listen posix_listen
#define connect posix_connect
#define accept posix_accept
#define getsockname posix_getsockname
#define getsockopt posix_getsockopt
#define setsockopt posix_setsockopt

#endif
