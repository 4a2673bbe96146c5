#include "endpoint.h"

#include "engine.h"

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
  atomic_store(&endpoint->held, portres__hold_empty(portres__hold_generation(
                                    portres__slab_handle(endpoint))));
  /* Last: by its identity others find an endpoint. */
  atomic_store(&endpoint->identity, facts->identity);
  return endpoint;
}

static void return_port(struct portres__endpoint* endpoint) {
  uint64_t generation =
      portres__hold_generation(portres__slab_handle(endpoint));
  uint64_t hold =
      atomic_exchange(&endpoint->held, portres__hold_empty(generation + 1));

  if (portres__hold_port(hold) != 0) {
    struct portres__reservation* reservation =
        portres__reservation_at(portres__hold_index(hold));
    portres__reservation_drop_port(reservation, portres__hold_port(hold));
    portres__reservation_drop(reservation);
  }
}

/* Nobody changes the list any more, for one must pin us to do so; and the
 * references of the list keep a reservation that is released meanwhile from
 * becoming another one under our eyes. */
static void kill_owned(struct portres__endpoint* endpoint) {
  uint32_t next = endpoint->first_owned;

  while (next != 0) {
    struct portres__reservation* reservation =
        portres__reservation_at(next - 1);
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

void portres__endpoint_dissociate(portres__handle handle) {
  struct portres__endpoint* endpoint = portres__endpoint_pin(handle);

  if (endpoint != NULL) {
    atomic_store(&endpoint->association, 0);
    portres__endpoint_drop(endpoint);
  }
}

bool portres__endpoint_holds_of(
    const struct portres__endpoint* endpoint,
    const struct portres__reservation* reservation) {
  uint64_t hold = atomic_load(&endpoint->held);
  return portres__hold_port(hold) != 0 &&
         portres__hold_index(hold) == reservation->head.index;
}

void portres__endpoint_own(struct portres__endpoint* endpoint,
                           struct portres__reservation* reservation) {
  uint32_t first = endpoint->first_owned;

  portres__reservation_pin(portres__slab_handle(reservation));
  reservation->owner = portres__slab_handle(endpoint);
  reservation->previous_owned = 0;
  reservation->next_owned = first;
  if (first != 0) {
    portres__reservation_at(first - 1)->previous_owned =
        reservation->head.index + 1;
  }
  endpoint->first_owned = reservation->head.index + 1;
}

void portres__endpoint_disown(struct portres__endpoint* endpoint,
                              struct portres__reservation* reservation) {
  uint32_t previous = reservation->previous_owned;
  uint32_t next = reservation->next_owned;

  if (previous != 0) {
    portres__reservation_at(previous - 1)->next_owned = next;
  } else {
    endpoint->first_owned = next;
  }
  if (next != 0) {
    portres__reservation_at(next - 1)->previous_owned = previous;
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

  if (portres__hold_port(hold) != 0) {
    reservation = portres__reservation_at(portres__hold_index(hold));
    if (!portres__reservation_is_alive(reservation)) {
      portres__reservation_pin(portres__slab_handle(reservation));
    } else if (portres__slab_is_last(endpoint)) {
      atomic_store(&endpoint->held, hold & ~(uint64_t)UINT16_MAX);
    } else {
      portres__reservation_hold(reservation, portres__hold_port(hold));
      portres__reservation_pin(portres__slab_handle(reservation));
    }
  }
  portres__endpoint_drop(endpoint);
}
