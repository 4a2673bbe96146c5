/* ports_win.h - which ports have sockets, and whether these are ours. */
#ifndef PORTRES_PORTS_WIN_H
#define PORTRES_PORTS_WIN_H

#include <portres/portres.h>

enum portres__holder {
  PORTRES__HOLDER_NONE,
  PORTRES__HOLDER_OTHER, /* another process, or TIME_WAIT, which has none */
  PORTRES__HOLDER_US
};

/* All ports of one protocol at one moment, of IPv4 and IPv6 together. */
struct portres__ports {
  uint8_t holders[65536]; /* enum portres__holder */
};

/* NULL with a status: EOPNOTSUPP, ENOBUFS, or what Windows says. */
struct portres__ports* portres__ports_read(enum portres_protocol protocol,
                                           int* status_out);
void portres__ports_drop(struct portres__ports* ports);

/* Set the figures of `info` for its range. */
void portres__ports_count(const struct portres__ports* ports,
                          struct portres_info* info);

#endif
