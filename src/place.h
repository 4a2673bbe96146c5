/* place.h - where a block goes: a range that nobody has, claimed. */
#ifndef PORTRES_PLACE_H
#define PORTRES_PLACE_H

#include <portres/portres.h>

#include "obstacles.h"
#include "platform.h"

/* For whom a place is sought. */
struct portres__claimant {
  enum portres_protocol protocol;
  portres__stake stake; /* 0: other processes are not asked */
  bool is_persistent;   /* it has been published; nobody has been asked */
  bool has_swept;
  struct portres__obstacles* obstacles; /* NULL: it does not wait */
  bool is_looking;                      /* at these, and takes nothing */
};

/* Of one that has tried before: whether what was in its way then still is.
 * Nothing is taken, and no guard left. Returns: 0: it may be had; EADDRINUSE,
 * ENOBUFS. Lock: the acquire lock. */
int portres__place_look(struct portres__claimant* claimant,
                        const struct portres_options* options);

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
