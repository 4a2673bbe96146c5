/* ws2tcpip.h - names, addresses as text, and the options of IP. */
#ifndef PORTRES_WINSOCK_WS2TCPIP_H
#define PORTRES_WINSOCK_WS2TCPIP_H

#include "winsock2.h"
#include "ws2ipdef.h"

#include "portres_ws/inet.h"

#ifdef UNICODE
#define InetPton InetPtonW
#define InetNtop InetNtopW
#else
#define InetPton InetPtonA
#define InetNtop InetNtopA
typedef ADDRINFOA ADDRINFOT, *PADDRINFOT;
#endif

#endif
