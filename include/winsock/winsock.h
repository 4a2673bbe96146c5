/* winsock.h - version 1 of Winsock, which is the same here. */
#ifndef PORTRES_WINSOCK_WINSOCK_H
#define PORTRES_WINSOCK_WINSOCK_H

#include "winsock2.h"

#endif
