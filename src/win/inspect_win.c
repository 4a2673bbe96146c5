/* inspect_win.c - describe and list: our notes, where Windows confirms them. */
#include "known_win.h"
#include "persistent_win.h"
#include "platform.h"
#include "ports_win.h"
#include "winsock_win.h"

/* Returns: 0; EINVAL: it is dead; another status: it cannot be told. */
static int confirm(const struct portres_info* info) {
  portres_token now = 0;
  int status;

  if (info->kind == PORTRES_RUNTIME) {
    return portres__winsock_try_token(info->protocol, info->token);
  }
  status = portres__persistent_look_up(info->protocol, info->range, &now);
  if (status == PORTRES_ENOTFOUND ||
      (status == PORTRES_OK && now != info->token)) {
    return PORTRES_EINVAL;
  }
  return status;
}

static int confirm_or_forget(const struct portres_info* info) {
  int status = confirm(info);

  if (status == PORTRES_EINVAL) {
    portres__known_forget(info->token);
  }
  return status;
}

int portres__facility_describe(portres_token token, struct portres_info* info) {
  struct portres_info known;
  struct portres__ports* ports;
  int status;

  if (!portres__known_find(token, &known)) {
    return PORTRES_EINVAL;
  }
  status = confirm_or_forget(&known);
  if (status != PORTRES_OK) {
    return status;
  }
  ports = portres__ports_read(known.protocol, &status);
  if (ports != NULL) {
    portres__ports_count(ports, &known);
    portres__ports_drop(ports);
    *info = known;
  }
  return status;
}

/* Keep those that are alive, in place; how many. The status is the first that
 * left one out without its being dead. */
static size_t keep_alive(struct portres_info* infos,
                         size_t count,
                         int* status_out) {
  size_t kept = 0;

  for (size_t i = 0; i < count; i++) {
    int status = confirm_or_forget(&infos[i]);
    if (status == PORTRES_OK) {
      infos[kept++] = infos[i];
    } else if (status != PORTRES_EINVAL && *status_out == PORTRES_OK) {
      *status_out = status;
    }
  }
  return kept;
}

static int count_ports(struct portres_info* infos,
                       size_t count,
                       enum portres_protocol protocol) {
  int status;
  struct portres__ports* ports = portres__ports_read(protocol, &status);

  for (size_t i = 0; i < count && ports != NULL; i++) {
    if (infos[i].protocol == protocol) {
      portres__ports_count(ports, &infos[i]);
    }
  }
  portres__ports_drop(ports);
  return status;
}

/* The first call, for the count alone, asks Windows nothing. */
size_t portres__facility_snapshot(struct portres_info* infos,
                                  size_t capacity,
                                  int* status_out) {
  size_t count = portres__known_copy(infos, capacity);

  *status_out = PORTRES_OK;
  if (count > capacity || count == 0) {
    return count;
  }
  count = keep_alive(infos, count, status_out);
  for (int i = 0; i < 2 && count != 0; i++) {
    int status = count_ports(infos, count, i == 0 ? PORTRES_TCP : PORTRES_UDP);
    if (status != PORTRES_OK) {
      *status_out = status;
      count = 0;
    }
  }
  return count;
}
