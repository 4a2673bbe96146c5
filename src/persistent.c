/* persistent.c - read portres__facility_persistent_create first.
 *
 * A change goes: keep other writers out; read the text; put the portmap right,
 * should a crash have left it wrong; judge; and then write, in the order that
 * portmap.h gives. Whoever only looks reads the text, with no lock.
 */
#include "persistent.h"

#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "store.h"
#include "testing.h"

int portres__store_is_administrator(void) {
  int status = portres__platform_store_check_rights();
  bool is_real = status != PORTRES_EACCES;

  if (portres__testing_administrator(is_real) == is_real) {
    return status;
  }
  return is_real ? PORTRES_EACCES : PORTRES_OK;
}

int portres__store_boot_id(uint8_t out[PORTRES__BOOT_SIZE]) {
  int status = portres__platform_boot_id(out);
  unsigned restarts = portres__testing_restarts();

  for (size_t i = 0; i < sizeof restarts; i++) {
    out[i] ^= (uint8_t)(restarts >> (8 * i));
  }
  return status;
}

/* --- Reading --- */

static bool feed(const char* text, size_t text_len, void* arg) {
  return portres__store_reader_feed(arg, text, text_len);
}

/* Returns: as portres__platform_store_read(). */
static int read_store(struct portres__store_reader* reader,
                      portres__store_visit visit,
                      void* arg) {
  int status;

  portres__store_reader_start(reader, visit, arg);
  status = portres__platform_store_read(feed, reader);
  return status == PORTRES_OK ? portres__store_reader_end(reader) : status;
}

/* Asked for when a token is needed, and not for an empty store. */
struct boot {
  bool is_known;
  uint8_t id[PORTRES__BOOT_SIZE];
};

static bool know_boot(struct boot* boot) {
  if (!boot->is_known) {
    boot->is_known = portres__store_boot_id(boot->id) == PORTRES_OK;
  }
  return boot->is_known;
}

/* What is looked for, by token or else by range; and what was found. */
struct search {
  portres_token token;
  enum portres_protocol protocol; /* 0: any */
  struct portres_range range;
  struct boot boot;
  bool is_found;
  portres_token found_token;
  struct portres__store_record found;
};

static bool is_wanted(const struct search* search,
                      const struct portres__store_record* record,
                      portres_token token) {
  if (search->protocol != 0 && record->protocol != search->protocol) {
    return false;
  }
  if (search->token != 0) {
    return search->token == token;
  }
  return record->range.start == search->range.start &&
         record->range.count == search->range.count;
}

static bool compare(const struct portres__store_head* head,
                    const struct portres__store_record* record,
                    void* arg) {
  struct search* search = arg;
  portres_token token;

  if (!know_boot(&search->boot)) {
    return false;
  }
  token = portres__store_token(head, record, search->boot.id);
  if (is_wanted(search, record, token)) {
    search->is_found = true;
    search->found = *record;
    search->found_token = token;
  }
  return true;
}

/* Returns: as portres__platform_store_read(); ENOTFOUND also when the text has
 * no such reservation. */
static int find(struct search* search) {
  struct portres__store_reader reader;
  int status = read_store(&reader, compare, search);

  return status == PORTRES_OK && !search->is_found ? PORTRES_ENOTFOUND : status;
}

/* --- Writing --- */

/* Under the store's lock; too large for the stack of any thread. */
static struct portres__portmap draft;

static void draft_portmap(const struct portres__store* store) {
  portres__portmap_init(&draft);
  for (size_t i = 0; i < store->count; i++) {
    portres__portmap_set(&draft, store->records[i].protocol,
                         store->records[i].range);
  }
}

static int publish(const struct portres__store* store) {
  draft_portmap(store);
  return portres__platform_portmap_publish(&draft);
}

static int write_store(const struct portres__store* store) {
  size_t text_len;
  char* text = portres__store_print(store, &text_len);
  int status = PORTRES_ENOBUFS;

  if (text != NULL) {
    status = portres__platform_store_write(text, text_len);
    free(text);
  }
  return status;
}

/* What the text says, and no text says nothing. */
static int load(struct portres__store* store) {
  struct portres__store_reader reader;
  int status = read_store(&reader, portres__store_collect, store);

  store->head = reader.head;
  if (status == PORTRES_ENOTFOUND) {
    status = portres__platform_random(store->head.salt, sizeof store->head.salt)
                 ? PORTRES_OK
                 : PORTRES_ENOBUFS;
  }
  return status;
}

/* The store as the next change finds it. */
static int open_store(struct portres__store* store, bool may_make) {
  int status = portres__platform_store_lock(may_make);

  if (status != PORTRES_OK) {
    return status;
  }
  status = load(store);
  if (status == PORTRES_OK) {
    status = publish(store);
  }
  portres__platform_portmap_refresh();
  if (status != PORTRES_OK) {
    portres__platform_store_unlock();
    portres__store_free(store);
  }
  return status;
}

static void close_store(struct portres__store* store) {
  portres__platform_portmap_refresh();
  portres__platform_store_unlock();
  portres__store_free(store);
}

/* --- Create --- */

static bool is_token_taken(const struct portres__store* store,
                           portres_token token,
                           const uint8_t* boot) {
  struct portres__reservation* reservation;

  for (size_t i = 0; i < store->count; i++) {
    if (portres__store_token(&store->head, &store->records[i], boot) == token) {
      return true;
    }
  }
  portres__engine_lock();
  reservation = portres__engine_find_alive(token);
  if (reservation != NULL) {
    portres__reservation_drop(reservation);
  }
  portres__platform_unlock_engine();
  return reservation != NULL;
}

/* A line that no other reservation has had, and a token that nothing has. */
static int mint(struct portres__store* store,
                struct portres__store_record* record,
                portres_token* token_out) {
  struct boot boot = {false, {0}};

  if (!know_boot(&boot)) {
    return PORTRES_ENOBUFS;
  }
  portres__platform_utc(record->created, sizeof record->created);
  do {
    record->serial = ++store->head.generation;
    *token_out = portres__store_token(&store->head, record, boot.id);
  } while (is_token_taken(store, *token_out, boot.id));
  return PORTRES_OK;
}

/* Before: the ports are claimed, and nobody has them. */
static int add(struct portres__store* store,
               struct portres__store_record* record,
               portres_token* token_out) {
  int status = mint(store, record, token_out);

  if (status == PORTRES_OK && !portres__store_insert(store, record)) {
    status = PORTRES_ENOBUFS;
  }
  return status == PORTRES_OK ? write_store(store) : status;
}

/* The ports are claimed, so that nobody else of this process or of the user's
 * others, whose ledger is asked where there is one, has them meanwhile. */
static int claim_and_add(struct portres__store* store,
                         struct portres__store_record* record,
                         portres_token* token_out) {
  struct portres__claimant claimant = {.protocol = record->protocol,
                                       .is_persistent = true};
  int status;

  portres__platform_ledger_enter(-1, PORTRES__STAKE_VISIT, &claimant.stake);
  status = portres__place_claim(&claimant, record->range);
  if (status == PORTRES_OK) {
    status = add(store, record, token_out);
    portres__place_give_back(&claimant, record->range);
  }
  if (claimant.stake != 0) {
    portres__platform_ledger_leave(claimant.stake);
  }
  return status;
}

/* The ports are refused to strangers from before they are probed, or one might
 * get in between. */
static int create(struct portres__store* store,
                  struct portres__store_record* record,
                  portres_token* token_out) {
  int status;

  draft_portmap(store);
  portres__portmap_set(&draft, record->protocol, record->range);
  status = portres__platform_portmap_publish(&draft);
  if (status == PORTRES_OK) {
    portres__platform_portmap_refresh();
    status = claim_and_add(store, record, token_out);
  }
  return status;
}

/* What was published before a failure is taken back: by what the text says,
 * for it may have been replaced. */
static void restore_portmap(struct portres__store* store) {
  portres__store_free(store);
  if (load(store) == PORTRES_OK) {
    publish(store);
  }
}

/* Under both locks: no acquire of this process meets ports that are published
 * for a create that fails. */
static int create_or_restore(struct portres__store* store,
                             struct portres__store_record* record,
                             portres_token* token_out) {
  int status;

  portres__platform_lock_acquire();
  status = create(store, record, token_out);
  if (status != PORTRES_OK) {
    restore_portmap(store);
  }
  portres__platform_unlock_acquire();
  return status;
}

int portres__facility_persistent_create(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out) {
  struct portres__store_record record = {.protocol = protocol, .range = range};
  struct portres__store store = {.count = 0};
  portres_token token = 0;
  int status = portres__store_is_administrator();

  if (status == PORTRES_OK) {
    status = open_store(&store, true);
  }
  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__store_overlaps(&store, protocol, range)
               ? PORTRES_EADDRINUSE
               : create_or_restore(&store, &record, &token);
  close_store(&store);
  if (status == PORTRES_OK) {
    *out = token;
  }
  return status;
}

/* --- Delete --- */

static int delete_found(struct portres__store* store,
                        struct portres__store_record* record) {
  int status;

  portres__store_remove(store, record);
  store->head.generation++;
  status = write_store(store);
  if (status == PORTRES_OK) {
    /* A failure leaves ports refused that are free, until the next change: but
     * the reservation is gone. */
    publish(store);
  }
  return status;
}

int portres__facility_persistent_delete(enum portres_protocol protocol,
                                        struct portres_range range) {
  struct portres__store store = {.count = 0};
  struct portres__store_record* record;
  int status = portres__store_is_administrator();

  if (status == PORTRES_OK) {
    status = open_store(&store, false);
  }
  if (status != PORTRES_OK) {
    return status;
  }
  record = portres__store_find(&store, protocol, range);
  status = record == NULL ? PORTRES_ENOTFOUND : delete_found(&store, record);
  close_store(&store);
  return status;
}

/* --- Lookup --- */

int portres__facility_persistent_lookup(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out) {
  struct search search = {.protocol = protocol, .range = range};
  int status = find(&search);

  portres__platform_portmap_refresh();
  if (status == PORTRES_OK) {
    *out = search.found_token;
  }
  return status;
}

/* --- Associate --- */

bool portres__persistent_recheck(struct portres__reservation* reservation) {
  const struct portres__portmap* map = portres__engine_portmap();
  uint64_t changes = atomic_load(&map->changes);
  struct search search = {
      .token = reservation->token,
      .protocol = (enum portres_protocol)reservation->protocol};
  int status = find(&search);

  if (status == PORTRES_OK) {
    atomic_store(&reservation->seen, changes);
    return true;
  }
  if (status == PORTRES_ENOTFOUND) {
    portres__reservation_kill(reservation);
    return false;
  }
  /* No answer, for want of a descriptor perhaps; the ports tell as much. */
  return portres__portmap_has(map, reservation->protocol,
                              reservation->range.start);
}

static struct portres__reservation* find_local(portres_token token) {
  struct portres__reservation* reservation;

  portres__engine_lock();
  reservation = portres__engine_find_alive(token);
  portres__platform_unlock_engine();
  return reservation;
}

/* Lock: the engine's. */
static int make_local(portres_token token,
                      const struct portres__store_record* record,
                      uint64_t changes) {
  struct portres_options options = {.range = record->range,
                                    .scope = PORTRES_SCOPE_PROCESS};
  struct portres__reservation* reservation =
      portres__reservation_create(record->protocol, &options);

  if (reservation == NULL) {
    return PORTRES_ENOBUFS;
  }
  reservation->kind = PORTRES_PERSISTENT;
  atomic_store(&reservation->seen, changes);
  atomic_store(&reservation->state, PORTRES__RESERVATION_ALIVE);
  if (!portres__registry_add(&portres__engine.registry, token,
                             portres__slab_handle(reservation))) {
    portres__reservation_kill(reservation);
    return PORTRES_ENOBUFS;
  }
  reservation->token = token;
  atomic_store(&reservation->is_inherited, true);
  return PORTRES_OK;
}

static int have_local(portres_token token,
                      const struct portres__store_record* record,
                      uint64_t changes) {
  struct portres__reservation* reservation;
  int status = PORTRES_OK;

  portres__engine_lock();
  reservation = portres__engine_find_alive(token);
  if (reservation == NULL) {
    status = make_local(token, record, changes);
  } else {
    portres__reservation_drop(reservation);
  }
  portres__platform_unlock_engine();
  return status;
}

/* The process has no such reservation: does the store? */
static int admit_unknown(portres_token token, enum portres_protocol protocol) {
  struct search search = {.token = token, .protocol = protocol};
  uint64_t changes = atomic_load(&portres__engine_portmap()->changes);
  int status = find(&search);

  if (status == PORTRES_OK) {
    status = portres__store_is_administrator();
  } else if (status == PORTRES_ENOTFOUND) {
    return PORTRES_OK;
  }
  return status == PORTRES_OK ? have_local(token, &search.found, changes)
                              : status;
}

int portres__persistent_admit(portres_token token,
                              enum portres_protocol protocol) {
  struct portres__reservation* local;
  int status = PORTRES_OK;

  if (token == 0) {
    return PORTRES_OK;
  }
  local = find_local(token);
  if (local == NULL) {
    portres__platform_portmap_refresh();
    return admit_unknown(token, protocol);
  }
  if (local->kind == PORTRES_PERSISTENT && local->protocol == protocol) {
    portres__platform_portmap_refresh();
    if (portres__persistent_is_current(local)) {
      status = portres__store_is_administrator();
    }
  }
  portres__reservation_drop(local);
  return status;
}

/* --- Inspection --- */

/* What the store says, and what this process has of it. */
static void describe(portres_token token,
                     const struct portres__store_record* record,
                     struct portres_info* info) {
  struct portres__reservation* local = find_local(token);

  memset(info, 0, sizeof *info);
  info->size = sizeof *info;
  info->token = token;
  info->range = record->range;
  info->protocol = record->protocol;
  info->kind = PORTRES_PERSISTENT;
  info->scope = PORTRES_SCOPE_PROCESS;
  info->free = record->range.count;
  if (local != NULL) {
    portres__reservation_describe(local, info);
    portres__reservation_drop(local);
  }
}

int portres__persistent_describe(portres_token token,
                                 struct portres_info* info) {
  struct search search = {.token = token};
  int status = token == 0 ? PORTRES_ENOTFOUND : find(&search);

  if (status == PORTRES_OK) {
    describe(token, &search.found, info);
  }
  return status == PORTRES_ENOTFOUND ? PORTRES_EINVAL : status;
}

struct snapshot {
  struct portres_info* infos;
  size_t capacity;
  size_t found;
  struct boot boot;
};

static bool add_to_snapshot(const struct portres__store_head* head,
                            const struct portres__store_record* record,
                            void* arg) {
  struct snapshot* snapshot = arg;

  if (!know_boot(&snapshot->boot)) {
    return false;
  }
  if (snapshot->found < snapshot->capacity) {
    describe(portres__store_token(head, record, snapshot->boot.id), record,
             &snapshot->infos[snapshot->found]);
  }
  snapshot->found++;
  return true;
}

size_t portres__persistent_snapshot(struct portres_info* infos,
                                    size_t capacity,
                                    int* status_out) {
  struct snapshot snapshot = {.infos = infos, .capacity = capacity};
  struct portres__store_reader reader;
  int status = read_store(&reader, add_to_snapshot, &snapshot);

  *status_out = status == PORTRES_ENOTFOUND ? PORTRES_OK : status;
  return status == PORTRES_OK ? snapshot.found : 0;
}
