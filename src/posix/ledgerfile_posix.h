/* ledgerfile_posix.h - the file of a ledger: found, made, mapped.
 *
 * It appears whole, by a link to it. Its first part, which is mapped, has been
 * written before, so that a full file system is an error at the beginning and
 * never a SIGBUS; the first record of a page is written by pwrite(), for the
 * same reason.
 */
#ifndef PORTRES_LEDGERFILE_POSIX_H
#define PORTRES_LEDGERFILE_POSIX_H

#include <stdbool.h>
#include <sys/types.h>

#include "ledger.h"
#include "netns_posix.h"

/* Which file it is, whatever its name. */
struct portres__ledgerfile_id {
  dev_t device;
  ino_t inode;
};

static inline bool portres__ledgerfile_is_same(
    struct portres__ledgerfile_id a, struct portres__ledgerfile_id b) {
  return a.device == b.device && a.inode == b.inode;
}

/* The ledger of this user, this boot and that namespace, to read and write.
 * Returns: 0; ENOTFOUND: there is none, and none is to be made; EOPNOTSUPP:
 * another version of this library has its blocks in it; ECORRUPT, EACCES,
 * EDISKFULL, ENOBUFS. Async-signal-safe. */
int portres__ledgerfile_open(struct portres__netns netns,
                             bool may_make,
                             int* fd_out);

/* Remove the ledger of this name, if nobody has a block in it, and tell those
 * who look at its map. */
void portres__ledgerfile_retire(int dir, const char* name);

/* False: it is no longer one that another process would open. */
bool portres__ledgerfile_identify(int fd, struct portres__ledgerfile_id* out);

/* Map its first part; NULL: no memory. */
struct portres__ledger* portres__ledgerfile_map(int fd);

/* Map all of it, by the byte; of the records only those pages are there that
 * have been written by pwrite(). NULL: no memory. */
char* portres__ledgerfile_map_all(int fd);
void portres__ledgerfile_unmap_all(char* map);

/* The parts of a ledger's name, for those who list them. */
enum { PORTRES__LEDGERFILE_NAME_SIZE = 80 };
bool portres__ledgerfile_is_name(const char* name);

/* Of this boot. */
bool portres__ledgerfile_is_current(const char* name);
struct portres__netns portres__ledgerfile_netns(const char* name);

#endif
