/* persistent.h - the six functions of iphlpapi.h.
 *
 * StartPort is in network byte order, NumberOfPorts in host order. They give
 * NO_ERROR or a Win32 code, leave WSAGetLastError() alone, and need no
 * WSAStartup().
 */
#ifndef PORTRES_WS_PERSISTENT_H
#define PORTRES_WS_PERSISTENT_H

#include "error.h"
#include "types.h"

PORTRES_WS_BEGIN

PORTRES_WS_API ULONG WINAPI CreatePersistentTcpPortReservation(
    USHORT StartPort, USHORT NumberOfPorts, PULONG64 Token);
PORTRES_WS_API ULONG WINAPI CreatePersistentUdpPortReservation(
    USHORT StartPort, USHORT NumberOfPorts, PULONG64 Token);
PORTRES_WS_API ULONG WINAPI
DeletePersistentTcpPortReservation(USHORT StartPort, USHORT NumberOfPorts);
PORTRES_WS_API ULONG WINAPI
DeletePersistentUdpPortReservation(USHORT StartPort, USHORT NumberOfPorts);
PORTRES_WS_API ULONG WINAPI LookupPersistentTcpPortReservation(
    USHORT StartPort, USHORT NumberOfPorts, PULONG64 Token);
PORTRES_WS_API ULONG WINAPI LookupPersistentUdpPortReservation(
    USHORT StartPort, USHORT NumberOfPorts, PULONG64 Token);

PORTRES_WS_END

#endif
