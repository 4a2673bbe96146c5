/* registry.c - the only file that knows uthash. */
#include "registry.h"

#include <stdlib.h>

/* By default uthash ends the process when memory runs out. We live in other
 * people's processes: so it leaves the entry without a table, and we look. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct portres__registry_entry {
  portres_token token;
  portres__handle handle;
  UT_hash_handle hh;
};

static struct portres__registry_entry* find_entry(
    const struct portres__registry* registry, portres_token token) {
  struct portres__registry_entry* entry;

  HASH_FIND(hh, registry->entries, &token, sizeof token, entry);
  return entry;
}

bool portres__registry_add(struct portres__registry* registry,
                           portres_token token,
                           portres__handle handle) {
  struct portres__registry_entry* entry;

  if (find_entry(registry, token) != NULL) {
    return false;
  }
  entry = malloc(sizeof *entry);
  if (entry == NULL) {
    return false;
  }
  entry->token = token;
  entry->handle = handle;
  entry->hh.tbl = NULL;
  HASH_ADD(hh, registry->entries, token, sizeof entry->token, entry);
  if (entry->hh.tbl == NULL) {
    free(entry);
    return false;
  }
  return true;
}

portres__handle portres__registry_find(const struct portres__registry* registry,
                                       portres_token token) {
  const struct portres__registry_entry* entry = find_entry(registry, token);
  return entry != NULL ? entry->handle : 0;
}

void portres__registry_remove(struct portres__registry* registry,
                              portres_token token) {
  struct portres__registry_entry* entry = find_entry(registry, token);

  if (entry != NULL) {
    HASH_DEL(registry->entries, entry);
    free(entry);
  }
}

void portres__registry_abandon(struct portres__registry* registry) {
  registry->entries = NULL;
}
