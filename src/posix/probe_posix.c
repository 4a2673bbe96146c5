/* probe_posix.c - whether ports could be bound: the kernel is asked by binding.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include "address_posix.h"
#include "block.h"
#include "guard_posix.h"
#include "guards_posix.h"
#include "platform.h"
#include "probe_posix.h"
#include "process_posix.h"
#include "real_posix.h"
#include "remnant_posix.h"
#include "status_posix.h"

enum { PATIENCE = 2, PATIENCE_WITH_CHILD = 200 };

static int open_probe(int family,
                      enum portres_protocol protocol,
                      bool is_v6only) {
  int type = protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int probe =
      portres__real()->socket(family, type | SOCK_CLOEXEC, (int)protocol);
  int v6only = is_v6only;

  if (probe >= 0 && family == AF_INET6) {
    setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
  }
  return probe;
}

int portres__probe_bind(int family,
                        enum portres_protocol protocol,
                        uint16_t port,
                        bool is_v6only,
                        int* fd_out) {
  union portres__address address;
  socklen_t address_len = portres__address_any(family, port, &address);
  int error = 0;

  *fd_out = open_probe(family, protocol, is_v6only);
  if (*fd_out < 0) {
    return errno;
  }
  if (portres__real()->bind(*fd_out, &address.any, address_len) != 0) {
    error = errno;
    portres__real()->close(*fd_out);
    *fd_out = -1;
  }
  return error;
}

void portres__probe_close(const struct portres__probe* probe) {
  for (int i = 0; i < PORTRES__PROBE_SOCKETS; i++) {
    if (probe->fds[i] >= 0) {
      portres__real()->close(probe->fds[i]);
    }
  }
}

/* Returns: 0 or an errno value. */
static int try_port_of_any_family(enum portres_protocol protocol,
                                  uint16_t port) {
  struct portres__probe probe;
  int error;

  portres__process_lock_probe();
  if (portres__guards_are_wanted()) {
    error = portres__guards_probe(port, false);
    portres__process_unlock_probe();
    return error;
  }
  error = portres__probe_open(protocol, port, &probe);
  if (error == 0) {
    portres__probe_close(&probe);
  }
  portres__process_unlock_probe();
  return error;
}

/* A port that is in use for some microseconds has met the probe of another
 * process, or a guard that a forked child is about to close. */
static int try_port_patiently(enum portres_protocol protocol, uint16_t port) {
  const struct timespec moment = {0, 20000};
  int error = try_port_of_any_family(protocol, port);
  int patience =
      portres__guard_has_young_child() ? PATIENCE_WITH_CHILD : PATIENCE;

  for (int i = 0; i < patience && error == EADDRINUSE; i++) {
    nanosleep(&moment, NULL);
    error = try_port_of_any_family(protocol, port);
  }
  return error;
}

/* TCP: is it only a remnant that keeps the port? All ports of the area are
 * asked about at once, when the first one comes up. */
static bool is_remnant(struct portres_range area,
                       uint16_t port,
                       bool* is_surveyed_io) {
  if (!*is_surveyed_io) {
    portres__remnant_survey(area);
    *is_surveyed_io = true;
  }
  return portres__remnant_is_alone(port);
}

bool portres__platform_is_taken(enum portres_protocol protocol,
                                uint16_t port,
                                struct portres_range area,
                                bool* is_surveyed_io) {
  return try_port_of_any_family(protocol, port) == EADDRINUSE &&
         (protocol != PORTRES_TCP || !is_remnant(area, port, is_surveyed_io));
}

static struct portres_range rest_of(struct portres_range range, uint16_t port) {
  struct portres_range rest = {
      port, (uint16_t)(portres__block_last(range) - port + 1)};
  return rest;
}

/* The port stays without a guard where the remnant forbids one. */
static void guard_over_remnant(uint16_t port) {
  if (portres__guards_are_wanted()) {
    portres__process_lock_probe();
    portres__guards_probe(port, true);
    portres__process_unlock_probe();
  }
}

bool portres__platform_probe_guards(void) {
  return portres__guards_are_wanted();
}

int portres__platform_probe(enum portres_protocol protocol,
                            struct portres_range range,
                            bool over_remnants,
                            uint16_t* busy_out) {
  bool is_surveyed = false;

  if (portres__guards_are_wanted()) {
    portres__guards_start_run(range);
  }
  for (uint32_t i = 0; i < range.count; i++) {
    uint16_t port = (uint16_t)(range.start + i);
    int error = try_port_of_any_family(protocol, port);

    if (error == EADDRINUSE && over_remnants) {
      if (protocol == PORTRES_TCP &&
          is_remnant(rest_of(range, port), port, &is_surveyed)) {
        guard_over_remnant(port);
        continue;
      }
      error = try_port_patiently(protocol, port);
    }
    if (error != 0) {
      *busy_out = port;
      return portres__status_from_errno(error);
    }
  }
  return PORTRES_OK;
}
