/* ws2ipdef.h - SOCKADDR_INET and the options of IP, whose numbers are the
 * system's. */
#ifndef PORTRES_WINSOCK_WS2IPDEF_H
#define PORTRES_WINSOCK_WS2IPDEF_H

#include "portres_ws/socket.h"

typedef union _SOCKADDR_INET {
  SOCKADDR_IN Ipv4;
  SOCKADDR_IN6 Ipv6;
  ADDRESS_FAMILY si_family;
} SOCKADDR_INET, *PSOCKADDR_INET;

typedef struct sockaddr_in6 SOCKADDR_IN6_LH, *PSOCKADDR_IN6_LH;
typedef struct ip_mreq IP_MREQ, *PIP_MREQ;
typedef struct ipv6_mreq IPV6_MREQ, *PIPV6_MREQ;

#endif
