/* facility_win.c - runtime reservations: Windows makes them, we take notes. */
#include <string.h>

#include "block.h"
#include "known_win.h"
#include "obstacles.h"
#include "platform.h"
#include "winsock_win.h"

/* Where Windows looks for a block by itself, unless it was configured. */
enum { DYNAMIC_START = 49152 };

int portres__facility_check(portres_socket s) {
  enum portres_protocol protocol;

  return portres__winsock_protocol(s, &protocol);
}

static bool is_taken(int status) {
  return status == PORTRES_EADDRINUSE || status == PORTRES_EACCES;
}

/* Windows knows no alignment, so we try each start there is. */
static int acquire_aligned(portres_socket s,
                           const struct portres_options* options,
                           struct portres_reservation* out) {
  struct portres_range want = options->range;
  uint32_t start = portres__block_align(DYNAMIC_START, options->alignment);
  int status = PORTRES_EADDRINUSE;

  while (is_taken(status) && start + want.count - 1 <= PORTRES__PORT_MAX) {
    want.start = (uint16_t)start;
    status = portres__winsock_acquire(s, want, out);
    start += options->alignment;
  }
  return is_taken(status) ? PORTRES_ENOBUFS : status;
}

static void note(struct portres_info* info,
                 const struct portres_options* options,
                 enum portres_protocol protocol,
                 const struct portres_reservation* granted) {
  info->token = granted->token;
  info->range = granted->range;
  info->protocol = protocol;
  info->kind = PORTRES_RUNTIME;
  info->scope = options->scope;
  info->pid = portres__platform_pid();
  if (options->label != NULL) {
    strncpy(info->label, options->label, sizeof info->label - 1);
  }
}

static int acquire(portres_socket s,
                   const struct portres_options* options,
                   struct portres__known* known,
                   struct portres_reservation* out) {
  enum portres_protocol protocol;
  struct portres_reservation granted = {{0, 0}, 0};
  int status = portres__winsock_protocol(s, &protocol);

  if (status == PORTRES_OK) {
    bool is_aligned = options->range.start == 0 && options->alignment > 1;
    status = is_aligned ? acquire_aligned(s, options, &granted)
                        : portres__winsock_acquire(s, options->range, &granted);
  }
  if (status == PORTRES_OK) {
    note(&known->info, options, protocol, &granted);
    *out = granted;
  }
  return status;
}

/* Windows says no more than this, and WSAENOBUFS may be for want of memory. A
 * block that is aligned and too large for what lies above its start fits
 * nowhere, ever. */
static bool may_end(int status, const struct portres_options* options) {
  uint32_t start = portres__block_align(DYNAMIC_START, options->alignment);

  if (status == PORTRES_ENOBUFS && options->alignment > 1) {
    return start + options->range.count - 1 <= PORTRES__PORT_MAX;
  }
  return status == PORTRES_EADDRINUSE || status == PORTRES_ENOBUFS;
}

/* Which port of a block a bind takes is Windows' choice: an order that asks
 * for more than its own is not there. */
int portres__facility_acquire(portres_socket s,
                              const struct portres_options* options,
                              struct portres__obstacles* obstacles,
                              struct portres_reservation* out) {
  struct portres__known* known;
  int status;

  portres__obstacles_set_may_end(obstacles, false);
  if (options->order != PORTRES_ORDER_LOWEST) {
    return PORTRES_EOPNOTSUPP;
  }
  known = portres__known_create();
  if (known == NULL) {
    return PORTRES_ENOBUFS;
  }
  status = acquire(s, options, known, out);
  if (status == PORTRES_OK) {
    portres__known_keep(known);
  } else {
    portres__known_drop(known);
  }
  portres__obstacles_set_may_end(obstacles, may_end(status, options));
  return status;
}

/* Where the codes are unknown, Wine says so before it looks at the socket. */
int portres__facility_associate(portres_socket s, portres_token token) {
  int status = portres__facility_check(s);

  return status == PORTRES_OK ? portres__winsock_associate(s, token) : status;
}

int portres__facility_release(portres_socket s, portres_token token) {
  int status = portres__facility_check(s);

  if (status == PORTRES_OK) {
    status = portres__winsock_release(s, token);
  }
  if (status == PORTRES_OK) {
    portres__known_forget(token);
  }
  return status;
}
