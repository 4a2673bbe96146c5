/* ioctl.h - one control call, whichever face it came through.
 *
 * The order in which it is judged is Windows' (semantics 7): a place for the
 * bytes; Winsock started; a socket; then, per code, what code.h says.
 */
#ifndef PORTRES_WINSOCK_IOCTL_H
#define PORTRES_WINSOCK_IOCTL_H

#include "portres_ws/socket.h"
#include "thread.h"

/* The nine arguments. */
struct portres__ws_call {
  SOCKET s;
  DWORD code;
  LPVOID in;
  DWORD in_len;
  LPVOID out;
  DWORD out_len;
  LPDWORD bytes;
  LPWSAOVERLAPPED overlapped;
  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
};

/* Carry it out. `thread` gets what overlapped calls tell; NULL: no memory.
 * Lock: not held. The last error may change.
 * Returns: 0 or a Winsock number. */
int portres__ws_control(const struct portres__ws_call* call,
                        struct portres__ws_thread* thread);

#endif
