/* reservation.h - what mstcpip.h declares: port reservations and their kin.
 *
 * StartPort is in network byte order wherever it stands, NumberOfPorts in
 * host order. The shapes are the SDK's, which differ between C and C++:
 *   C++  instance.Reservation.StartPort, instance.Token.Token
 *   C    instance.StartPort, instance.Token
 */
#ifndef PORTRES_WS_RESERVATION_H
#define PORTRES_WS_RESERVATION_H

#include "socket.h"

#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#define SIO_CPU_AFFINITY _WSAIOW(IOC_VENDOR, 21)
#define SIO_ACQUIRE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 100)
#define SIO_RELEASE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 101)
#define SIO_ASSOCIATE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 102)

typedef struct _INET_PORT_RANGE {
  USHORT StartPort;
  USHORT NumberOfPorts;
} INET_PORT_RANGE, *PINET_PORT_RANGE;
typedef INET_PORT_RANGE INET_PORT_RESERVATION, *PINET_PORT_RESERVATION;

#define INVALID_PORT_RESERVATION_TOKEN ((ULONG64)0)

/* Windows aligns it to 8 bytes where 32-bit Unix would to 4. */
typedef ULONG64 PORTRES_WS_ALIGNED_ULONG64 __attribute__((aligned(8)));

typedef struct {
  PORTRES_WS_ALIGNED_ULONG64 Token;
} INET_PORT_RESERVATION_TOKEN, *PINET_PORT_RESERVATION_TOKEN;

typedef struct {
#ifdef __cplusplus
  INET_PORT_RESERVATION Reservation;
  INET_PORT_RESERVATION_TOKEN Token;
#else
  union {
    struct {
      USHORT StartPort;
      USHORT NumberOfPorts;
    };
    INET_PORT_RESERVATION Reservation;
  };
  PORTRES_WS_ALIGNED_ULONG64 Token;
#endif
} INET_PORT_RESERVATION_INSTANCE, *PINET_PORT_RESERVATION_INSTANCE;

typedef struct {
  ULONG OwningPid;
} INET_PORT_RESERVATION_INFORMATION, *PINET_PORT_RESERVATION_INFORMATION;

/* Times in milliseconds; SIO_KEEPALIVE_VALS. */
struct tcp_keepalive {
  ULONG onoff;
  ULONG keepalivetime;
  ULONG keepaliveinterval;
};

#endif
