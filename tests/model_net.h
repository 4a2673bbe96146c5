/* model_net.h - the real sockets that correspond to those of the model. */
#ifndef PORTRES_TESTS_MODEL_NET_H
#define PORTRES_TESTS_MODEL_NET_H

#include <netinet/in.h>

#include "model_thread.h"

union model_name {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

int model_net_open(int protocol, enum model_family family, bool reuse);

/* Fills in the name and tells its length. */
socklen_t model_net_name(union model_name* name,
                         enum model_address address,
                         unsigned port);

/* The local port, 0 when not bound, -1 when it cannot be told. */
int model_net_port(int s);

/* A local address that a socket of this family may bind. */
enum model_address model_net_choose(struct model_thread* t,
                                    enum model_family family);

/* Where a socket may connect or send to: the loopback of its address. */
socklen_t model_net_target(union model_name* name,
                           const struct model_socket* s,
                           unsigned port);

/* Tells whether all could be opened. */
bool model_net_help(struct model_helpers* helpers);
void model_net_unhelp(struct model_helpers* helpers);
bool model_net_ephemeral(struct model_ephemeral* range);

#endif
