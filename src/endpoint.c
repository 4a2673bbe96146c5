/* `held` is one word, so that bind() in one thread and the last close() in
 * another agree on who returns the port: 24 bits of the endpoint's generation,
 * 24 of the reservation's index, 16 of the port (0: none). bind exchanges the
 * empty word of its own generation for a full one; the last close exchanges
 * whatever there is for the empty word of the next. Each port so has one
 * owner. The index is enough, for a held port is a reference. */
#include "endpoint.h"

#include "engine.h"

enum { PORT_BITS = 16, INDEX_BITS = 24 };

static uint64_t empty_hold(uint64_t generation) {
  return generation << (PORT_BITS + INDEX_BITS);
}

static uint64_t full_hold(uint64_t generation,
                          const struct portres__reservation* reservation,
                          uint16_t port) {
  return empty_hold(generation) |
         (uint64_t)reservation->head.index << PORT_BITS | port;
}

static uint16_t hold_port(uint64_t hold) {
  return (uint16_t)hold;
}

static uint32_t hold_index(uint64_t hold) {
  return (uint32_t)(hold >> PORT_BITS) & ((1u << INDEX_BITS) - 1);
}

static uint64_t generation_of(portres__handle handle) {
  return handle >> 32;
}

static struct portres__reservation* reservation_at(uint32_t index) {
  return portres__slab_at(&portres__engine.reservations, index);
}

struct portres__endpoint* portres__endpoint_create(
    const struct portres__socket_facts* facts) {
  struct portres__endpoint* endpoint =
      portres__slab_create(&portres__engine.endpoints);

  if (endpoint == NULL) {
    return NULL;
  }
  atomic_store(&endpoint->family, facts->family);
  atomic_store(&endpoint->protocol, (uint8_t)facts->protocol);
  endpoint->first_owned = 0;
  atomic_store(&endpoint->association, 0);
  atomic_store(&endpoint->held,
               empty_hold(generation_of(portres__slab_handle(endpoint))));
  /* Last: by its identity others find an endpoint. */
  atomic_store(&endpoint->identity, facts->identity);
  return endpoint;
}

struct portres__endpoint* portres__endpoint_pin(portres__handle handle) {
  return portres__slab_pin(&portres__engine.endpoints, handle);
}

struct portres__endpoint* portres__endpoint_peek(portres__handle handle) {
  return portres__slab_peek(&portres__engine.endpoints, handle);
}

static void return_port(struct portres__endpoint* endpoint) {
  uint64_t generation = generation_of(portres__slab_handle(endpoint));
  uint64_t hold = atomic_exchange(&endpoint->held, empty_hold(generation + 1));

  if (hold_port(hold) != 0) {
    struct portres__reservation* reservation = reservation_at(hold_index(hold));
    portres__reservation_drop_port(reservation, hold_port(hold));
    portres__reservation_drop(reservation);
  }
}

/* Nobody changes the list any more, for one must pin us to do so; and the
 * references of the list keep a reservation that is released meanwhile from
 * becoming another one under our eyes. */
static void kill_owned(struct portres__endpoint* endpoint) {
  uint32_t next = endpoint->first_owned;

  while (next != 0) {
    struct portres__reservation* reservation = reservation_at(next - 1);
    next = reservation->next_owned;
    portres__reservation_kill(reservation);
    portres__reservation_drop(reservation);
  }
}

void portres__endpoint_drop(struct portres__endpoint* endpoint) {
  if (portres__slab_drop(endpoint)) {
    atomic_store(&endpoint->identity, 0);
    return_port(endpoint);
    kill_owned(endpoint);
    portres__slab_vacate(&portres__engine.endpoints, endpoint);
  }
}

bool portres__endpoint_take_port(portres__handle handle,
                                 struct portres__reservation* reservation,
                                 uint16_t port) {
  struct portres__endpoint* endpoint = portres__endpoint_peek(handle);
  uint64_t empty = empty_hold(generation_of(handle));
  uint64_t full = full_hold(generation_of(handle), reservation, port);

  return atomic_compare_exchange_strong(&endpoint->held, &empty, full);
}

void portres__endpoint_dissociate(portres__handle handle) {
  struct portres__endpoint* endpoint = portres__endpoint_pin(handle);

  if (endpoint != NULL) {
    atomic_store(&endpoint->association, 0);
    portres__endpoint_drop(endpoint);
  }
}

uint16_t portres__endpoint_port(const struct portres__endpoint* endpoint) {
  return hold_port(atomic_load(&endpoint->held));
}

bool portres__endpoint_holds_of(
    const struct portres__endpoint* endpoint,
    const struct portres__reservation* reservation) {
  uint64_t hold = atomic_load(&endpoint->held);
  return hold_port(hold) != 0 && hold_index(hold) == reservation->head.index;
}

void portres__endpoint_own(struct portres__endpoint* endpoint,
                           struct portres__reservation* reservation) {
  uint32_t first = endpoint->first_owned;

  portres__reservation_pin(portres__slab_handle(reservation));
  reservation->owner = portres__slab_handle(endpoint);
  reservation->previous_owned = 0;
  reservation->next_owned = first;
  if (first != 0) {
    reservation_at(first - 1)->previous_owned = reservation->head.index + 1;
  }
  endpoint->first_owned = reservation->head.index + 1;
}

void portres__endpoint_disown(struct portres__endpoint* endpoint,
                              struct portres__reservation* reservation) {
  uint32_t previous = reservation->previous_owned;
  uint32_t next = reservation->next_owned;

  if (previous != 0) {
    reservation_at(previous - 1)->next_owned = next;
  } else {
    endpoint->first_owned = next;
  }
  if (next != 0) {
    reservation_at(next - 1)->previous_owned = previous;
  }
  reservation->owner = 0;
  portres__reservation_drop(reservation);
}

void portres__endpoint_disown_descriptors(struct portres__endpoint* endpoint) {
  portres__slab_recount(endpoint, 1);
}

void portres__endpoint_renew(struct portres__endpoint* endpoint) {
  uint64_t hold = atomic_load(&endpoint->held);
  struct portres__reservation* reservation;

  if (hold_port(hold) != 0) {
    reservation = reservation_at(hold_index(hold));
    if (!portres__reservation_is_alive(reservation)) {
      portres__reservation_pin(portres__slab_handle(reservation));
    } else if (portres__slab_is_last(endpoint)) {
      atomic_store(&endpoint->held, hold & ~(uint64_t)UINT16_MAX);
    } else {
      portres__reservation_hold(reservation, hold_port(hold));
      portres__reservation_pin(portres__slab_handle(reservation));
    }
  }
  portres__endpoint_drop(endpoint);
}
