/* iphlpapi.h - the six functions of persistent port reservations. */
#ifndef PORTRES_WINSOCK_IPHLPAPI_H
#define PORTRES_WINSOCK_IPHLPAPI_H

#include "portres_ws/persistent.h"
#include "portres_ws/sal.h"

#endif
