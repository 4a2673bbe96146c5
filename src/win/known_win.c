#include "known_win.h"

#include <stdlib.h>

#include "block.h"
#include "platform.h"

static struct portres__known* first;

struct portres__known* portres__known_create(void) {
  return calloc(1, sizeof(struct portres__known));
}

void portres__known_drop(struct portres__known* known) {
  free(known);
}

/* Lock: the engine's. */
static void drop_overlapping(enum portres_protocol protocol,
                             struct portres_range range) {
  struct portres__known** link = &first;

  while (*link != NULL) {
    struct portres__known* known = *link;
    if (known->info.protocol == protocol &&
        portres__block_meet(known->info.range, range).count != 0) {
      *link = known->next;
      portres__known_drop(known);
    } else {
      link = &known->next;
    }
  }
}

void portres__known_keep(struct portres__known* known) {
  portres__platform_lock_engine();
  drop_overlapping(known->info.protocol, known->info.range);
  known->next = first;
  first = known;
  portres__platform_unlock_engine();
}

void portres__known_forget_range(enum portres_protocol protocol,
                                 struct portres_range range) {
  portres__platform_lock_engine();
  drop_overlapping(protocol, range);
  portres__platform_unlock_engine();
}

/* Lock: the engine's. Where the record is linked, or the list's end. */
static struct portres__known** link_of(portres_token token) {
  struct portres__known** link = &first;

  while (*link != NULL && (*link)->info.token != token) {
    link = &(*link)->next;
  }
  return link;
}

void portres__known_forget(portres_token token) {
  struct portres__known** link;
  struct portres__known* known;

  portres__platform_lock_engine();
  link = link_of(token);
  known = *link;
  if (known != NULL) {
    *link = known->next;
  }
  portres__platform_unlock_engine();
  portres__known_drop(known);
}

bool portres__known_find(portres_token token, struct portres_info* out) {
  struct portres__known* known;

  portres__platform_lock_engine();
  known = *link_of(token);
  if (known != NULL) {
    *out = known->info;
  }
  portres__platform_unlock_engine();
  return known != NULL;
}

size_t portres__known_copy(struct portres_info* infos, size_t capacity) {
  const struct portres__known* known;
  size_t found = 0;

  portres__platform_lock_engine();
  for (known = first; known != NULL; known = known->next) {
    if (found < capacity) {
      infos[found] = known->info;
    }
    found++;
  }
  portres__platform_unlock_engine();
  return found;
}
