/* model_net.c - see model_net.h. */
#include "model_net.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int model_net_open(int protocol, enum model_family family, bool reuse) {
  const int on = 1;
  int type = protocol == MODEL_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int s = socket(family == MODEL_V4 ? AF_INET : AF_INET6, type, 0);
  if (s >= 0 && family == MODEL_V6ONLY) {
    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (s >= 0 && reuse) {
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return s;
}

socklen_t model_net_name(union model_name* name,
                         enum model_address address,
                         unsigned port) {
  memset(name, 0, sizeof *name);
  if (address > MODEL_OTHER4) {
    name->v6.sin6_family = AF_INET6;
    name->v6.sin6_port = htons((uint16_t)port);
    if (address == MODEL_LOOPBACK6) {
      name->v6.sin6_addr = in6addr_loopback;
    }
    return sizeof name->v6;
  }
  static const in_addr_t addresses[] = {[MODEL_ANY4] = INADDR_ANY,
                                        [MODEL_LOOPBACK4] = INADDR_LOOPBACK,
                                        [MODEL_OTHER4] = INADDR_LOOPBACK + 1};
  name->v4.sin_family = AF_INET;
  name->v4.sin_port = htons((uint16_t)port);
  name->v4.sin_addr.s_addr = htonl(addresses[address]);
  return sizeof name->v4;
}

int model_net_port(int s) {
  union model_name name;
  socklen_t len = sizeof name;
  if (getsockname(s, &name.any, &len) != 0) {
    return -1;
  }
  return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port
                                             : name.v6.sin6_port);
}

enum model_address model_net_choose(struct model_thread* t,
                                    enum model_family family) {
  if (family != MODEL_V4) {
    return model_chance(t, 70) ? model_any(family) : MODEL_LOOPBACK6;
  }
  static const enum model_address of_v4[] = {MODEL_ANY4, MODEL_LOOPBACK4,
                                             MODEL_OTHER4};
  return of_v4[model_below(t, 3)];
}

socklen_t model_net_target(union model_name* name,
                           const struct model_socket* s,
                           unsigned port) {
  return model_net_name(
      name, s->family == MODEL_V4 ? MODEL_LOOPBACK4 : MODEL_LOOPBACK6, port);
}

/* Dual-stack, so that every socket of the test can reach it. */
static int open_target(int protocol, unsigned* port) {
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  union model_name name;
  socklen_t len = model_net_name(&name, MODEL_ANY46, 0);
  int s = model_net_open(protocol, MODEL_DUAL, false);
  if (s < 0 || bind(s, &name.any, len) != 0) {
    return -1;
  }
  setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  *port = (unsigned)model_net_port(s);
  return s;
}

bool model_net_help(struct model_helpers* helpers) {
  helpers->listener = open_target(MODEL_TCP, &helpers->listener_port);
  helpers->sink = open_target(MODEL_UDP, &helpers->sink_port);
  helpers->unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
  return helpers->listener >= 0 && listen(helpers->listener, 128) == 0 &&
         helpers->sink >= 0 && helpers->unix_socket >= 0 &&
         pipe(helpers->pipe) == 0;
}

void model_net_unhelp(struct model_helpers* helpers) {
  close(helpers->listener);
  close(helpers->sink);
  close(helpers->unix_socket);
  close(helpers->pipe[0]);
  close(helpers->pipe[1]);
}

bool model_net_ephemeral(struct model_ephemeral* range) {
  FILE* file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
  if (file == NULL) {
    return false;
  }
  int count = fscanf(file, "%u %u", &range->low, &range->high);
  fclose(file);
  return count == 2;
}
