/* overlapped.h - the OVERLAPPED of a call, as the program polls it.
 *
 * It is the program's but for the time between these two. Internal is written
 * and read as an atomic: another thread may look at it at any time.
 */
#ifndef PORTRES_WINSOCK_OVERLAPPED_H
#define PORTRES_WINSOCK_OVERLAPPED_H

#include "portres_ws/socket.h"

void portres__ws_overlapped_begin(LPWSAOVERLAPPED overlapped);

/* Nothing is written when the memory has gone meanwhile. */
void portres__ws_overlapped_end(LPWSAOVERLAPPED overlapped,
                                int error,
                                DWORD bytes);

#endif
