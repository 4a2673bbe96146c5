/* ledgersweep_posix.c - bits that somebody left who died.
 *
 * Where a range has bits and no lock, nobody has it. To clear them takes a
 * lock, as with all changes of bits; this one is shared, so that who meets it
 * can tell a sweep from an owner, and belongs to a description of its own, so
 * that the locks of this process are met like all others.
 */
#include <time.h>

#include "ledger_posix.h"
#include "process_posix.h"
#include "real_posix.h"

struct sweep {
  int fd;
  struct portres__space* reserved;
  struct portres__space* settled;
  int64_t base; /* the byte of port 0 */
  bool has_found;
};

/* Before: there is a bit for each of these ports. */
static bool clear(struct sweep* sweep, uint32_t first, uint32_t end) {
  struct portres_range range = {(uint16_t)first, (uint16_t)(end - first)};
  struct portres__ofd_range bytes = {sweep->base + first, end - first};

  if (portres__ofd_lock_shared(sweep->fd, bytes) != 0) {
    return false;
  }
  portres__space_release(sweep->settled, range);
  portres__space_release(sweep->reserved, range);
  portres__ofd_unlock(sweep->fd, bytes);
  sweep->has_found = true;
  return true;
}

/* The lowest lock in the run; `end` for both: none. */
static void find_first(const struct sweep* sweep,
                       uint32_t first,
                       uint32_t end,
                       uint32_t* held_out,
                       uint32_t* held_end_out) {
  struct portres__ofd_range held;
  bool is_shared;

  *held_out = end;
  *held_end_out = end;
  while (first < *held_out) {
    struct portres__ofd_range bytes = {sweep->base + first, *held_out - first};
    int64_t last;
    if (!portres__ofd_find(sweep->fd, bytes, &held, &is_shared)) {
      return;
    }
    last = held.start + held.count - sweep->base;
    *held_end_out = held.count == 0 || last > end ? end : (uint32_t)last;
    *held_out = held.start - sweep->base > first
                    ? (uint32_t)(held.start - sweep->base)
                    : first;
  }
}

static void sweep_run(struct sweep* sweep, uint32_t first, uint32_t end) {
  while (first < end && !clear(sweep, first, end)) {
    uint32_t held;
    uint32_t held_end;
    find_first(sweep, first, end, &held, &held_end);
    if (held > first && held < end) {
      clear(sweep, first, held);
    }
    /* Where the lock was given up meanwhile, another sweep comes. */
    first = held_end > first ? held_end : first + 1;
  }
}

static bool has_bit(const struct sweep* sweep, uint32_t port) {
  return portres__space_is_reserved(sweep->reserved, (uint16_t)port);
}

/* By runs of bits: blocks side by side of one owner are one lock. */
static void sweep_ports(struct sweep* sweep) {
  uint32_t first = 0;

  while (first <= PORTRES__PORT_MAX) {
    uint32_t end;
    if (first % 64 == 0 &&
        atomic_load(&sweep->reserved->reserved[first / 64]) == 0) {
      first += 64;
      continue;
    }
    end = first;
    /* A range has at most 65535 ports. */
    while (end <= PORTRES__PORT_MAX && end - first < PORTRES__PORT_MAX &&
           has_bit(sweep, end)) {
      end++;
    }
    sweep_run(sweep, first, end);
    first = end + 1;
  }
}

static bool sweep_file(int fd, struct portres__ledger* ledger) {
  struct sweep tcp = {fd, &ledger->tcp_reserved, &ledger->tcp_settled,
                      portres__ledger_byte(PORTRES_TCP, 0), false};
  struct sweep udp = {fd, &ledger->udp_reserved, &ledger->udp_settled,
                      portres__ledger_byte(PORTRES_UDP, 0), false};

  sweep_ports(&tcp);
  sweep_ports(&udp);
  return tcp.has_found || udp.has_found;
}

/* A forked child must not have this description, or its locks. */
bool portres__platform_ledger_sweep(portres__stake stake) {
  struct portres__ledger_slot* slot = portres__ledger_slot_of(stake);
  struct portres__ledgerfile_id id;
  bool has_found = false;
  int fd;

  portres__process_lock_probe();
  if (portres__ledgerfile_open(slot->netns, false, &fd) == PORTRES_OK) {
    if (portres__ledgerfile_identify(fd, &id) &&
        portres__ledgerfile_is_same(id, slot->id)) {
      has_found = sweep_file(fd, portres__ledger_map_of(slot));
    }
    portres__real()->close(fd);
  }
  portres__process_unlock_probe();
  return has_found;
}
