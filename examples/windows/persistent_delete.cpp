// persistent_delete.cpp - delete a persistent reservation; start and count are
// those that it was made with. Without WSAStartup, though htons() is used.
//
//   persistent_delete 5000 20
#ifndef UNICODE
#define UNICODE
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#include <Windows.h.>

#include <winsock2.h>

#include <ws2ipdef.h>

#include <iphlpapi.h>

#include <stdio.h>
#include <stdlib.h>

#pragma comment(lib, "Ws2_32.lib")
#pragma comment(lib, "Iphlpapi.lib")

int wmain(int argc, WCHAR** argv) {
  if (argc != 3) {
    wprintf(L"usage: %s START COUNT\n", argv[0]);
    return 1;
  }
  u_short start = htons((u_short)_wtoi(argv[1]));
  USHORT count = (USHORT)_wtoi(argv[2]);
  unsigned long status = DeletePersistentTcpPortReservation(start, count);
  if (status == ERROR_NOT_FOUND) {
    wprintf(L"there is no such reservation: error %ld\n", status);
    return 1;
  }
  if (status != NO_ERROR) {
    wprintf(L"DeletePersistentTcpPortReservation: error %ld\n", status);
    return 1;
  }
  wprintf(L"deleted: %u ports from %u\n", count, ntohs(start));
  return 0;
}
