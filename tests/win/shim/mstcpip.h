/* mstcpip.h - see winsock2.h beside it. */
#ifndef PORTRES_TESTS_SHIM_MSTCPIP_H
#define PORTRES_TESTS_SHIM_MSTCPIP_H

#include <winsock2.h>

#define SIO_ACQUIRE_PORT_RESERVATION 0x98000064u
#define SIO_RELEASE_PORT_RESERVATION 0x98000065u
#define SIO_ASSOCIATE_PORT_RESERVATION 0x98000066u

typedef struct {
  USHORT StartPort;
  USHORT NumberOfPorts;
} INET_PORT_RANGE;

#endif
