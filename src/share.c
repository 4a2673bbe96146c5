#include "share.h"

#include "engine.h"

int portres__share_enter(portres_socket s,
                         bool is_inherited,
                         portres__stake* out) {
  return portres__platform_ledger_enter(
      s, is_inherited ? PORTRES__STAKE_INHERITED : PORTRES__STAKE_OWN, out);
}

void portres__share_leave(portres__stake stake) {
  if (stake != 0) {
    portres__platform_ledger_leave(stake);
  }
}

void portres__share_put(struct portres__reservation* reservation,
                        portres__stake stake) {
  if (stake != 0) {
    portres__platform_ledger_hold(stake);
  }
  atomic_store(&reservation->stake, stake);
}

int portres__share_settle(struct portres__reservation* reservation) {
  portres__stake stake = atomic_load(&reservation->stake);
  struct portres_info info;

  if (stake == 0) {
    return PORTRES_OK;
  }
  portres__reservation_describe(reservation, &info);
  return portres__platform_ledger_settle(stake, &info);
}

int portres__share_set_scope(portres_token token, enum portres_scope scope) {
  struct portres__platform_entry entry = portres__platform_enter();
  struct portres__reservation* reservation;
  int status = PORTRES_EINVAL;

  portres__platform_lock_acquire();
  portres__engine_lock();
  reservation = portres__engine_find_alive(token);
  if (reservation != NULL) {
    reservation->scope = (uint8_t)scope;
    status = portres__share_settle(reservation);
    portres__reservation_drop(reservation);
  }
  portres__platform_unlock_engine();
  portres__platform_unlock_acquire();
  portres__platform_leave(entry);
  return status;
}

/* --- Renew --- */

/* Should it end meanwhile: whoever ends it has found it claimed, or we find it
 * dead. Somebody may have what was his before the ledger was removed. */
static void claim_again(struct portres__reservation* reservation,
                        portres__stake stake) {
  uint16_t busy;

  if (portres__platform_ledger_claim(stake, reservation->protocol,
                                     reservation->range, false,
                                     &busy) != PORTRES_OK) {
    return;
  }
  portres__share_settle(reservation);
  if (!portres__reservation_is_alive(reservation)) {
    portres__platform_ledger_end(stake, reservation->protocol,
                                 reservation->range);
  }
}

static void claim_all_again(portres__stake stake) {
  uint32_t count = atomic_load(&portres__engine.reservations.count);

  for (uint32_t i = 0; i < count; i++) {
    struct portres__reservation* reservation = portres__reservation_pin_alive(
        portres__slab_handle(portres__reservation_at(i)));
    if (reservation == NULL) {
      continue;
    }
    if (reservation->kind == PORTRES_RUNTIME &&
        atomic_load(&reservation->stake) == stake) {
      claim_again(reservation, stake);
    }
    portres__reservation_drop(reservation);
  }
}

int portres__share_renew(portres__stake stake) {
  int status = portres__platform_ledger_renew(stake);

  if (status == PORTRES_OK) {
    portres__engine_lock();
    claim_all_again(stake);
    portres__platform_unlock_engine();
  }
  return status;
}
