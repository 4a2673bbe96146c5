/* ledgernames_posix.h - the names of the ledgers in a runtime directory. */
#ifndef PORTRES_LEDGERNAMES_POSIX_H
#define PORTRES_LEDGERNAMES_POSIX_H

#include <stdbool.h>
#include <stddef.h>

#include "ledgerfile_posix.h"

/* Of every boot and namespace, in the order of their bytes. */
struct portres__ledgernames {
  char (*list)[PORTRES__LEDGERFILE_NAME_SIZE];
  size_t count;
  size_t room;
};

/* To be freed in any case. False: no memory, or the directory cannot be read.
 */
bool portres__ledgernames_read(int dir, struct portres__ledgernames* out);
void portres__ledgernames_free(struct portres__ledgernames* names);

#endif
