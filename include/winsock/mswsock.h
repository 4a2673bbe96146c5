/* mswsock.h - Microsoft's options of a socket; no extension functions. */
#ifndef PORTRES_WINSOCK_MSWSOCK_H
#define PORTRES_WINSOCK_MSWSOCK_H

#include "winsock2.h"

#define SO_CONNDATA 0x7000
#define SO_MAXDG 0x7009
#define SO_MAXPATHDG 0x700A
#define SO_UPDATE_ACCEPT_CONTEXT 0x700B
#define SO_CONNECT_TIME 0x700C
#define SO_UPDATE_CONNECT_CONTEXT 0x7010

#endif
