/* probe_posix.h - sockets that meet every other one of their transport. */
#ifndef PORTRES_PROBE_POSIX_H
#define PORTRES_PROBE_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>

enum { PORTRES__PROBE_SOCKETS = 2 };

struct portres__probe {
  int fds[PORTRES__PROBE_SOCKETS]; /* closed at exec; -1: none */
};

/* Bind without flags to the wildcard addresses of IPv6 and IPv4. Lock: the
 * probe lock. Returns: 0 or an errno value. */
int portres__probe_open(enum portres_protocol protocol,
                        uint16_t port,
                        struct portres__probe* out);
/* For that: bind one socket, of one family. Returns: 0 or an errno value,
 * then `*fd_out` is -1. */
int portres__probe_bind(int family,
                        enum portres_protocol protocol,
                        uint16_t port,
                        bool is_v6only,
                        int* fd_out);
void portres__probe_close(const struct portres__probe* probe);

#endif
