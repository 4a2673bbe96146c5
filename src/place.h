/* place.h - where a block goes: a range that nobody has, claimed. */
#ifndef PORTRES_PLACE_H
#define PORTRES_PLACE_H

#include <portres/portres.h>

#include "platform.h"

/* For whom a place is sought. */
struct portres__claimant {
  enum portres_protocol protocol;
  portres__stake stake; /* 0: other processes are not asked */
  bool is_persistent;   /* it has been published; nobody has been asked */
  bool has_swept;
};

/* Claim the range that the options ask for, in the space of its transport and
 * in the ledger; a start of 0 becomes the start of the first fit. Every port is
 * tried with the kernel. Lock: the acquire lock.
 * Returns: 0; EACCES, EADDRINUSE, ENETDOWN, ENOBUFS: nothing is claimed. */
int portres__place(struct portres__claimant* claimant,
                   struct portres_options* options);

/* Claim exactly this range. Returns: as portres__place(). Lock: the acquire
 * lock. */
int portres__place_claim(struct portres__claimant* claimant,
                         struct portres_range range);
void portres__place_give_back(const struct portres__claimant* claimant,
                              struct portres_range range);

#endif
