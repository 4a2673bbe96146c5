#include <iphlpapi.h>

#include <mstcpip.h>

#include <mswsock.h>

#include <ws2spi.h>

#include <ws2ipdef.h>

#include <ws2tcpip.h>

#include <windows.h>

#include <winsock2.h>
