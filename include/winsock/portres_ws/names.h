/* names.h - the names that libc has too, with Winsock's types.
 *
 * libc's prototypes cannot be declared again with other types, and macros with
 * parameters would break std::bind and members of these names. So:
 *
 *   C    every name is a macro without parameters, or a member called `send`
 *        would be one name where it is declared and another where it is used.
 *   C++  a function of a SOCKET is an overload of libc's: descriptors that are
 *        int go to libc. A function without one is a macro: an overload cannot
 *        tell by its result, so socket(), which returns a SOCKET, would go on
 *        returning libc's int. A class that is to have a member `socket` must
 *        be declared after winsock2.h.
 *
 * Every system header that declares one of the names comes first, so that it
 * may also be included later.
 */
#ifndef PORTRES_WS_NAMES_H
#define PORTRES_WS_NAMES_H

#include "socket.h"

#include <unistd.h>

#include "fdset.h"
#include "lookup.h"

/* Winsock knows ULONG and u_long as one type. */
static inline int portres_ws_ioctlsocket_long(SOCKET s,
                                              long cmd,
                                              unsigned long* value) {
  uint32_t narrow = value ? (uint32_t)*value : 0;
  int result = portres_ws_ioctlsocket(s, cmd, value ? &narrow : NULL);
  if (result == 0 && value) {
    *value = narrow;
  }
  return result;
}

#ifdef __cplusplus
#include "names_cxx.h"
#else
#include "names_c.h"
#endif

#define socket portres_ws_socket
#define gethostname portres_ws_gethostname
#define inet_pton portres_ws_inet_pton
#define inet_ntop portres_ws_inet_ntop

#endif
