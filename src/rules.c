#include "rules.h"

/* Where Windows is silent; one constant each, so that an answer from a real
 * Windows is one edit. */
enum {
  STRANGER_STATUS = PORTRES_EACCES,      /* semantics section 5, Q13, Q16 */
  OUTSIDE_BLOCK_STATUS = PORTRES_EACCES, /* Q5 */
  DEAD_TOKEN_STATUS = PORTRES_ENOBUFS,   /* Q6, port 0 */
  DEAD_EXPLICIT_STATUS = PORTRES_EACCES  /* Q6, explicit port */
};

int portres__rules_refusal(struct portres__bind_facts facts) {
  if (!facts.is_associated) {
    return STRANGER_STATUS;
  }
  if (facts.is_alive) {
    return OUTSIDE_BLOCK_STATUS;
  }
  return facts.port == 0 ? DEAD_TOKEN_STATUS : DEAD_EXPLICIT_STATUS;
}
