/* ledgerclaim_posix.c - a range of ports in a ledger: had, told of, given back.
 *
 * Claiming locks the range and sets its bits; the ports are probed then. Who
 * meets the lock meanwhile sees from the other bits that it is not settled, and
 * may wait. Settling writes the record, then the other bits. Wherever an owner
 * dies, the kernel unlocks the range, and all that is left are bits, which the
 * next owner overwrites and portres__platform_ledger_sweep() clears.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "disk_posix.h"
#include "ledger_posix.h"
#include "process_posix.h"
#include "real_posix.h"
#include "statedir_posix.h"

enum {
  PAUSE_NS = 50000,
  PATIENCE = 5000, /* pauses: the probing of a large block is 0.2 s */
  UNLOCK_ATTEMPTS = 3
};

/* --- Claim --- */

/* The part of the range that this lock covers. */
static struct portres_range covered(enum portres_protocol protocol,
                                    struct portres_range range,
                                    struct portres__ofd_range held) {
  int64_t base = portres__ledger_byte(protocol, 0);
  int64_t start = held.start - base;
  int64_t end = held.count == 0 ? PORTRES__LEDGER_PORTS : start + held.count;
  int64_t range_end = (int64_t)range.start + range.count;
  struct portres_range part;

  start = start > range.start ? start : range.start;
  end = end < range_end ? end : range_end;
  part.start = (uint16_t)start;
  part.count = (uint16_t)(end > start ? end - start : 0);
  return part;
}

/* Whose lock this is, is sure to keep it: not one who sweeps, who has only
 * claimed so far, or who is amid giving it back. */
static bool is_firm(struct portres__ledger* ledger,
                    enum portres_protocol protocol,
                    struct portres_range part,
                    bool is_shared) {
  return !is_shared && part.count != 0 &&
         portres__space_last_reserved(portres__ledger_settled(ledger, protocol),
                                      part) != 0;
}

static int claim_at(int fd,
                    struct portres__ledger* ledger,
                    enum portres_protocol protocol,
                    struct portres_range range,
                    int patience,
                    uint16_t* busy_out) {
  const struct timespec pause = {0, PAUSE_NS};
  int error;

  for (int i = 0;; i++) {
    struct portres__ofd_range held;
    struct portres_range part = {0, 0};
    bool is_shared = true;
    error = portres__ofd_lock(fd, portres__ledger_bytes(protocol, range));
    if (error != EAGAIN) {
      break;
    }
    if (portres__ofd_find(fd, portres__ledger_bytes(protocol, range), &held,
                          &is_shared)) {
      part = covered(protocol, range, held);
    }
    if (i >= patience || is_firm(ledger, protocol, part, is_shared)) {
      *busy_out = part.count != 0 ? portres__block_last(part) : range.start;
      return PORTRES_EADDRINUSE;
    }
    nanosleep(&pause, NULL);
  }
  return error == 0 ? PORTRES_OK : PORTRES_ENOBUFS;
}

int portres__platform_ledger_claim(portres__stake stake,
                                   enum portres_protocol protocol,
                                   struct portres_range range,
                                   bool is_patient,
                                   uint16_t* busy_out) {
  struct portres__ledger* ledger =
      portres__ledger_map_of(portres__ledger_slot_of(stake));
  struct portres__kept* kept = portres__ledger_kept(stake);
  int fd = portres__kept_begin(kept);
  int status = PORTRES_ENOBUFS;

  if (fd >= 0) {
    status = claim_at(fd, ledger, protocol, range, is_patient ? PATIENCE : 0,
                      busy_out);
  }
  if (status == PORTRES_OK) {
    portres__space_release(portres__ledger_settled(ledger, protocol), range);
    portres__space_add(portres__ledger_reserved(ledger, protocol), range);
  }
  portres__kept_end(kept);
  return status;
}

/* --- Settle --- */

static void fill_record(struct portres__ledger_record* record,
                        const struct portres_info* info,
                        bool is_inherited) {
  memset(record, 0, sizeof *record);
  record->start = info->range.start;
  record->count = info->range.count;
  record->protocol = (uint8_t)info->protocol;
  record->kind = (uint8_t)info->kind;
  record->scope = (uint8_t)info->scope;
  record->is_inherited = is_inherited;
  memcpy(record->label, info->label, sizeof record->label);
  portres__ledger_sign(record);
  portres__ledger_seal(record);
}

/* A page that is there takes no system call; one that is not would be a SIGBUS
 * where the file system is full. */
static bool put_record(int fd,
                       struct portres__ledger_slot* slot,
                       const struct portres__ledger_record* record) {
  int64_t place = portres__ledger_place(record->protocol, record->start);
  uint64_t page = (uint64_t)(place - (int64_t)sizeof(struct portres__ledger)) /
                  PORTRES__LEDGER_PAGE;
  uint64_t bit = UINT64_C(1) << (page % 64);

  if (slot->whole != NULL && (slot->pages[page / 64] & bit) != 0) {
    memcpy(slot->whole + place, record, sizeof *record);
    return true;
  }
  if (!portres__disk_write_at(fd, record, sizeof *record, place)) {
    return false;
  }
  slot->pages[page / 64] |= bit;
  if (slot->whole == NULL) {
    slot->whole = portres__ledgerfile_map_all(fd);
  }
  return true;
}

/* The number may be another file's by now, if the program makes system calls
 * that nobody sees: that one must not be written to. */
static int write_record(int fd,
                        struct portres__ledger_slot* slot,
                        const struct portres__ledger_record* record) {
  struct portres__ledgerfile_id id = {0, 0};
  bool has_name = portres__ledgerfile_identify(fd, &id);

  if (!has_name || !portres__ledgerfile_is_same(id, slot->id)) {
    return PORTRES_ENOTFOUND;
  }
  return put_record(fd, slot, record) ? PORTRES_OK
                                      : portres__statedir_status(errno);
}

int portres__platform_ledger_settle(portres__stake stake,
                                    const struct portres_info* info) {
  struct portres__ledger_slot* slot = portres__ledger_slot_of(stake);
  struct portres__kept* kept = portres__ledger_kept(stake);
  struct portres__ledger_record record;
  int fd = portres__kept_begin(kept);
  int status;

  fill_record(&record, info, kept->is_inherited);
  status = write_record(fd, slot, &record);
  portres__kept_end(kept);
  if (status == PORTRES_OK) {
    portres__space_add(
        portres__ledger_settled(portres__ledger_map_of(slot), info->protocol),
        info->range);
  }
  return status;
}

/* --- End --- */

/* The kernel needs memory to unlock the middle of what it has as one lock. */
static void unlock(int fd, struct portres__ofd_range bytes) {
  for (int i = 0; i < UNLOCK_ATTEMPTS && portres__ofd_unlock(fd, bytes) != 0;
       i++) {
    /* Again. */
  }
}

void portres__platform_ledger_end(portres__stake stake,
                                  int protocol,
                                  struct portres_range range) {
  struct portres__ledger_slot* slot = portres__ledger_slot_of(stake);
  struct portres__ledger* ledger = portres__ledger_map_of(slot);
  struct portres__kept* kept = portres__ledger_kept(stake);
  int saved_errno = errno;
  int fd = portres__kept_begin(kept);

  /* A child that has not noticed its fork shares the locks of its parent. */
  if (fd >= 0 && portres__process_owns_tables()) {
    portres__space_release(portres__ledger_settled(ledger, protocol), range);
    portres__space_release(portres__ledger_reserved(ledger, protocol), range);
    unlock(fd, portres__ledger_bytes(protocol, range));
  }
  portres__kept_end(kept);
  errno = saved_errno;
}

uint16_t portres__platform_ledger_find_last(portres__stake stake,
                                            enum portres_protocol protocol,
                                            struct portres_range range) {
  struct portres__ledger* ledger =
      portres__ledger_map_of(portres__ledger_slot_of(stake));

  return portres__space_last_reserved(
      portres__ledger_reserved(ledger, protocol), range);
}

/* Of several locks the kernel tells of one: of a sweep's it may be, and then
 * the claim finds the other. */
uint16_t portres__platform_ledger_find_locked(portres__stake stake,
                                              enum portres_protocol protocol,
                                              struct portres_range range) {
  struct portres__kept* kept = portres__ledger_kept(stake);
  struct portres_range part = {0, 0};
  struct portres__ofd_range held;
  bool is_shared = true;
  int fd;

  if (portres__platform_ledger_find_last(stake, protocol, range) == 0) {
    return 0;
  }
  fd = portres__kept_begin(kept);
  if (fd >= 0 && portres__ofd_find(fd, portres__ledger_bytes(protocol, range),
                                   &held, &is_shared)) {
    part = covered(protocol, range, held);
  }
  portres__kept_end(kept);
  return !is_shared && part.count != 0 ? portres__block_last(part) : 0;
}
