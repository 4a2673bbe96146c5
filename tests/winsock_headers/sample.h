/* What Microsoft's samples include, in their order. */
#ifndef UNICODE
#define UNICODE
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#include <Windows.h.>

#include <winsock2.h>

#include <mstcpip.h>

#include <ws2ipdef.h>

#include <stdio.h>
#include <stdlib.h>
#include <ws2tcpip.h>
