/* ledgerwatch_posix.c - binds that other processes' reservations forbid.
 *
 * A bind looks at the bits of the ledger's map. Only where one is set is the
 * kernel asked, whose lock tells an owner from bits that a dead one left.
 */
#include "ledger_posix.h"
#include "process_posix.h"
#include "real_posix.h"

void portres__platform_ledger_watch(void) {
  uint32_t none = 0;

  atomic_compare_exchange_strong(&portres__engine.ledger_count, &none,
                                 PORTRES__LEDGERS_WANTED);
  atomic_store(&portres__engine.has_claimed, true);
}

/* Whoever claims a port makes a ledger. So does one who binds, and looks at it
 * from now on; if that cannot be, no more than this once. */
static void begin_to_look(struct portres__netns netns, int fd) {
  uint32_t wanted = PORTRES__LEDGERS_WANTED;

  if (fd < 0 || portres__ledger_look_at(netns, fd) == NULL) {
    atomic_compare_exchange_strong(&portres__engine.ledger_count, &wanted, 0);
  }
}

static bool is_locked(int fd, int protocol, uint16_t port) {
  struct portres_range one = {port, 1};
  struct portres__ofd_range held;
  bool is_shared;

  return portres__ofd_find(fd, portres__ledger_bytes(protocol, one), &held,
                           &is_shared) &&
         !is_shared;
}

/* The map of the namespace's ledger; NULL: it is not looked at. */
static struct portres__ledger* find_map(struct portres__netns netns) {
  struct portres__ledger_slot* slot = portres__ledger_find_slot(netns);
  return slot != NULL ? portres__ledger_map_of(slot) : NULL;
}

static bool is_retired(struct portres__ledger* map) {
  return map != NULL && atomic_load(&map->is_retired) != 0;
}

static bool has_hint(struct portres__ledger* map, int protocol, uint16_t port) {
  return map != NULL && portres__space_is_reserved(
                            portres__ledger_reserved(map, protocol), port);
}

/* A description of this moment: it meets what this process has, too, which the
 * caller has looked at before. */
static bool refuses(struct portres__netns netns, int protocol, uint16_t port) {
  struct portres__ledger* map = find_map(netns);
  bool is_first =
      atomic_load(&portres__engine.ledger_count) == PORTRES__LEDGERS_WANTED;
  bool is_wanted = is_first || is_retired(map);
  bool is_refused = false;
  int fd = -1;

  if (!is_wanted && !has_hint(map, protocol, port)) {
    return false;
  }
  if (portres__ledgerfile_open(netns, is_wanted, &fd) != PORTRES_OK) {
    fd = -1;
  }
  if (is_first) {
    begin_to_look(netns, fd);
  }
  if (fd >= 0) {
    portres__ledger_look_at(netns, fd); /* it may be another file by now */
    is_refused = is_locked(fd, protocol, port);
    portres__real()->close(fd);
  }
  return is_refused;
}

bool portres__platform_ledger_refuses(portres_socket s,
                                      int protocol,
                                      uint16_t port) {
  struct portres__platform_entry entry = portres__platform_enter();
  struct portres__netns netns;
  bool is_refused = false;

  portres__process_lock_probe();
  if (portres__netns_of(s, &netns)) {
    is_refused = refuses(netns, protocol, port);
  }
  portres__process_unlock_probe();
  portres__platform_leave(entry);
  return is_refused;
}
