/* registry.h - who a token names: a hash table, under the engine's lock. */
#ifndef PORTRES_REGISTRY_H
#define PORTRES_REGISTRY_H

#include <portres/portres.h>
#include <stdbool.h>

#include "slab.h"

struct portres__registry_entry;

struct portres__registry {
  struct portres__registry_entry* entries;
};

/* False: no memory, or the token names something already. */
bool portres__registry_add(struct portres__registry* registry,
                           portres_token token,
                           portres__handle handle);

/* 0: it names nothing. */
portres__handle portres__registry_find(const struct portres__registry* registry,
                                       portres_token token);
void portres__registry_remove(struct portres__registry* registry,
                              portres_token token);

/* Start anew and leave the old table where it is: a forked child may have
 * caught it half-written by a thread that the child does not have. */
void portres__registry_abandon(struct portres__registry* registry);

#endif
