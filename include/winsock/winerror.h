/* winerror.h - the error numbers. */
#ifndef PORTRES_WINSOCK_WINERROR_H
#define PORTRES_WINSOCK_WINERROR_H

#include "portres_ws/error.h"
#include "portres_ws/types.h"

#endif
