/* transfer.h - sending and receiving, for send() and WSASend() and their kin.
 *
 * Each answers the bytes, or the negative of a Winsock number. Signals do not
 * end a call: Windows has none; nor is SIGPIPE raised. */
#ifndef PORTRES_WINSOCK_TRANSFER_H
#define PORTRES_WINSOCK_TRANSFER_H

#include <stdbool.h>
#include <sys/uio.h>

#include "portres_ws/socket.h"

/* With an address if `to` is not NULL. */
struct portres__ws_sending {
  const struct iovec* parts;
  int part_count;
  int flags;
  const struct sockaddr* to;
  int to_len;
};
int portres__ws_send(SOCKET s, const struct portres__ws_sending* sending);

/* The sender's address goes to `from` if it is not NULL. */
struct portres__ws_receiving {
  const struct iovec* parts;
  int part_count;
  int flags;
  struct sockaddr* from;
  int* from_len;
  bool is_cut; /* set: the datagram was longer, and the result -WSAEMSGSIZE */
};
int portres__ws_receive(SOCKET s, struct portres__ws_receiving* receiving);

#endif
