#include "rules.h"

#include "block.h"

/* Where Windows is silent; one constant each, so that an answer from a real
 * Windows is one edit. */
enum {
  STRANGER_STATUS = PORTRES_EACCES,      /* semantics section 5, Q13, Q16 */
  OUTSIDE_BLOCK_STATUS = PORTRES_EACCES, /* Q5 */
  DEAD_TOKEN_STATUS = PORTRES_ENOBUFS,   /* Q6, port 0 */
  DEAD_EXPLICIT_STATUS = PORTRES_EACCES  /* Q6, explicit port */
};

static struct portres__decision decide(enum portres__verdict verdict) {
  struct portres__decision decision = {verdict, PORTRES_OK};
  return decision;
}

static struct portres__decision refuse(int status) {
  struct portres__decision decision = {PORTRES__VERDICT_REFUSE, status};
  return decision;
}

struct portres__decision portres__rules_bind(
    const struct portres__bind_facts* facts) {
  if (!facts->is_associated) {
    return facts->is_reserved ? refuse(STRANGER_STATUS)
                              : decide(PORTRES__VERDICT_PASS);
  }
  if (!facts->is_alive) {
    return refuse(facts->port == 0 ? DEAD_TOKEN_STATUS : DEAD_EXPLICIT_STATUS);
  }
  if (facts->port == 0) {
    return decide(PORTRES__VERDICT_PICK);
  }
  return portres__block_contains(facts->block, facts->port)
             ? decide(PORTRES__VERDICT_HOLD)
             : refuse(OUTSIDE_BLOCK_STATUS);
}
