/* address.h - addresses that come in and go out, with Winsock's lengths.
 *
 * Linux cuts what does not fit and lets the caller find out; Winsock answers
 * WSAEFAULT. The number of AF_INET6 on Windows is taken beside the system's,
 * in a copy: what the program passes is not written.
 */
#ifndef PORTRES_WINSOCK_ADDRESS_H
#define PORTRES_WINSOCK_ADDRESS_H

#include <stdbool.h>

#include "portres_ws/socket.h"

struct portres__ws_address {
  union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
  } as;
  socklen_t len;
};

/* The system's number of an address family. */
int portres__ws_family(int family);

/* The length of an address of this family; that of the shortest one where it
 * varies. */
int portres__ws_address_min(int family);

/* Port 0 for a family without ports. */
uint16_t portres__ws_address_port(const struct portres__ws_address* address);
bool portres__ws_address_is_any(const struct portres__ws_address* address);

/* Take the program's address for a socket of this family. Returns: 0,
 * -WSAEFAULT: it is not there or too short; -WSAEAFNOSUPPORT. */
int portres__ws_address_take(int family,
                             const struct sockaddr* name,
                             int name_len,
                             struct portres__ws_address* out);

/* Whether the program's buffer takes an address of the socket's family.
 * Returns: 0, or -WSAEFAULT, -WSAENOTSOCK. */
int portres__ws_address_expect(int fd, struct sockaddr* name, int* name_len);

/* Before: portres__ws_address_expect() said 0. */
void portres__ws_address_give(const struct portres__ws_address* address,
                              struct sockaddr* name,
                              int* name_len);

#endif
