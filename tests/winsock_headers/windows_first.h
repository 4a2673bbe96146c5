#include <winsock2.h>

#include <ws2tcpip.h>

#include <ws2spi.h>

#include <mswsock.h>

#include <mstcpip.h>

#include <iphlpapi.h>

#include <windows.h>
