/* in6addr.h - IPv6 addresses, which are the system's. */
#ifndef PORTRES_WINSOCK_IN6ADDR_H
#define PORTRES_WINSOCK_IN6ADDR_H

#include "portres_ws/socket.h"

#endif
