/* ledger_posix.h - this process' access to ledgers: descriptors, maps.
 *
 * A slot is a ledger that is looked at: one for each network namespace that
 * this process has blocks in, or had lately. What it claims for itself it
 * claims through the slot's descriptor, which forked children close; a block
 * that they inherit has a descriptor of its own, and the kernel keeps it until
 * the last of them is closed. A map stays when its slot is used for another
 * ledger, for a bind may be looking at it: 36 KB of addresses.
 */
#ifndef PORTRES_LEDGER_POSIX_H
#define PORTRES_LEDGER_POSIX_H

#include "engine.h"
#include "kept_posix.h"
#include "ledgerfile_posix.h"
#include "ofd_posix.h"

struct portres__ledger_slot {
  struct portres__kept kept;
  _Atomic uint32_t users; /* reservations and calls; 0: it is closed, or the
                             one who made it 0 is about to */
  _Atomic uint32_t heirs; /* inherited stakes that are in use */
  struct portres__netns netns;
  struct portres__ledgerfile_id id;
  char* whole; /* the file, for records; NULL: it is not mapped. Lock: the
                  acquire lock */
  uint64_t pages[PORTRES__LEDGER_RECORD_PAGES / 64]; /* that are known to be
                                                        there */
};

extern struct portres__ledger_slot portres__ledger_slots[PORTRES__STAKES_MAX];

struct portres__ledger_slot* portres__ledger_slot_of(portres__stake stake);
struct portres__kept* portres__ledger_kept(portres__stake stake);
struct portres__ledger* portres__ledger_map_of(
    const struct portres__ledger_slot* slot);

/* The slot of a namespace that has a map; NULL: none. */
struct portres__ledger_slot* portres__ledger_find_slot(
    struct portres__netns netns);

/* Have a slot for this namespace look at this file. NULL: no memory; or all
 * slots are in use, or this one is, for a file that has been removed. Lock: the
 * probe's. */
struct portres__ledger_slot* portres__ledger_look_at(
    struct portres__netns netns, int fd);

static inline struct portres__ofd_range portres__ledger_bytes(
    int protocol, struct portres_range range) {
  struct portres__ofd_range bytes = {
      portres__ledger_byte(protocol, range.start), range.count};
  return bytes;
}

/* Fill in what is known of this process and of this moment. */
void portres__ledger_sign(struct portres__ledger_record* record);

/* In a forked child: it is another process. */
void portres__ledger_forget_self(void);

/* In a forked child: what is claimed stays with the parent. */
void portres__ledger_after_fork(void);

#endif
