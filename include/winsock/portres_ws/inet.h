/* inet.h - addresses as wide text. */
#ifndef PORTRES_WS_INET_H
#define PORTRES_WS_INET_H

#include "types.h"

PORTRES_WS_BEGIN
PORTRES_WS_API int InetPtonW(int Family, PCWSTR pszAddrString, PVOID pAddrBuf);
PORTRES_WS_API PCWSTR InetNtopW(int Family,
                                const void* pAddr,
                                PWSTR pStringBuf,
                                size_t StringBufSize);
PORTRES_WS_END

#endif
