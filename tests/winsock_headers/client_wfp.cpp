// In the manner of WFPSampler: the C++ shape, annotations, persistent calls.
#include <Winsock2.h>
#include <Windows.h>
#include <MSTcpIP.h>
#include <IPHlpApi.h>

UINT64 HlprReserve(_In_ SOCKET unboundSocket,
                   _In_ UINT16 port,
                   _In_ UINT16 numPorts) {
  INET_PORT_RANGE range = {0, 0};
  INET_PORT_RESERVATION_INSTANCE reservation = {};
  DWORD bytesReturned = 0;

  range.StartPort = htons(port);
  range.NumberOfPorts = numPorts;
  if (WSAIoctl(unboundSocket, SIO_ACQUIRE_PORT_RESERVATION,
               reinterpret_cast<LPVOID>(&range), sizeof(INET_PORT_RANGE),
               reinterpret_cast<LPVOID>(&reservation),
               sizeof(INET_PORT_RESERVATION_INSTANCE), &bytesReturned, 0,
               0) != NO_ERROR) {
    return 0;
  }
  return reservation.Token.Token;
}

_Success_(return == NO_ERROR)
UINT32 HlprLookup(_In_ IPPROTO protocol,
                  _In_ UINT16 port,
                  _In_ UINT16 numPorts,
                  _Out_ UINT64* pToken) {
  UINT32 status = protocol == IPPROTO_TCP
                      ? LookupPersistentTcpPortReservation(htons(port),
                                                           numPorts, pToken)
                      : LookupPersistentUdpPortReservation(htons(port),
                                                           numPorts, pToken);
  return status == ERROR_NOT_FOUND ? NO_ERROR : status;
}
