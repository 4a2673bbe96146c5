/* ntstatus.h - what stands in OVERLAPPED.Internal, and its Winsock error.
 *
 * The stack of Windows works in NTSTATUS, and ws2_32 translates: semantics 0.1.
 */
#ifndef PORTRES_WINSOCK_NTSTATUS_H
#define PORTRES_WINSOCK_NTSTATUS_H

#include "portres_ws/types.h"

enum { NTSTATUS_SUCCESS = 0, NTSTATUS_PENDING = 0x103 };

/* Where several have the error, the one a reservation ends with. */
ULONG portres__ws_ntstatus_of_error(int error);

/* 0 for a success; WSA_IO_INCOMPLETE for one that pends. */
int portres__ws_error_of_ntstatus(ULONG ntstatus);

#endif
