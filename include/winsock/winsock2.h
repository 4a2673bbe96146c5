/* winsock2.h - Winsock's calls over portres and POSIX. */
#ifndef PORTRES_WINSOCK_WINSOCK2_H
#define PORTRES_WINSOCK_WINSOCK2_H

#include "portres_ws/socket.h"

#include "portres_ws/crt.h"
#include "portres_ws/event.h"
#include "portres_ws/names.h"
#include "portres_ws/sal.h"
#include "portres_ws/winbase.h"
#include "ws2def.h"

#ifdef UNICODE
#define WSASocket WSASocketW
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#else
#define WSASocket WSASocketA
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#endif

#endif
