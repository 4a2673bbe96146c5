/* wait.h - an acquire that waits for a busy block. */
#ifndef PORTRES_WAIT_H
#define PORTRES_WAIT_H

#include "platform.h"

/* portres__facility_acquire(), tried again for options->wait_ms while ports are
 * in the way that may come free. No lock of ours is held while it waits.
 * Returns: as that; as portres__platform_pause(). */
int portres__wait_acquire(const struct portres__platform_entry* entry,
                          portres_socket s,
                          const struct portres_options* options,
                          struct portres_reservation* out);

#endif
