/* engine.c - the facility of platform.h, emulated in this process.
 *
 * An acquire goes: claim the ports in the space, so that nobody else of this
 * process binds them; try each with the kernel; then make the reservation. The
 * acquire lock puts these steps in a row, because a claim that fails must not
 * have refused a port to another acquire. The engine's lock is only taken to
 * touch the tables. Read portres__facility_acquire first.
 */
#include "engine.h"

#include "persistent.h"
#include "place.h"
#include "share.h"
#include "testing.h"
#include "token.h"

enum { RENEWALS = 100 };

static const struct portres__portmap no_portmap;

_Alignas(64) struct portres__engine portres__engine = {
    .portmap = &no_portmap,
    .reservations = {.object_size = sizeof(struct portres__reservation)},
    .endpoints = {.object_size = sizeof(struct portres__endpoint)},
};

/* --- Tables --- */

static uint32_t reservation_count(void) {
  return atomic_load(&portres__engine.reservations.count);
}

static bool is_listed(struct portres__reservation* reservation) {
  struct portres__registry* registry = &portres__engine.registry;

  return portres__registry_find(registry, reservation->token) != 0 ||
         portres__registry_add(registry, reservation->token,
                               portres__slab_handle(reservation));
}

/* In a child only inherited reservations are alive; their tokens are listed
 * again here, as a fork handler must not allocate. */
static void renew_registry(void) {
  bool is_complete = true;

  for (uint32_t i = 0; i < reservation_count(); i++) {
    struct portres__reservation* reservation = portres__reservation_at(i);
    if (portres__slab_is_alive(reservation) &&
        portres__reservation_is_alive(reservation)) {
      is_complete = is_listed(reservation) && is_complete;
    }
  }
  portres__engine.is_registry_stale = !is_complete;
}

void portres__engine_lock(void) {
  portres__platform_lock_engine();
  if (portres__engine.is_registry_stale) {
    renew_registry();
  }
  portres__reservation_reap();
}

void portres__engine_set_portmap(const struct portres__portmap* map) {
  atomic_store(&portres__engine.portmap, map);
  atomic_store(&portres__engine.has_claimed, true);
}

void portres__engine_clear_portmap(void) {
  atomic_store(&portres__engine.portmap, &no_portmap);
}

bool portres__engine_has_hint(uint32_t ledger_count, uint16_t port) {
  if (ledger_count == PORTRES__LEDGERS_WANTED) {
    return true;
  }
  for (uint32_t i = 0; i < ledger_count; i++) {
    struct portres__ledger* ledger = atomic_load(&portres__engine.ledgers[i]);
    if (atomic_load_explicit(&ledger->is_retired, memory_order_relaxed) != 0 ||
        portres__space_is_reserved(&ledger->tcp_reserved, port) ||
        portres__space_is_reserved(&ledger->udp_reserved, port)) {
      return true;
    }
  }
  return false;
}

/* --- Tokens --- */

struct portres__reservation* portres__engine_find_alive(portres_token token) {
  return portres__reservation_pin_alive(
      portres__registry_find(&portres__engine.registry, token));
}

static struct portres__reservation* find_of_protocol(
    portres_token token, enum portres_protocol protocol) {
  struct portres__reservation* reservation = portres__engine_find_alive(token);

  if (reservation != NULL && reservation->protocol != protocol) {
    portres__reservation_drop(reservation);
    reservation = NULL;
  }
  return reservation;
}

static bool list_token(struct portres__reservation* reservation) {
  portres_token token = portres__token_mint();

  if (token == 0 || !portres__registry_add(&portres__engine.registry, token,
                                           portres__slab_handle(reservation))) {
    return false;
  }
  reservation->token = token;
  return true;
}

/* The claimed range becomes a reservation, which all are told of; or it is
 * given back. NULL: it was, and why. */
static struct portres__reservation* create(
    const struct portres__claimant* claimant,
    const struct portres_options* options,
    int* status_out) {
  struct portres__reservation* reservation =
      portres__reservation_create(claimant->protocol, options);

  *status_out = PORTRES_ENOBUFS;
  if (reservation == NULL) {
    portres__place_give_back(claimant, options->range);
    return NULL;
  }
  portres__share_put(reservation, claimant->stake);
  atomic_store(&reservation->state, PORTRES__RESERVATION_ALIVE);
  if (list_token(reservation)) {
    *status_out = portres__share_settle(reservation);
  }
  if (*status_out == PORTRES_OK) {
    return reservation;
  }
  portres__reservation_kill(reservation);
  return NULL;
}

static int establish(const struct portres__claimant* claimant,
                     const struct portres_options* options,
                     struct portres__endpoint* owner,
                     struct portres_reservation* out) {
  struct portres__reservation* reservation;
  int status;

  portres__engine_lock();
  reservation = create(claimant, options, &status);
  if (reservation == NULL) {
    portres__platform_unlock_engine();
    return status;
  }
  out->range = reservation->range;
  out->token = reservation->token;
  if (owner != NULL) {
    portres__endpoint_own(owner, reservation);
  } else {
    /* Last: a child forked before does not inherit it, and so is not told. */
    atomic_store(&reservation->is_inherited, true);
  }
  portres__platform_unlock_engine();
  return PORTRES_OK;
}

/* Where guards are too many, the ports may come free in vain. */
static int place_within_means(struct portres__claimant* claimant,
                              struct portres_options* options) {
  int status = portres__place(claimant, options);

  if (options->scope == PORTRES_SCOPE_MACHINE &&
      !portres__platform_probe_guards()) {
    portres__obstacles_set_may_end(claimant->obstacles, false);
  }
  return status;
}

static int place_and_establish(struct portres__claimant* claimant,
                               const struct portres_options* wanted,
                               struct portres__endpoint* owner,
                               struct portres_reservation* out) {
  struct portres_options options = *wanted;
  int status = portres__place_look(claimant, &options);

  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__platform_guards_begin(claimant->protocol, &options);
  if (status == PORTRES_OK) {
    status = place_within_means(claimant, &options);
  }
  if (status == PORTRES_OK) {
    status = establish(claimant, &options, owner, out);
  }
  portres__platform_guards_end();
  return status;
}

/* What is wanted, and how. */
struct request {
  portres_socket s;
  enum portres_protocol protocol;
  struct portres_options options;
  struct portres__endpoint* owner;      /* NULL: forked children inherit it */
  struct portres__obstacles* obstacles; /* NULL: it does not wait */
};

static struct portres__claimant claimant_of(const struct request* request) {
  struct portres__claimant claimant = {.protocol = request->protocol,
                                       .obstacles = request->obstacles};
  return claimant;
}

static int reserve_alone(const struct request* request,
                         struct portres_reservation* out) {
  struct portres__claimant claimant = claimant_of(request);
  return place_and_establish(&claimant, &request->options, request->owner, out);
}

/* A ledger is removed when nobody has a block in it: so it may be once more, by
 * processes that are the first in their namespaces, until ours is in it.
 * `*is_ledgers_out`: it failed for what the ledger is, not for its blocks. */
static int reserve_by_ledger(const struct request* request,
                             struct portres_reservation* out,
                             bool* is_ledgers_out) {
  struct portres__claimant claimant = claimant_of(request);
  int status =
      portres__share_enter(request->s, request->owner == NULL, &claimant.stake);

  *is_ledgers_out = status != PORTRES_OK;
  if (status != PORTRES_OK) {
    return status;
  }
  status =
      place_and_establish(&claimant, &request->options, request->owner, out);
  for (int i = 0; i < RENEWALS && status == PORTRES_ENOTFOUND; i++) {
    status = portres__share_renew(claimant.stake);
    *is_ledgers_out = status != PORTRES_OK;
    if (status == PORTRES_OK) {
      status = place_and_establish(&claimant, &request->options, request->owner,
                                   out);
    }
  }
  portres__share_leave(claimant.stake);
  *is_ledgers_out = *is_ledgers_out || status == PORTRES_ENOTFOUND ||
                    status == PORTRES_EDISKFULL;
  return status == PORTRES_ENOTFOUND ? PORTRES_EACCES : status;
}

/* The ledger only tells others of a block that is guarded. */
static int reserve_at(enum portres_scope scope,
                      bool is_chosen,
                      const struct request* wanted,
                      struct portres_reservation* out) {
  struct request request = *wanted;
  bool is_ledgers = false;
  int status;

  request.options.scope = scope;
  portres__obstacles_set_may_end(request.obstacles, false);
  if (scope == PORTRES_SCOPE_PROCESS) {
    return reserve_alone(&request, out);
  }
  status = reserve_by_ledger(&request, out, &is_ledgers);
  if (!is_ledgers || (scope == PORTRES_SCOPE_SHARED && is_chosen)) {
    return status;
  }
  if (scope == PORTRES_SCOPE_SHARED) {
    request.options.scope = PORTRES_SCOPE_PROCESS;
  }
  return reserve_alone(&request, out);
}

/* Where nobody has chosen: the widest scope that can be had. */
static int reserve_widely(const struct request* request,
                          struct portres_reservation* out) {
  int status = PORTRES_ENOBUFS;

  if (request->owner != NULL &&
      portres__platform_guards_are_affordable(request->options.range.count)) {
    status = reserve_at(PORTRES_SCOPE_MACHINE, false, request, out);
  }
  return status == PORTRES_ENOBUFS
             ? reserve_at(PORTRES_SCOPE_SHARED, false, request, out)
             : status;
}

static int reserve(struct request* request, struct portres_reservation* out) {
  enum portres_scope scope = request->options.scope;
  int status;

  portres__testing_settle_order(&request->options);
  if (request->owner == NULL && scope == PORTRES_SCOPE_MACHINE) {
    /* Forked children would meet each other's guards. */
    scope = PORTRES_SCOPE_PROCESS;
  }
  portres__platform_lock_acquire();
  status = scope == PORTRES_SCOPE_DEFAULT
               ? reserve_widely(request, out)
               : reserve_at(scope, true, request, out);
  portres__platform_unlock_acquire();
  return status;
}

int portres__engine_reserve_inherited(portres_socket s,
                                      enum portres_protocol protocol,
                                      const struct portres_options* options,
                                      struct portres_reservation* out) {
  struct request request = {s, protocol, *options, NULL, NULL};
  return reserve(&request, out);
}

/* --- Sockets --- */

static int facts_of(portres_socket s, struct portres__socket_facts* out) {
  int status = portres__platform_socket_facts(s, out);

  if (status == PORTRES_OK && !portres__platform_bind_reaches_us()) {
    status = PORTRES_EOPNOTSUPP;
  }
  return status;
}

/* The endpoint of a socket, made if need be, pinned. Lock: the engine's. */
static struct portres__endpoint* endpoint_of(
    portres_socket s, const struct portres__socket_facts* facts) {
  portres__handle handle = portres__platform_endpoint_of(s, facts->identity);
  struct portres__endpoint* endpoint = portres__endpoint_pin(handle);

  if (endpoint != NULL) {
    return endpoint;
  }
  endpoint = portres__endpoint_create(facts);
  if (endpoint == NULL) {
    return NULL;
  }
  handle = portres__slab_handle(endpoint);
  if (portres__platform_endpoint_attach(s, handle) != PORTRES_OK) {
    portres__endpoint_drop(endpoint);
    return NULL;
  }
  return portres__endpoint_pin(handle);
}

int portres__facility_check(portres_socket s) {
  struct portres__socket_facts facts;
  return facts_of(s, &facts);
}

int portres__facility_acquire(portres_socket s,
                              const struct portres_options* options,
                              struct portres__obstacles* obstacles,
                              struct portres_reservation* out) {
  struct portres__socket_facts facts;
  struct portres__endpoint* owner;
  struct request request;
  int status = facts_of(s, &facts);

  portres__obstacles_set_may_end(obstacles, false);
  if (status != PORTRES_OK) {
    return status;
  }
  portres__engine_lock();
  owner = endpoint_of(s, &facts);
  portres__platform_unlock_engine();
  if (owner == NULL) {
    return PORTRES_ENOBUFS;
  }
  request = (struct request){s, facts.protocol, *options, owner, obstacles};
  status = reserve(&request, out);
  portres__endpoint_drop(owner);
  return status;
}

int portres__engine_associate(portres_socket s,
                              const struct portres__socket_facts* facts,
                              portres_token token) {
  struct portres__reservation* reservation;
  struct portres__endpoint* endpoint;
  int status = PORTRES_ENOBUFS;

  portres__engine_lock();
  reservation = find_of_protocol(token, facts->protocol);
  if (reservation == NULL || facts->is_bound) {
    status = PORTRES_EINVAL;
  } else if ((endpoint = endpoint_of(s, facts)) != NULL) {
    atomic_store(&endpoint->association, portres__slab_handle(reservation));
    portres__endpoint_drop(endpoint);
    status = PORTRES_OK;
  }
  if (reservation != NULL) {
    portres__reservation_drop(reservation);
  }
  portres__platform_unlock_engine();
  return status;
}

int portres__facility_associate(portres_socket s, portres_token token) {
  struct portres__socket_facts facts;
  int status = facts_of(s, &facts);

  if (status == PORTRES_OK && !facts.is_bound) {
    status = portres__persistent_admit(token, facts.protocol);
  }
  return status != PORTRES_OK ? status
                              : portres__engine_associate(s, &facts, token);
}

static void end(struct portres__reservation* reservation) {
  struct portres__endpoint* owner = portres__endpoint_pin(reservation->owner);

  if (owner != NULL) {
    portres__endpoint_disown(owner, reservation);
    portres__endpoint_drop(owner);
  }
  portres__reservation_kill(reservation);
}

int portres__facility_release(portres_socket s, portres_token token) {
  struct portres__reservation* reservation;
  struct portres__socket_facts facts;
  int status = portres__platform_socket_facts(s, &facts);

  if (status != PORTRES_OK) {
    return status;
  }
  portres__engine_lock();
  reservation = find_of_protocol(token, facts.protocol);
  if (reservation != NULL && reservation->is_inherited) {
    portres__reservation_drop(reservation);
    reservation = NULL;
  }
  if (reservation == NULL) {
    status = PORTRES_EINVAL;
  } else {
    end(reservation);
    portres__reservation_drop(reservation);
    portres__reservation_reap();
  }
  portres__platform_unlock_engine();
  return status;
}

/* The acquires under way end first. */
void portres__engine_end_all(void) {
  portres__platform_lock_acquire();
  portres__engine_lock();
  for (uint32_t i = 0; i < reservation_count(); i++) {
    struct portres__reservation* reservation = portres__reservation_at(i);
    portres__handle handle = portres__slab_handle(reservation);
    reservation = portres__reservation_pin_alive(handle);
    if (reservation != NULL) {
      if (reservation->kind == PORTRES_PERSISTENT ||
          !atomic_load(&reservation->is_inherited)) {
        end(reservation);
      }
      portres__reservation_drop(reservation);
    }
  }
  portres__reservation_reap();
  portres__platform_unlock_engine();
  portres__platform_unlock_acquire();
}

/* --- Inspection --- */

int portres__facility_describe(portres_token token, struct portres_info* info) {
  struct portres__reservation* reservation;
  bool is_runtime = false;

  portres__engine_lock();
  reservation = portres__engine_find_alive(token);
  if (reservation != NULL) {
    is_runtime = reservation->kind == PORTRES_RUNTIME;
    portres__reservation_describe(reservation, info);
    portres__reservation_drop(reservation);
  }
  portres__platform_unlock_engine();
  return is_runtime ? PORTRES_OK : portres__persistent_describe(token, info);
}

static size_t snapshot_runtime(struct portres_info* infos, size_t capacity) {
  size_t found = 0;

  portres__engine_lock();
  for (uint32_t i = 0; i < reservation_count(); i++) {
    struct portres__reservation* reservation = portres__reservation_at(i);
    if (!portres__slab_is_alive(reservation) ||
        !portres__reservation_is_alive(reservation) ||
        reservation->kind != PORTRES_RUNTIME) {
      continue;
    }
    if (found < capacity) {
      portres__reservation_describe(reservation, &infos[found]);
    }
    found++;
  }
  portres__platform_unlock_engine();
  return found;
}

size_t portres__facility_snapshot(struct portres_info* infos,
                                  size_t capacity,
                                  int* status_out) {
  size_t found = snapshot_runtime(infos, capacity);
  size_t rest = found < capacity ? capacity - found : 0;

  return found + portres__persistent_snapshot(rest != 0 ? infos + found : NULL,
                                              rest, status_out);
}

/* --- Fork --- */

/* A reservation that is not inherited is dead here, and an extra reference has
 * it never be spent: the lists that it may be in are the parent's. One that is
 * begins anew: what other threads of the parent held at that moment, nobody
 * would ever drop. */
static void renew_reservation(struct portres__reservation* reservation) {
  if (!portres__slab_is_alive(reservation)) {
    return;
  }
  if (portres__reservation_is_alive(reservation) &&
      atomic_load(&reservation->is_inherited)) {
    if (reservation->kind == PORTRES_RUNTIME) {
      portres__space_claim(portres__engine_space(reservation->protocol),
                           reservation->range);
    }
    portres__slab_recount(reservation, 1);
    portres__pool_clear(reservation->pool);
    return;
  }
  atomic_store(&reservation->state, PORTRES__RESERVATION_DEAD);
  portres__reservation_pin(portres__slab_handle(reservation));
}

static void each_endpoint(void (*visit)(struct portres__endpoint*)) {
  struct portres__slab* slab = &portres__engine.endpoints;
  uint32_t count = atomic_load(&slab->count);

  for (uint32_t i = 0; i < count; i++) {
    struct portres__endpoint* endpoint = portres__slab_at(slab, i);
    if (portres__slab_is_alive(endpoint)) {
      visit(endpoint);
    }
  }
}

void portres__engine_after_fork(void) {
  portres__space_clear(&portres__engine.tcp);
  portres__space_clear(&portres__engine.udp);
  portres__reservation_forget_lists();
  portres__registry_abandon(&portres__engine.registry);
  portres__engine.is_registry_stale = true;
  for (uint32_t i = 0; i < reservation_count(); i++) {
    renew_reservation(portres__reservation_at(i));
  }
  each_endpoint(portres__endpoint_disown_descriptors);
  portres__platform_count_descriptors();
  each_endpoint(portres__endpoint_renew);
}

bool portres__engine_has_inherited(portres_token token) {
  for (uint32_t i = 0; i < reservation_count() && token != 0; i++) {
    struct portres__reservation* reservation = portres__reservation_at(i);
    if (portres__slab_is_alive(reservation) &&
        portres__reservation_is_alive(reservation) &&
        reservation->token == token) {
      return true;
    }
  }
  return false;
}
