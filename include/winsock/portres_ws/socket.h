/* socket.h - what winsock2.h declares, but for the names libc has too.
 *
 * Those are portres_ws_bind & co. here; names.h gives them their names. The
 * semantics are Winsock's: SOCKET_ERROR or INVALID_SOCKET and
 * WSAGetLastError(), WSANOTINITIALISED before WSAStartup.
 */
#ifndef PORTRES_WS_SOCKET_H
#define PORTRES_WS_SOCKET_H

#include "features.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#include "error.h"
#include "types.h"

/* 64 bits and unsigned as on Windows. The value is the descriptor. */
typedef unsigned long long SOCKET;
#define INVALID_SOCKET (~(SOCKET)0)
#define SOCKET_ERROR (-1)

typedef sa_family_t ADDRESS_FAMILY;
typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE,
    *LPSOCKADDR_STORAGE;
typedef struct in_addr IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct linger LINGER, *PLINGER, *LPLINGER;
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef struct addrinfo ADDRINFOA, *PADDRINFOA;

/* The number of AF_INET6 on Windows; every call takes it beside the system's,
 * which is what calls give. */
#define PORTRES_WS_AF_INET6 23

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128
typedef struct WSAData {
  WORD wVersion;
  WORD wHighVersion;
  unsigned short iMaxSockets;
  unsigned short iMaxUdpDg;
  char* lpVendorInfo;
  char szDescription[WSADESCRIPTION_LEN + 1];
  char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

typedef HANDLE WSAEVENT, *LPWSAEVENT;
#define WSA_INVALID_EVENT ((WSAEVENT)0)

/* Internal is an NTSTATUS, as on Windows; InternalHigh the bytes. */
typedef struct _OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  PORTRES_WS_EXTENSION union {
    PORTRES_WS_EXTENSION struct {
      DWORD Offset;
      DWORD OffsetHigh;
    };
    PVOID Pointer;
  };
  HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED, WSAOVERLAPPED, *LPWSAOVERLAPPED;

typedef void(CALLBACK* LPWSAOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwError,
    DWORD cbTransferred,
    LPWSAOVERLAPPED lpOverlapped,
    DWORD dwFlags);

typedef struct _WSABUF {
  ULONG len;
  CHAR* buf;
} WSABUF, *LPWSABUF;

typedef unsigned int GROUP;
#define MAX_PROTOCOL_CHAIN 7
#define WSAPROTOCOL_LEN 255
typedef struct _WSAPROTOCOLCHAIN {
  int ChainLen;
  DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;
typedef struct _WSAPROTOCOL_INFOA {
  DWORD dwServiceFlags1;
  DWORD dwServiceFlags2;
  DWORD dwServiceFlags3;
  DWORD dwServiceFlags4;
  DWORD dwProviderFlags;
  GUID ProviderId;
  DWORD dwCatalogEntryId;
  WSAPROTOCOLCHAIN ProtocolChain;
  int iVersion;
  int iAddressFamily;
  int iMaxSockAddr;
  int iMinSockAddr;
  int iSocketType;
  int iProtocol;
  int iProtocolMaxOffset;
  int iNetworkByteOrder;
  int iSecurityScheme;
  DWORD dwMessageSize;
  DWORD dwProviderReserved;
  CHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;
typedef struct _WSAPROTOCOL_INFOW {
  DWORD dwServiceFlags1;
  DWORD dwServiceFlags2;
  DWORD dwServiceFlags3;
  DWORD dwServiceFlags4;
  DWORD dwProviderFlags;
  GUID ProviderId;
  DWORD dwCatalogEntryId;
  WSAPROTOCOLCHAIN ProtocolChain;
  int iVersion;
  int iAddressFamily;
  int iMaxSockAddr;
  int iMinSockAddr;
  int iSocketType;
  int iProtocol;
  int iProtocolMaxOffset;
  int iNetworkByteOrder;
  int iSecurityScheme;
  DWORD dwMessageSize;
  DWORD dwProviderReserved;
  WCHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;

#define WSA_FLAG_OVERLAPPED 0x01
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#define WSA_FLAG_REGISTERED_IO 0x100
#define FROM_PROTOCOL_INFO (-1)

/* Control codes. The system has some of these names with other values; its
 * header was included above, so that it will not come again. */
#undef IOC_IN
#undef IOC_OUT
#undef IOC_INOUT
#define IOC_VOID 0x20000000u
#define IOC_OUT 0x40000000u
#define IOC_IN 0x80000000u
#define IOC_INOUT (IOC_IN | IOC_OUT)
#define IOC_WS2 0x08000000u
#define IOC_VENDOR 0x18000000u
#define _WSAIO(x, y) (IOC_VOID | (x) | (y))
#define _WSAIOR(x, y) (IOC_OUT | (x) | (y))
#define _WSAIOW(x, y) (IOC_IN | (x) | (y))
#define _WSAIORW(x, y) (IOC_INOUT | (x) | (y))
#define SIO_FLUSH _WSAIO(IOC_WS2, 4)
#define SIO_GET_EXTENSION_FUNCTION_POINTER _WSAIORW(IOC_WS2, 6)
/* FIONBIO & co. have these numbers on Windows; calls take the system's too. */
#define PORTRES_WS_FIONREAD 0x4004667Fu
#define PORTRES_WS_FIONBIO 0x8004667Eu
#define PORTRES_WS_SIOCATMARK 0x40047307u

/* Options that POSIX does not have. */
#define SO_EXCLUSIVEADDRUSE ((int)(~SO_REUSEADDR))
#define SO_DONTLINGER ((int)(~SO_LINGER))
#define SO_MAX_MSG_SIZE 0x2003
#define SO_CONDITIONAL_ACCEPT 0x3002
#define SO_RANDOMIZE_PORT 0x3005
#define SO_PORT_SCALABILITY 0x3006
#define SO_REUSE_UNICASTPORT 0x3007
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_UPDATE_CONNECT_CONTEXT 0x7010
#define SD_RECEIVE SHUT_RD
#define SD_SEND SHUT_WR
#define SD_BOTH SHUT_RDWR

typedef struct portres_ws_fd_set {
  u_int fd_count;
  SOCKET fd_array[PORTRES_WS_FD_SETSIZE];
} portres_ws_fd_set;

PORTRES_WS_BEGIN

/* --- Names that libc has: names.h --- */
PORTRES_WS_API SOCKET portres_ws_socket(int family, int type, int protocol);
PORTRES_WS_API int portres_ws_bind(SOCKET s,
                                   const struct sockaddr* name,
                                   int namelen);
PORTRES_WS_API int portres_ws_connect(SOCKET s,
                                      const struct sockaddr* name,
                                      int namelen);
PORTRES_WS_API int portres_ws_listen(SOCKET s, int backlog);
PORTRES_WS_API SOCKET portres_ws_accept(SOCKET s,
                                        struct sockaddr* addr,
                                        int* addrlen);
PORTRES_WS_API int portres_ws_getsockname(SOCKET s,
                                          struct sockaddr* name,
                                          int* namelen);
PORTRES_WS_API int portres_ws_getpeername(SOCKET s,
                                          struct sockaddr* name,
                                          int* namelen);
PORTRES_WS_API int portres_ws_setsockopt(
    SOCKET s, int level, int optname, const char* optval, int optlen);
PORTRES_WS_API int portres_ws_getsockopt(
    SOCKET s, int level, int optname, char* optval, int* optlen);
/* `value` is the u_long of Windows, which has 32 bits. */
PORTRES_WS_API int portres_ws_ioctlsocket(SOCKET s, long cmd, uint32_t* value);
PORTRES_WS_API int portres_ws_send(SOCKET s,
                                   const char* buf,
                                   int len,
                                   int flags);
PORTRES_WS_API int portres_ws_sendto(SOCKET s,
                                     const char* buf,
                                     int len,
                                     int flags,
                                     const struct sockaddr* to,
                                     int to_len);
PORTRES_WS_API int portres_ws_recv(SOCKET s, char* buf, int len, int flags);
PORTRES_WS_API int portres_ws_recvfrom(SOCKET s,
                                       char* buf,
                                       int len,
                                       int flags,
                                       struct sockaddr* from,
                                       int* fromlen);
PORTRES_WS_API int portres_ws_shutdown(SOCKET s, int how);
PORTRES_WS_API int portres_ws_select(int nfds,
                                     portres_ws_fd_set* readfds,
                                     portres_ws_fd_set* writefds,
                                     portres_ws_fd_set* exceptfds,
                                     const struct timeval* timeout);
PORTRES_WS_API int __WSAFDIsSet(SOCKET s, portres_ws_fd_set* set);
PORTRES_WS_API int portres_ws_gethostname(char* name, int namelen);
PORTRES_WS_API int portres_ws_getaddrinfo(const char* node,
                                          const char* service,
                                          const struct addrinfo* hints,
                                          struct addrinfo** result);
PORTRES_WS_API void portres_ws_freeaddrinfo(struct addrinfo* result);
PORTRES_WS_API int portres_ws_getnameinfo(const struct sockaddr* addr,
                                          int addrlen,
                                          char* host,
                                          DWORD hostlen,
                                          char* service,
                                          DWORD servicelen,
                                          int flags);
PORTRES_WS_API int portres_ws_inet_pton(int family,
                                        const char* text,
                                        void* out);
PORTRES_WS_API const char* portres_ws_inet_ntop(int family,
                                                const void* address,
                                                char* out,
                                                size_t out_size);

/* --- Names of Winsock's own --- */
PORTRES_WS_API int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
PORTRES_WS_API int WSACleanup(void);
PORTRES_WS_API int WSAGetLastError(void);
PORTRES_WS_API void WSASetLastError(int iError);
PORTRES_WS_API int WSACancelBlockingCall(void);
PORTRES_WS_API BOOL WSAIsBlocking(void);
PORTRES_WS_API SOCKET WSASocketA(int af,
                                 int type,
                                 int protocol,
                                 LPWSAPROTOCOL_INFOA lpProtocolInfo,
                                 GROUP g,
                                 DWORD dwFlags);
PORTRES_WS_API SOCKET WSASocketW(int af,
                                 int type,
                                 int protocol,
                                 LPWSAPROTOCOL_INFOW lpProtocolInfo,
                                 GROUP g,
                                 DWORD dwFlags);
PORTRES_WS_API int closesocket(SOCKET s);
PORTRES_WS_API int WSAIoctl(
    SOCKET s,
    DWORD dwIoControlCode,
    LPVOID lpvInBuffer,
    DWORD cbInBuffer,
    LPVOID lpvOutBuffer,
    DWORD cbOutBuffer,
    LPDWORD lpcbBytesReturned,
    LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
PORTRES_WS_API BOOL WSAGetOverlappedResult(SOCKET s,
                                           LPWSAOVERLAPPED lpOverlapped,
                                           LPDWORD lpcbTransfer,
                                           BOOL fWait,
                                           LPDWORD lpdwFlags);
PORTRES_WS_API WSAEVENT WSACreateEvent(void);
PORTRES_WS_API BOOL WSASetEvent(WSAEVENT hEvent);
PORTRES_WS_API BOOL WSAResetEvent(WSAEVENT hEvent);
PORTRES_WS_API BOOL WSACloseEvent(WSAEVENT hEvent);
PORTRES_WS_API DWORD WSAWaitForMultipleEvents(DWORD cEvents,
                                              const WSAEVENT* lphEvents,
                                              BOOL fWaitAll,
                                              DWORD dwTimeout,
                                              BOOL fAlertable);

PORTRES_WS_END

#include "convert.h"
#include "transfer.h"

#endif
