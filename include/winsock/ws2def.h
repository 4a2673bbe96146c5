/* ws2def.h - addresses, which are the system's. */
#ifndef PORTRES_WINSOCK_WS2DEF_H
#define PORTRES_WINSOCK_WS2DEF_H

#include "portres_ws/socket.h"

typedef int IPPROTO;

#endif
