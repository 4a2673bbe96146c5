/* ledgertidy_posix.h - ledgers of network namespaces that are no more. */
#ifndef PORTRES_LEDGERTIDY_POSIX_H
#define PORTRES_LEDGERTIDY_POSIX_H

#include "netns_posix.h"

/* Remove the ledgers that nobody has a block in, but for the one of this
 * namespace. A namespace that lives yet gets a new one when it needs it. Lock:
 * the probe's, so that no forked child has our locks. */
void portres__ledgertidy(struct portres__netns own);

#endif
