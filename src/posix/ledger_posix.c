#include "ledger_posix.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "environment_posix.h"
#include "guard_posix.h"
#include "ledgertidy_posix.h"
#include "process_posix.h"
#include "real_posix.h"

enum { HEIRS = PORTRES__ENVIRONMENT_BLOCKS, SWEEP_INTERVAL_MS = 1000 };

struct portres__ledger_slot portres__ledger_slots[PORTRES__STAKES_MAX] = {
    {.kept = PORTRES__KEPT_NONE}, {.kept = PORTRES__KEPT_NONE},
    {.kept = PORTRES__KEPT_NONE}, {.kept = PORTRES__KEPT_NONE},
    {.kept = PORTRES__KEPT_NONE}, {.kept = PORTRES__KEPT_NONE},
    {.kept = PORTRES__KEPT_NONE}, {.kept = PORTRES__KEPT_NONE},
};

/* One block each; its number as a stake is PORTRES__STAKES_MAX + 1 and on. */
#define HEIR \
  { PORTRES__KEPT_INHERITED, 0, 0 }
#define FOUR_HEIRS HEIR, HEIR, HEIR, HEIR
static struct heir {
  struct portres__kept kept;
  _Atomic uint32_t users;
  portres__stake slot;
} heirs[HEIRS] = {FOUR_HEIRS, FOUR_HEIRS, FOUR_HEIRS, FOUR_HEIRS};

_Static_assert(HEIRS == 16, "all are told to be empty");

/* --- Stakes --- */

static bool is_heir(portres__stake stake) {
  return stake > PORTRES__STAKES_MAX;
}

static struct heir* heir_of(portres__stake stake) {
  return &heirs[stake - PORTRES__STAKES_MAX - 1];
}

static portres__stake stake_of(const struct portres__ledger_slot* slot) {
  return (portres__stake)(slot - portres__ledger_slots + 1);
}

struct portres__ledger_slot* portres__ledger_slot_of(portres__stake stake) {
  return &portres__ledger_slots[(is_heir(stake) ? heir_of(stake)->slot
                                                : stake) -
                                1];
}

struct portres__kept* portres__ledger_kept(portres__stake stake) {
  return is_heir(stake) ? &heir_of(stake)->kept
                        : &portres__ledger_slot_of(stake)->kept;
}

struct portres__ledger* portres__ledger_map_of(
    const struct portres__ledger_slot* slot) {
  return atomic_load(&portres__engine.ledgers[slot - portres__ledger_slots]);
}

/* --- Slots --- */

static uint32_t slot_count(void) {
  uint32_t count = atomic_load(&portres__engine.ledger_count);
  return count == PORTRES__LEDGERS_WANTED ? 0 : count;
}

struct portres__ledger_slot* portres__ledger_find_slot(
    struct portres__netns netns) {
  uint32_t count = slot_count();

  for (uint32_t i = 0; i < count; i++) {
    if (portres__netns_is_same(portres__ledger_slots[i].netns, netns)) {
      return &portres__ledger_slots[i];
    }
  }
  return NULL;
}

/* A new slot, or one whose namespace this process has left. */
static struct portres__ledger_slot* find_unused(void) {
  uint32_t count = slot_count();

  if (count < PORTRES__STAKES_MAX) {
    return &portres__ledger_slots[count];
  }
  for (uint32_t i = 0; i < count; i++) {
    struct portres__ledger_slot* slot = &portres__ledger_slots[i];
    if (atomic_load(&slot->users) == 0 && atomic_load(&slot->heirs) == 0) {
      return slot;
    }
  }
  return NULL;
}

/* Those of another file. They are for who has users' rights in the slot, and
 * nobody has them now. */
static void forget_records(struct portres__ledger_slot* slot) {
  if (slot->whole != NULL) {
    portres__ledgerfile_unmap_all(slot->whole);
  }
  slot->whole = NULL;
  memset(slot->pages, 0, sizeof slot->pages);
}

static bool look(struct portres__ledger_slot* slot,
                 struct portres__netns netns,
                 struct portres__ledgerfile_id id,
                 int fd) {
  uint32_t index = (uint32_t)(slot - portres__ledger_slots);
  struct portres__ledger* map = portres__ledgerfile_map(fd);

  if (map == NULL) {
    return false;
  }
  slot->netns = netns;
  slot->id = id;
  forget_records(slot);
  atomic_store(&portres__engine.ledgers[index], map);
  if (index >= slot_count()) {
    atomic_store(&portres__engine.ledger_count, index + 1);
  }
  atomic_store(&portres__engine.has_claimed, true);
  return true;
}

struct portres__ledger_slot* portres__ledger_look_at(
    struct portres__netns netns, int fd) {
  struct portres__ledger_slot* slot = portres__ledger_find_slot(netns);
  struct portres__ledgerfile_id id;

  portres__ledgerfile_identify(fd, &id);
  if (slot != NULL && portres__ledgerfile_is_same(slot->id, id)) {
    return slot;
  }
  if (slot == NULL) {
    slot = find_unused();
  } else if (atomic_load(&slot->users) + atomic_load(&slot->heirs) != 0) {
    return NULL;
  }
  return slot != NULL && look(slot, netns, id, fd) ? slot : NULL;
}

/* --- Enter and leave --- */

/* Who left last may be another thread that has yet to close the file. */
static void await_close(const struct portres__ledger_slot* slot) {
  while (atomic_load(&slot->kept.fd) >= 0) {
    sched_yield();
  }
}

static int keep_own(struct portres__netns netns, int fd, portres__stake* out) {
  struct portres__ledger_slot* slot = portres__ledger_look_at(netns, fd);

  if (slot == NULL) {
    portres__real()->close(fd);
    return PORTRES_ENOBUFS;
  }
  await_close(slot);
  if (!portres__kept_install(&slot->kept, fd)) {
    return PORTRES_ENOBUFS;
  }
  atomic_store(&slot->users, 1);
  *out = stake_of(slot);
  return PORTRES_OK;
}

static struct heir* find_free_heir(void) {
  for (int i = 0; i < HEIRS; i++) {
    if (atomic_load(&heirs[i].users) == 0 &&
        atomic_load(&heirs[i].kept.fd) < 0) {
      return &heirs[i];
    }
  }
  return NULL;
}

static int keep_inherited(struct portres__netns netns,
                          int fd,
                          portres__stake* out) {
  struct portres__ledger_slot* slot = portres__ledger_look_at(netns, fd);
  struct heir* heir = find_free_heir();

  if (slot == NULL || heir == NULL) {
    portres__real()->close(fd);
    return PORTRES_ENOBUFS;
  }
  if (!portres__kept_install(&heir->kept, fd)) {
    return PORTRES_ENOBUFS;
  }
  atomic_fetch_add(&slot->heirs, 1);
  heir->slot = stake_of(slot);
  atomic_store(&heir->users, 1);
  *out = (portres__stake)(PORTRES__STAKES_MAX + 1 + (heir - heirs));
  return PORTRES_OK;
}

static bool share(struct portres__netns netns, portres__stake* out) {
  struct portres__ledger_slot* slot = portres__ledger_find_slot(netns);
  uint32_t users = slot != NULL ? atomic_load(&slot->users) : 0;

  while (users != 0) {
    if (atomic_compare_exchange_weak(&slot->users, &users, users + 1)) {
      *out = stake_of(slot);
      return true;
    }
  }
  return false;
}

static int enter(struct portres__netns netns,
                 enum portres__stake_kind kind,
                 portres__stake* out,
                 bool* is_new_out) {
  int fd;
  int status;

  *is_new_out = false;
  if (kind != PORTRES__STAKE_INHERITED && share(netns, out)) {
    return PORTRES_OK;
  }
  *is_new_out = true;
  status = portres__ledgerfile_open(netns, kind != PORTRES__STAKE_VISIT, &fd);
  if (status != PORTRES_OK) {
    return status;
  }
  return kind == PORTRES__STAKE_INHERITED ? keep_inherited(netns, fd, out)
                                          : keep_own(netns, fd, out);
}

/* Now and then, so that what dead owners left does not pile up. By a clock that
 * nobody sets. */
static bool is_sweep_due(struct portres__ledger* ledger, bool* is_first_out) {
  uint64_t swept_ms = atomic_load(&ledger->swept_ms);
  uint64_t now_ms = portres__platform_now_ms();

  *is_first_out = swept_ms == 0;
  return (now_ms - swept_ms > SWEEP_INTERVAL_MS || swept_ms > now_ms) &&
         atomic_compare_exchange_strong(&ledger->swept_ms, &swept_ms, now_ms);
}

/* The first process in a namespace looks after those that have ended. */
static void sweep_if_due(struct portres__netns netns, portres__stake stake) {
  struct portres__ledger* ledger =
      portres__ledger_map_of(portres__ledger_slot_of(stake));
  bool is_first;

  if (!is_sweep_due(ledger, &is_first)) {
    return;
  }
  if (is_first) {
    portres__process_lock_probe();
    portres__ledgertidy(netns);
    portres__process_unlock_probe();
  }
  portres__platform_ledger_sweep(stake);
}

int portres__platform_ledger_enter(portres_socket s,
                                   enum portres__stake_kind kind,
                                   portres__stake* out) {
  struct portres__netns netns;
  int status = PORTRES_ENOBUFS;
  bool is_new = false;

  *out = 0;
  portres__process_lock_probe();
  if (portres__netns_of(s, &netns)) {
    status = enter(netns, kind, out, &is_new);
  }
  portres__process_unlock_probe();
  if (status == PORTRES_OK && is_new) {
    sweep_if_due(netns, *out);
  }
  return status;
}

/* A copy in a child that nobody knows of would keep our locks. */
static void let_go(struct portres__kept* kept) {
  struct portres__guard_entry entry;
  int fd;

  portres__guard_enter_patiently(&entry);
  fd = portres__kept_withdraw(kept);
  if (fd >= 0) {
    portres__real()->close(fd);
  }
  portres__guard_leave(&entry);
}

static _Atomic uint32_t* users_of(portres__stake stake) {
  return is_heir(stake) ? &heir_of(stake)->users
                        : &portres__ledger_slot_of(stake)->users;
}

void portres__platform_ledger_hold(portres__stake stake) {
  atomic_fetch_add(users_of(stake), 1);
}

void portres__platform_ledger_leave(portres__stake stake) {
  struct portres__ledger_slot* slot = portres__ledger_slot_of(stake);
  int saved_errno = errno;

  if (atomic_fetch_sub(users_of(stake), 1) == 1) {
    if (is_heir(stake)) {
      atomic_fetch_sub(&slot->heirs, 1);
    }
    let_go(portres__ledger_kept(stake));
  }
  errno = saved_errno;
}

static int renew(struct portres__ledger_slot* slot, int fd) {
  struct portres__ledgerfile_id id;

  let_go(&slot->kept);
  portres__ledgerfile_identify(fd, &id);
  if (!look(slot, slot->netns, id, fd)) {
    portres__real()->close(fd);
    return PORTRES_ENOBUFS;
  }
  return portres__kept_install(&slot->kept, fd) ? PORTRES_OK : PORTRES_ENOBUFS;
}

/* Until the new one is kept nobody of this process changes either. */
int portres__platform_ledger_renew(portres__stake stake) {
  struct portres__ledger_slot* slot = portres__ledger_slot_of(stake);
  int fd;
  int status;

  if (is_heir(stake)) {
    return PORTRES_ENOTFOUND;
  }
  portres__process_lock_probe();
  status = portres__ledgerfile_open(slot->netns, true, &fd);
  if (status == PORTRES_OK) {
    status = renew(slot, fd);
  }
  portres__process_unlock_probe();
  return status;
}

void portres__ledger_after_fork(void) {
  portres__ledger_forget_self();
  for (int i = 0; i < PORTRES__STAKES_MAX; i++) {
    atomic_store(&portres__ledger_slots[i].users, 0);
  }
}
