/* native.h - portres_ws/ is Windows itself. What names.h of our own headers
 * calls portres_ws_x is Winsock's x: sys/socket.h has POSIX' for that name.
 */
#ifndef PORTRES_TESTS_WIN_POSIX_NATIVE_H
#define PORTRES_TESTS_WIN_POSIX_NATIVE_H

#include <sys/socket.h>
/* These want the others first. */
#include <iphlpapi.h>
#include <mstcpip.h>
#include <mswsock.h>

#define PORTRES_WS_AF_INET6 AF_INET6
#define PORTRES_WS_FIONBIO FIONBIO
#define PORTRES_WS_FIONREAD FIONREAD
#define PORTRES_WS_SIOCATMARK SIOCATMARK
#define PORTRES_WS_MSG_WAITALL MSG_WAITALL
#define portres_ws_fd_set fd_set
#define portres_ws_freeaddrinfo freeaddrinfo
#define portres_ws_getaddrinfo getaddrinfo
#define portres_ws_gethostname gethostname
#define portres_ws_getnameinfo getnameinfo
#define portres_ws_inet_ntop inet_ntop
#define portres_ws_inet_pton inet_pton

/* Younger than mingw-w64 10. */
#ifndef SIO_CPU_AFFINITY
#define SIO_CPU_AFFINITY _WSAIOW(IOC_VENDOR, 21)
#endif
#ifndef SO_REUSE_UNICASTPORT
#define SO_RANDOMIZE_PORT 0x3005
#define SO_PORT_SCALABILITY 0x3006
#define SO_REUSE_UNICASTPORT 0x3007
#endif
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif
#ifndef INVALID_PORT_RESERVATION_TOKEN
#define INVALID_PORT_RESERVATION_TOKEN ((ULONG64)0)
#endif

/* Found when they are called: a program that imports what its system lacks, as
 * Wine does, does not get to its rows. Without them: ERROR_NOT_SUPPORTED. */
ULONG WINAPI native_create_tcp(USHORT start, USHORT count, PULONG64 token);
ULONG WINAPI native_create_udp(USHORT start, USHORT count, PULONG64 token);
ULONG WINAPI native_lookup_tcp(USHORT start, USHORT count, PULONG64 token);
ULONG WINAPI native_lookup_udp(USHORT start, USHORT count, PULONG64 token);
ULONG WINAPI native_delete_tcp(USHORT start, USHORT count);
ULONG WINAPI native_delete_udp(USHORT start, USHORT count);
#define CreatePersistentTcpPortReservation native_create_tcp
#define CreatePersistentUdpPortReservation native_create_udp
#define LookupPersistentTcpPortReservation native_lookup_tcp
#define LookupPersistentUdpPortReservation native_lookup_udp
#define DeletePersistentTcpPortReservation native_delete_tcp
#define DeletePersistentUdpPortReservation native_delete_udp

SOCKET portres_ws_socket(int family, int type, int protocol);
SOCKET portres_ws_accept(SOCKET s, struct sockaddr* address, int* address_len);
int portres_ws_bind(SOCKET s, const struct sockaddr* address, int address_len);
int portres_ws_connect(SOCKET s,
                       const struct sockaddr* address,
                       int address_len);
int portres_ws_listen(SOCKET s, int backlog);
int portres_ws_getsockname(SOCKET s, struct sockaddr* name, int* name_len);
int portres_ws_getpeername(SOCKET s, struct sockaddr* name, int* name_len);
int portres_ws_getsockopt(
    SOCKET s, int level, int option, char* value, int* value_len);
int portres_ws_setsockopt(
    SOCKET s, int level, int option, const char* value, int value_len);
int portres_ws_ioctlsocket(SOCKET s, long code, uint32_t* value);
int portres_ws_recv(SOCKET s, char* data, int size, int flags);
int portres_ws_recvfrom(SOCKET s,
                        char* data,
                        int size,
                        int flags,
                        struct sockaddr* from,
                        int* from_len);
int portres_ws_send(SOCKET s, const char* data, int size, int flags);
int portres_ws_sendto(SOCKET s,
                      const char* data,
                      int size,
                      int flags,
                      const struct sockaddr* to,
                      int to_len);
int portres_ws_select(int unused,
                      fd_set* read,
                      fd_set* write,
                      fd_set* except,
                      const struct timeval* timeout);
int portres_ws_shutdown(SOCKET s, int how);

#endif
