/* place.h - where a block goes: a range that nobody has, claimed. */
#ifndef PORTRES_PLACE_H
#define PORTRES_PLACE_H

#include <portres/portres.h>

/* Claim the range that the options ask for, in the space of its transport; a
 * start of 0 becomes the start of the first fit. Every port is tried with the
 * kernel. Lock: the acquire lock.
 * Returns: 0; EACCES, EADDRINUSE, ENETDOWN, ENOBUFS: nothing is claimed. */
int portres__place(enum portres_protocol protocol,
                   struct portres_options* options);

/* Claim exactly this range, whatever is persistently reserved. Returns: as
 * portres__place(). Lock: the acquire lock. */
int portres__place_claim(enum portres_protocol protocol,
                         struct portres_range range);

#endif
