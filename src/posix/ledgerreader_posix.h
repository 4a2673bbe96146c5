/* ledgerreader_posix.h - what is in ledgers, for those who list it.
 *
 * Nothing is written, mapped or trusted: root reads the ledgers of all users.
 */
#ifndef PORTRES_LEDGERREADER_POSIX_H
#define PORTRES_LEDGERREADER_POSIX_H

#include <stdbool.h>

#include "ledger.h"
#include "netns_posix.h"

/* A block that somebody has. */
struct portres__ledger_entry {
  struct portres__ledger_record record; /* start, count and protocol are good
                                           even if there is no record */
  bool has_record; /* false: one was claimed a moment ago, or is damaged */
  uint32_t user;   /* whose directory it is */
  struct portres__netns netns;
};

/* A value other than 0 ends the listing, and is what it returns. */
typedef int (*portres__ledger_visit)(const struct portres__ledger_entry* entry,
                                     void* arg);

/* Visit the blocks in each ledger of this boot in the directory, by namespace,
 * protocol and port. Returns: 0, or what `visit` returned; ENOBUFS. */
int portres__ledger_each(int dir, portres__ledger_visit visit, void* arg);

/* The same, of all directories that this process may read. */
int portres__ledger_each_of_all(portres__ledger_visit visit, void* arg);

/* Whether the process that a record tells of, has its pid in this process' own
 * pid namespace. */
bool portres__ledger_is_pid_ours(const struct portres__ledger_record* record);

#endif
