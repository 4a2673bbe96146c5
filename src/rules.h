/* rules.h - the decision: may this socket bind this port, and who chooses it?
 *
 * Pure: no state, no system. bind_posix.c gathers the facts and obeys.
 *
 * Windows tells a socket that holds a reservation's token from all others. One
 * that does not is a stranger, to the owner's own process too (semantics Q13):
 * it is refused the port by "access denied", before anybody looks whether the
 * port is in use (section 5). One that does takes its port from the block and
 * from nowhere else: when the block cannot serve, bind fails (Q5, Q6).
 *
 * Example: the block is 5000-5003, the token alive. bind to port 0 is `pick`,
 * to port 5002 is `hold`, to 8080 is refused; a stranger's bind to 5002 is
 * refused, to 8080 it passes.
 */
#ifndef PORTRES_RULES_H
#define PORTRES_RULES_H

#include <portres/portres.h>
#include <stdbool.h>

#include "block.h"
#include "rare.h"

enum portres__verdict {
  PORTRES__VERDICT_PASS, /* none of our business: the kernel decides */
  PORTRES__VERDICT_PICK, /* a free port of the block */
  PORTRES__VERDICT_HOLD, /* this port of the block, if the kernel agrees */
  PORTRES__VERDICT_REFUSE
};

struct portres__bind_facts {
  bool is_associated;
  bool is_alive;              /* the token it is associated with */
  struct portres_range block; /* of that token */
  uint16_t port;              /* asked for; 0 leaves the choice to us */
  bool is_reserved;           /* the port, to whomever */
};

struct portres__decision {
  enum portres__verdict verdict;
  int status; /* for a refusal: why */
};

/* Why it is refused; for facts that are to be refused. */
PORTRES__RARE int portres__rules_refusal(struct portres__bind_facts facts);

static inline struct portres__decision portres__rules_refuse(
    struct portres__bind_facts facts) {
  struct portres__decision decision = {PORTRES__VERDICT_REFUSE,
                                       portres__rules_refusal(facts)};
  return decision;
}

static inline struct portres__decision portres__rules_bind(
    const struct portres__bind_facts* facts) {
  struct portres__decision decision = {PORTRES__VERDICT_PASS, PORTRES_OK};

  if (facts->is_associated ? !facts->is_alive : facts->is_reserved) {
    return portres__rules_refuse(*facts);
  }
  if (facts->is_associated && facts->port == 0) {
    decision.verdict = PORTRES__VERDICT_PICK;
  } else if (facts->is_associated) {
    if (!portres__block_contains(facts->block, facts->port)) {
      return portres__rules_refuse(*facts);
    }
    decision.verdict = PORTRES__VERDICT_HOLD;
  }
  return decision;
}

#endif
