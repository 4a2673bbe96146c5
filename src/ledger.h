/* ledger.h - what one user's processes have reserved at scope shared, as a file
 * that they all map: one for each boot and network namespace.
 *
 * The truth is a lock on the byte portres__ledger_byte() of each reserved port,
 * which the kernel takes back however its owner dies. The bits are a hint, for
 * searching and for binds; nobody has to be waited for to read or to change
 * them. Only who has a port's lock changes its bits, so a bit may be left by
 * one who died, but none that is set by an owner gets lost.
 *
 * A record says whose a block is. It lies where the block starts, and counts
 * while that port is locked and settled.
 */
#ifndef PORTRES_LEDGER_H
#define PORTRES_LEDGER_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>

#include "space.h"

enum {
  PORTRES__LEDGER_VERSION = 1,
  PORTRES__LEDGER_PORTS = PORTRES__PORT_MAX + 1,
  PORTRES__LEDGER_HEAD_SIZE = 4096,
  PORTRES__LEDGER_PROGRAM_SIZE = 24,
  PORTRES__LEDGER_PAGE = 4096,
  PORTRES__LEDGER_RECORD_PAGES =
      2 * PORTRES__LEDGER_PORTS / (PORTRES__LEDGER_PAGE / 128)
};

/* The layout is that of the file, by the machine that runs it. */
struct portres__ledger_head {
  char magic[16];
  uint32_t version;
  uint32_t order;       /* 0x01020304 in the byte order of the maker */
  uint32_t head_size;   /* where the bits begin */
  uint32_t record_size; /* records follow the bits */
};

struct portres__ledger {
  union {
    struct {
      struct portres__ledger_head head;
      _Atomic uint64_t swept_ms;   /* since boot: when bits of the dead were
                                      last looked for; 0: never */
      _Atomic uint32_t is_retired; /* there is, or will be, another file */
    };
    uint8_t room[PORTRES__LEDGER_HEAD_SIZE];
  };
  struct portres__space tcp_reserved; /* from the claim on */
  struct portres__space udp_reserved;
  struct portres__space tcp_settled; /* the record has been written */
  struct portres__space udp_settled;
};

struct portres__ledger_record {
  uint64_t started;       /* the process: clock ticks after boot */
  uint64_t pid_namespace; /* that gives the pid its meaning; 0: not known */
  uint64_t since_boot;    /* of the acquire, in nanoseconds: tells the age */
  int64_t since_epoch;    /* the same by the clock on the wall, in seconds */
  uint32_t pid;
  uint32_t unused;
  uint16_t start;
  uint16_t count;
  uint8_t protocol; /* enum portres_protocol */
  uint8_t kind;     /* enum portres_kind */
  uint8_t scope;    /* enum portres_scope */
  uint8_t is_inherited;
  char program[PORTRES__LEDGER_PROGRAM_SIZE];
  char label[PORTRES_LABEL_SIZE];
  uint64_t check; /* of all that comes before */
};

_Static_assert(sizeof(struct portres__ledger) ==
                   PORTRES__LEDGER_HEAD_SIZE + 4 * PORTRES__LEDGER_PORTS / 8,
               "the file has no holes");
_Static_assert(sizeof(struct portres__ledger_record) == 128,
               "no record lies in two pages");

/* What this version of the library begins a file with; the rest is zeros. */
struct portres__ledger_head portres__ledger_head(void);

enum portres__ledger_kind {
  PORTRES__LEDGER_OURS,
  PORTRES__LEDGER_OF_ANOTHER_VERSION,
  PORTRES__LEDGER_NONE /* another file, or a damaged one */
};
enum portres__ledger_kind portres__ledger_judge(
    const struct portres__ledger_head* head);

static inline uint32_t portres__ledger_index(int protocol) {
  return protocol == PORTRES_TCP ? 0 : 1;
}

/* What is locked for a port; the place is past no end of a file. */
static inline int64_t portres__ledger_byte(int protocol, uint32_t port) {
  return (int64_t)portres__ledger_index(protocol) * PORTRES__LEDGER_PORTS +
         port;
}

/* Where the record of a block that starts here lies. */
static inline int64_t portres__ledger_place(int protocol, uint32_t port) {
  return (int64_t)sizeof(struct portres__ledger) +
         portres__ledger_byte(protocol, port) *
             (int64_t)sizeof(struct portres__ledger_record);
}

static inline struct portres__space* portres__ledger_reserved(
    struct portres__ledger* ledger, int protocol) {
  return protocol == PORTRES_TCP ? &ledger->tcp_reserved
                                 : &ledger->udp_reserved;
}

static inline struct portres__space* portres__ledger_settled(
    struct portres__ledger* ledger, int protocol) {
  return protocol == PORTRES_TCP ? &ledger->tcp_settled : &ledger->udp_settled;
}

/* Finish a record, and tell a whole one of this block from anything else. */
void portres__ledger_seal(struct portres__ledger_record* record);
bool portres__ledger_is_record_of(const struct portres__ledger_record* record,
                                  enum portres_protocol protocol,
                                  uint16_t start);

#endif
