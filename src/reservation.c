#include "reservation.h"

#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "engine.h"
#include "platform.h"

/* Dead or spent reservations, for the next reap: index + 1 of the first. */
static _Atomic uint32_t waiting;

/* Dead ones that have references yet; under the engine's lock. */
static uint32_t first_lingering;

static void wait_for_reap(struct portres__reservation* reservation) {
  uint32_t first = atomic_load(&waiting);

  do {
    reservation->next_waiting = first;
  } while (!atomic_compare_exchange_weak(&waiting, &first,
                                         reservation->head.index + 1));
}

/* Cut to what portres_info has room for, not within a character of UTF-8. */
static size_t label_length(const char* label) {
  const char* end = memchr(label, '\0', PORTRES_LABEL_SIZE);
  size_t label_len = PORTRES_LABEL_SIZE - 1;

  if (end != NULL) {
    return (size_t)(end - label);
  }
  while (label_len > 0 && ((unsigned char)label[label_len] & 0xc0) == 0x80) {
    label_len--;
  }
  return label_len;
}

static char* copy_label(const char* label) {
  size_t label_len = label_length(label);
  char* copy = calloc(1, label_len + 1);

  if (copy != NULL) {
    memcpy(copy, label, label_len);
  }
  return copy;
}

static bool equip(struct portres__reservation* reservation,
                  const struct portres_options* options) {
  reservation->label = NULL;
  reservation->pool = portres__pool_create(options->range.count);
  if (reservation->pool == NULL) {
    return false;
  }
  if (options->label != NULL) {
    reservation->label = copy_label(options->label);
    if (reservation->label == NULL) {
      portres__pool_destroy(reservation->pool);
      return false;
    }
  }
  return true;
}

struct portres__reservation* portres__reservation_create(
    enum portres_protocol protocol, const struct portres_options* options) {
  struct portres__slab* slab = &portres__engine.reservations;
  struct portres__reservation* reservation = portres__slab_create(slab);

  if (reservation == NULL) {
    return NULL;
  }
  atomic_store(&reservation->state, PORTRES__RESERVATION_DEAD);
  if (!equip(reservation, options)) {
    portres__slab_drop(reservation);
    portres__slab_vacate(slab, reservation);
    return NULL;
  }
  reservation->token = 0;
  reservation->range = options->range;
  reservation->protocol = (uint8_t)protocol;
  reservation->scope = (uint8_t)options->scope;
  reservation->order = (uint8_t)options->order;
  reservation->kind = PORTRES_RUNTIME;
  reservation->seed = options->seed;
  reservation->is_inherited = false;
  reservation->stake = 0;
  reservation->previous_owned = 0;
  reservation->next_owned = 0;
  reservation->owner = 0;
  return reservation;
}

void portres__reservation_kill(struct portres__reservation* reservation) {
  uint8_t alive = PORTRES__RESERVATION_ALIVE;

  if (atomic_compare_exchange_strong(&reservation->state, &alive,
                                     PORTRES__RESERVATION_DEAD)) {
    struct portres_range range = reservation->range;
    struct portres__space* space = portres__engine_space(reservation->protocol);
    int protocol = reservation->protocol;
    bool has_claim = reservation->kind == PORTRES_RUNTIME;
    portres__stake stake = atomic_load(&reservation->stake);

    /* In this order: who claims the range next must find it lingering, and not
     * claimed in the ledger by this process. */
    wait_for_reap(reservation);
    if (stake != 0) {
      portres__platform_ledger_end(stake, protocol, range);
    }
    if (has_claim) {
      portres__space_release(space, range);
    }
    if (stake != 0) {
      portres__platform_ledger_leave(stake);
    }
  }
}

void portres__reservation_drop(struct portres__reservation* reservation) {
  if (portres__slab_drop(reservation)) {
    wait_for_reap(reservation);
  }
}

static void destroy(struct portres__reservation* reservation) {
  portres__pool_destroy(reservation->pool);
  free(reservation->label);
  portres__slab_vacate(&portres__engine.reservations, reservation);
}

static struct portres__reservation* at(uint32_t index_1) {
  return portres__reservation_at(index_1 - 1);
}

static void linger(struct portres__reservation* reservation) {
  reservation->previous_lingering = 0;
  reservation->next_lingering = first_lingering;
  if (first_lingering != 0) {
    at(first_lingering)->previous_lingering = reservation->head.index + 1;
  }
  first_lingering = reservation->head.index + 1;
}

static void linger_no_more(struct portres__reservation* reservation) {
  uint32_t previous = reservation->previous_lingering;
  uint32_t next = reservation->next_lingering;

  if (previous != 0) {
    at(previous)->next_lingering = next;
  } else {
    first_lingering = next;
  }
  if (next != 0) {
    at(next)->previous_lingering = previous;
  }
}

/* It waits here twice in its life: dead, with the registry's reference; and
 * spent, with none. In between it lingers. */
static void reap_one(struct portres__reservation* reservation) {
  if (portres__slab_is_alive(reservation)) {
    portres__registry_remove(&portres__engine.registry, reservation->token);
    linger(reservation);
    if (!portres__slab_drop(reservation)) {
      return;
    }
  }
  linger_no_more(reservation);
  destroy(reservation);
}

/* A port of the range that the reservation has yet; 0: none. */
static uint16_t find_port_in(struct portres__reservation* reservation,
                             enum portres_protocol protocol,
                             struct portres_range range) {
  struct portres_range meet = portres__block_meet(reservation->range, range);
  uint32_t first = (uint32_t)meet.start - reservation->range.start;
  uint32_t held;

  if (reservation->protocol != protocol || meet.count == 0) {
    return 0;
  }
  held = portres__pool_find_held(reservation->pool, first, meet.count);
  if (held < first + meet.count) {
    portres__platform_sweep(reservation);
    held = portres__pool_find_held(reservation->pool, first, meet.count);
  }
  return held < first + meet.count ? (uint16_t)(reservation->range.start + held)
                                   : 0;
}

uint16_t portres__reservation_find_lingering(enum portres_protocol protocol,
                                             struct portres_range range) {
  uint32_t next = first_lingering;
  uint16_t port = 0;

  while (next != 0 && port == 0) {
    port = find_port_in(at(next), protocol, range);
    next = at(next)->next_lingering;
  }
  return port;
}

void portres__reservation_reap(void) {
  uint32_t first = atomic_exchange(&waiting, 0);

  while (first != 0) {
    struct portres__reservation* reservation = at(first);
    first = reservation->next_waiting;
    reap_one(reservation);
  }
}

void portres__reservation_forget_lists(void) {
  atomic_store(&waiting, 0);
  first_lingering = 0;
}

/* SplitMix64: G. Steele, D. Lea and C. Flood, OOPSLA 2014. */
static uint32_t next_of_seed(struct portres__reservation* reservation) {
  const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
  uint64_t mix = atomic_fetch_add(&reservation->seed, step) + step;

  mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((mix ^ mix >> 31) % reservation->range.count);
}

bool portres__reservation_pick_in_order(
    struct portres__reservation* reservation, uint16_t* offset_out) {
  return reservation->order == PORTRES_ORDER_ROTATING
             ? portres__pool_pick_next(reservation->pool, offset_out)
             : portres__pool_pick(reservation->pool, next_of_seed(reservation),
                                  offset_out);
}

void portres__reservation_drop_port(struct portres__reservation* reservation,
                                    uint16_t port) {
  portres__pool_drop(reservation->pool,
                     portres__reservation_offset(reservation, port));
}

void portres__reservation_refuse_port(struct portres__reservation* reservation,
                                      uint16_t port) {
  portres__pool_refuse(reservation->pool,
                       portres__reservation_offset(reservation, port));
}

void portres__reservation_describe(
    const struct portres__reservation* reservation, struct portres_info* info) {
  struct portres__pool_figures figures = portres__pool_count(reservation->pool);

  memset(info, 0, sizeof *info);
  info->size = sizeof *info;
  info->token = reservation->token;
  info->range = reservation->range;
  info->protocol = (enum portres_protocol)reservation->protocol;
  info->kind = (enum portres_kind)reservation->kind;
  info->scope = (enum portres_scope)reservation->scope;
  info->used = figures.used;
  info->free = figures.free;
  info->cooling = figures.cooling;
  info->pid =
      reservation->kind == PORTRES_RUNTIME ? portres__platform_pid() : 0;
  if (reservation->label != NULL) {
    memcpy(info->label, reservation->label, label_length(reservation->label));
  }
}
