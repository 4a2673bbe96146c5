/* engine.h - the emulated facility: all state of this process, in one place. */
#ifndef PORTRES_ENGINE_H
#define PORTRES_ENGINE_H

#include "endpoint.h"
#include "ledger.h"
#include "platform.h"
#include "portmap.h"
#include "registry.h"
#include "reservation.h"
#include "space.h"

struct portres__engine {
  struct portres__slab reservations; /* first: each bind looks at these */
  struct portres__slab endpoints;
  _Atomic bool has_claimed; /* any port, ever; or there is a portmap */
  _Atomic(const struct portres__portmap*) portmap; /* never NULL */
  _Atomic uint32_t ledger_count;                   /* that a bind looks at */
  _Atomic(struct portres__ledger*) ledgers[PORTRES__STAKES_MAX];
  struct portres__registry registry; /* under the engine's lock */
  bool is_registry_stale;            /* after a fork; under the lock */
  struct portres__space tcp;
  struct portres__space udp;
};

extern struct portres__engine portres__engine;

/* In place of a count: no ledger has been looked for yet. */
#define PORTRES__LEDGERS_WANTED UINT32_MAX

bool portres__engine_has_hint(uint32_t ledger_count, uint16_t port);

static inline struct portres__space* portres__engine_space(int protocol) {
  return protocol == PORTRES_TCP ? &portres__engine.tcp : &portres__engine.udp;
}

/* The endpoint that a handle names while it lives, pinned; NULL: it is over. */
static inline struct portres__endpoint* portres__endpoint_pin(
    portres__handle handle) {
  return portres__slab_pin(&portres__engine.endpoints, handle);
}

/* The endpoint that a handle named, dead or alive. */
static inline struct portres__endpoint* portres__endpoint_peek(
    portres__handle handle) {
  return portres__slab_peek(&portres__engine.endpoints, handle);
}

/* The reservation at an index below the slab's count; its life may be any. */
static inline struct portres__reservation* portres__reservation_at(
    uint32_t index) {
  return portres__slab_at(&portres__engine.reservations, index);
}

/* The reservation that a handle names, pinned; NULL: it is spent. */
static inline struct portres__reservation* portres__reservation_pin(
    portres__handle handle) {
  return portres__slab_pin(&portres__engine.reservations, handle);
}

/* The same while its token lives; NULL: it has died. */
static inline struct portres__reservation* portres__reservation_pin_alive(
    portres__handle handle) {
  struct portres__reservation* reservation = portres__reservation_pin(handle);

  if (reservation != NULL && !portres__reservation_is_alive(reservation)) {
    portres__reservation_drop(reservation);
    reservation = NULL;
  }
  return reservation;
}

/* What is persistently reserved. Another one may take its place at any time;
 * it stays readable. */
static inline const struct portres__portmap* portres__engine_portmap(void) {
  return atomic_load_explicit(&portres__engine.portmap, memory_order_acquire);
}

/* False until the first acquire of this process, where nothing is persistently
 * reserved. */
static inline bool portres__engine_is_used(void) {
  return atomic_load_explicit(&portres__engine.has_claimed,
                              memory_order_relaxed);
}

/* True when the port is reserved for some transport. */
static inline bool portres__engine_is_reserved(uint16_t port) {
  return portres__space_is_reserved(&portres__engine.tcp, port) ||
         portres__space_is_reserved(&portres__engine.udp, port) ||
         portres__portmap_has_any(portres__engine_portmap(), port);
}

/* True when the port is reserved for this one. */
static inline bool portres__engine_is_reserved_for(int protocol,
                                                   uint16_t port) {
  return portres__space_is_reserved(portres__engine_space(protocol), port) ||
         portres__portmap_has(portres__engine_portmap(), protocol, port);
}

/* True when another process may have reserved the port for some transport. */
static inline bool portres__engine_is_hinted(uint16_t port) {
  uint32_t count =
      atomic_load_explicit(&portres__engine.ledger_count, memory_order_acquire);

  return count != 0 && port != 0 && portres__engine_has_hint(count, port);
}

/* Look at this portmap from now on. */
void portres__engine_set_portmap(const struct portres__portmap* map);
void portres__engine_clear_portmap(void);

/* Take the engine's lock, and bring the tables up to date: reservations that
 * ended in a close are freed here. Unlock: portres__platform_unlock_engine. */
void portres__engine_lock(void);

/* The reservation of a token while it is alive, pinned; NULL: none. Lock: the
 * engine's. */
struct portres__reservation* portres__engine_find_alive(portres_token token);

/* Reserve for the whole process rather than for a socket, in forked children
 * too; where this socket is. Returns: as portres_acquire_with(). */
int portres__engine_reserve_inherited(portres_socket s,
                                      enum portres_protocol protocol,
                                      const struct portres_options* options,
                                      struct portres_reservation* out);

/* Give the socket an endpoint if it has none, and associate it. Returns: as
 * portres_associate(). */
int portres__engine_associate(portres_socket s,
                              const struct portres__socket_facts* facts,
                              portres_token token);

/* End the reservations of this process, but for inherited ones. */
void portres__engine_end_all(void);

/* In a forked child: whether the token is of a reservation it inherited. */
bool portres__engine_has_inherited(portres_token token);

/* In a forked child: reservations stay with the parent, but for inherited
 * ones. No lock is held by any thread of the child. */
void portres__engine_after_fork(void);

#endif
