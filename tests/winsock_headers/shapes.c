/* Sizes, offsets and numbers of the SDK; as C and as C++. The numbers in the
 * messages are paragraphs of the semantics. */
#include <iphlpapi.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <stddef.h>
#include <winsock2.h>
#include <ws2ipdef.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

#ifdef __cplusplus
#define CHECK(claim, paragraph) static_assert(claim, paragraph)
#else
#define CHECK(claim, paragraph) _Static_assert(claim, paragraph)
#endif

#ifdef _WIN32
#error "_WIN32 is never defined: design 4"
#endif
#if defined(min) || defined(max)
#error "min and max are never defined"
#endif

CHECK(SIO_ACQUIRE_PORT_RESERVATION == 2550136932u, "1.1 acquire");
CHECK(SIO_RELEASE_PORT_RESERVATION == 0x98000065u, "1.1 release");
CHECK(SIO_ASSOCIATE_PORT_RESERVATION == 0x98000066u, "1.1 associate");
CHECK(SIO_CPU_AFFINITY == 0x98000015u, "1.1 neighbours");
CHECK(SIO_KEEPALIVE_VALS == 0x98000004u, "1.1 neighbours");
CHECK(SIO_LOOPBACK_FAST_PATH == 0x98000010u, "1.1 neighbours");
CHECK(IOC_IN == 0x80000000u && IOC_VENDOR == 0x18000000u, "1.1 bits");

CHECK(sizeof(INET_PORT_RANGE) == 4, "1.2 range");
CHECK(offsetof(INET_PORT_RANGE, StartPort) == 0, "1.2 range");
CHECK(offsetof(INET_PORT_RANGE, NumberOfPorts) == 2, "1.2 range");
CHECK(sizeof(INET_PORT_RESERVATION) == 4, "1.2 range, second name");
CHECK(sizeof(INET_PORT_RESERVATION_TOKEN) == 8, "1.2 token");
CHECK(sizeof(INET_PORT_RESERVATION_INSTANCE) == 16, "1.2 instance");
CHECK(offsetof(INET_PORT_RESERVATION_INSTANCE, Reservation) == 0,
      "1.2 instance");
CHECK(offsetof(INET_PORT_RESERVATION_INSTANCE, Token) == 8, "1.2 instance");
CHECK(sizeof(INET_PORT_RESERVATION_INFORMATION) == 4, "1.2 information");
CHECK(INVALID_PORT_RESERVATION_TOKEN == 0, "1.2 never a valid token");
#ifdef __cplusplus
CHECK(alignof(INET_PORT_RANGE) == 2, "1.2 alignment");
CHECK(alignof(INET_PORT_RESERVATION_TOKEN) == 8, "1.2 alignment");
CHECK(alignof(INET_PORT_RESERVATION_INSTANCE) == 8, "1.2 alignment");
CHECK(sizeof(INET_PORT_RESERVATION_INSTANCE().Token.Token) == 8,
      "1.2 named members in C++");
#else
CHECK(_Alignof(INET_PORT_RANGE) == 2, "1.2 alignment");
CHECK(_Alignof(INET_PORT_RESERVATION_TOKEN) == 8, "1.2 alignment");
CHECK(_Alignof(INET_PORT_RESERVATION_INSTANCE) == 8, "1.2 alignment");
CHECK(offsetof(INET_PORT_RESERVATION_INSTANCE, StartPort) == 0,
      "1.2 direct members in C");
CHECK(offsetof(INET_PORT_RESERVATION_INSTANCE, NumberOfPorts) == 2,
      "1.2 direct members in C");
CHECK(_Generic(&((INET_PORT_RESERVATION_INSTANCE*)0)->Token,
               ULONG64* : 1,
               default : 0),
      "1.2 a plain number in C");
#endif

CHECK(sizeof(SOCKET) == 8 && (SOCKET)-1 > 0, "design 4");
CHECK(INVALID_SOCKET == (SOCKET)-1 && SOCKET_ERROR == -1, "design 4");
CHECK(sizeof(DWORD) == 4 && (DWORD)-1 > 0, "design 4");
CHECK(sizeof(LONG) == 4 && (LONG)-1 < 0, "design 4");
CHECK(sizeof(ULONG) == 4 && sizeof(USHORT) == 2, "design 4");
CHECK(sizeof(ULONG64) == 8 && sizeof(WCHAR) == sizeof(wchar_t), "8.5");
CHECK(sizeof(ADDRESS_FAMILY) == 2, "8");
CHECK(sizeof(struct tcp_keepalive) == 12, "7");
CHECK(sizeof(SOCKADDR_INET) == 28, "clients 1.3");
CHECK(offsetof(OVERLAPPED, hEvent) == 2 * sizeof(void*) + 8, "7");
CHECK(sizeof(WSATHREADID) == 2 * sizeof(void*), "7");

CHECK(WSA_OPERATION_ABORTED == 995 && WSA_IO_INCOMPLETE == 996, "0");
CHECK(WSA_IO_PENDING == 997 && WSAEINTR == 10004, "0");
CHECK(WSAEACCES == 10013 && WSAEFAULT == 10014 && WSAEINVAL == 10022, "0");
CHECK(WSAEINPROGRESS == 10036 && WSAENOTSOCK == 10038, "0");
CHECK(WSAEOPNOTSUPP == 10045 && WSAEADDRINUSE == 10048, "0");
CHECK(WSAENETDOWN == 10050 && WSAENOBUFS == 10055, "0");
CHECK(WSANOTINITIALISED == 10093, "0");
CHECK(ERROR_ACCESS_DENIED == 5 && ERROR_SHARING_VIOLATION == 32, "0");
CHECK(ERROR_INVALID_PARAMETER == 87 && ERROR_NOT_FOUND == 1168, "0");
CHECK(WSAEADDRNOTAVAIL == 10049 && WSAEWOULDBLOCK == 10035, "0");
CHECK(SO_UPDATE_ACCEPT_CONTEXT == 0x700B, "mswsock.h");

/* The types of all that a port reserving program calls by address. */
typedef ULONG(WINAPI* create_call)(USHORT, USHORT, PULONG64);
typedef ULONG(WINAPI* delete_call)(USHORT, USHORT);
create_call create_calls[] = {
    CreatePersistentTcpPortReservation, CreatePersistentUdpPortReservation,
    LookupPersistentTcpPortReservation, LookupPersistentUdpPortReservation};
delete_call delete_calls[] = {DeletePersistentTcpPortReservation,
                              DeletePersistentUdpPortReservation};
LPWSPIOCTL provider_call = WSPIoctl;
