/* convert.h - byte orders, and addresses as text, which socket.h includes. */
#ifndef PORTRES_WS_CONVERT_H
#define PORTRES_WS_CONVERT_H

#include "socket.h"

PORTRES_WS_BEGIN

PORTRES_WS_API int WSAHtonl(SOCKET s, uint32_t hostlong, uint32_t* lpnetlong);
PORTRES_WS_API int WSAHtons(SOCKET s, u_short hostshort, u_short* lpnetshort);
PORTRES_WS_API int WSANtohl(SOCKET s, uint32_t netlong, uint32_t* lphostlong);
PORTRES_WS_API int WSANtohs(SOCKET s, u_short netshort, u_short* lphostshort);

/* --- Addresses as text --- */
PORTRES_WS_API INT InetPtonA(INT Family, PCSTR pszAddrString, PVOID pAddrBuf);
PORTRES_WS_API PCSTR InetNtopA(INT Family,
                               const void* pAddr,
                               PSTR pStringBuf,
                               size_t StringBufSize);
PORTRES_WS_API INT WSAStringToAddressA(LPSTR AddressString,
                                       INT AddressFamily,
                                       LPWSAPROTOCOL_INFOA lpProtocolInfo,
                                       LPSOCKADDR lpAddress,
                                       LPINT lpAddressLength);
PORTRES_WS_API INT WSAStringToAddressW(LPWSTR AddressString,
                                       INT AddressFamily,
                                       LPWSAPROTOCOL_INFOW lpProtocolInfo,
                                       LPSOCKADDR lpAddress,
                                       LPINT lpAddressLength);
PORTRES_WS_API INT WSAAddressToStringA(LPSOCKADDR lpsaAddress,
                                       DWORD dwAddressLength,
                                       LPWSAPROTOCOL_INFOA lpProtocolInfo,
                                       LPSTR lpszAddressString,
                                       LPDWORD lpdwAddressStringLength);
PORTRES_WS_API INT WSAAddressToStringW(LPSOCKADDR lpsaAddress,
                                       DWORD dwAddressLength,
                                       LPWSAPROTOCOL_INFOW lpProtocolInfo,
                                       LPWSTR lpszAddressString,
                                       LPDWORD lpdwAddressStringLength);
PORTRES_WS_API char* gai_strerrorA(int ecode);
PORTRES_WS_API WCHAR* gai_strerrorW(int ecode);

PORTRES_WS_END

#endif
