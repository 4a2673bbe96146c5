/* windows.h - types, errors, events, annotations and the C library's names. */
#ifndef PORTRES_WINSOCK_WINDOWS_H
#define PORTRES_WINSOCK_WINDOWS_H

#include "portres_ws/error.h"
#include "portres_ws/types.h"

#include "portres_ws/crt.h"
#include "portres_ws/event.h"
#include "portres_ws/sal.h"
#include "portres_ws/winbase.h"

#ifndef WIN32_LEAN_AND_MEAN
#include "winsock2.h"
#endif

#endif
