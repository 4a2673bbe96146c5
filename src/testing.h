/* testing.h - what the controls for tests have set, for the rest of the
 * library. Their public side is portres/testing.h.
 *
 * Until a control is called or the environment asks for one, each question
 * below costs one relaxed load. All of them are lock-free, and safe in a signal
 * handler once the environment has been read, which is done at load.
 */
#ifndef PORTRES__TESTING_H
#define PORTRES__TESTING_H

#include <portres/testing.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "rare.h"
#include "testing_api.h"

enum portres__testing_state {
  PORTRES__TESTING_UNKNOWN, /* the environment has not been read */
  PORTRES__TESTING_OFF,
  PORTRES__TESTING_ON
};

extern _Atomic int portres__testing_state;

static inline bool portres__testing_is_on(void) {
  return atomic_load_explicit(&portres__testing_state, memory_order_relaxed) !=
         PORTRES__TESTING_OFF;
}

/* --- What the library asks, besides testing_api.h --- */

/* As portres__testing_check(), for those who know that the controls are on. */
PORTRES__RARE int portres__testing_complain(void);

/* Whether the process counts as administrator, given whether it is. */
bool portres__testing_administrator(bool real);

/* How often the machine has "restarted"; the tokens of persistent reservations
 * differ with it. It never goes back. */
unsigned portres__testing_restarts(void);

/* The last excluded port of the range; 0: none is. */
uint16_t portres__testing_excluded(enum portres_protocol protocol,
                                   struct portres_range range);

/* Where wildcards go, given the default. */
struct portres_range portres__testing_dynamic_range(struct portres_range range);

/* Give options that ask for the lowest port the order that has been set. */
void portres__testing_settle_order(struct portres_options* options);

/* Strangers whose sockets were closed are back. Lock: the acquire lock. */
void portres__testing_before_acquire(void);

/* --- What others tell it --- */

/* The environment asks for this; NULL as `problem`, or what is wrong with it.
 * Both are kept. Once, before anything else of the value is used. */
void portres__testing_read(const char* value, const char* problem);

/* In a forked child. Async-signal-safe. */
void portres__testing_after_fork(void);

/* --- Its other parts --- */

/* Do what the value says, if `is_applied`; what is wrong with it, or NULL. */
const char* portres__testing_parse(const char* value, bool is_applied);

/* pend.c: forget what pends, in a forked child; no longer let calls pend. */
void portres__pend_after_fork(void);
void portres__pend_reset(void);

/* Turn the controls on; the environment comes first. */
void portres__testing_turn_on(void);

enum { PORTRES__TESTING_CALLS = PORTRES_TESTING_LOOKUP };

static inline bool portres__testing_is_call(enum portres_testing_call call) {
  return (int)call >= 1 && (int)call <= PORTRES__TESTING_CALLS;
}

/* True for a status of portres.h, 0 among them. */
bool portres__testing_is_status(int status);

#endif
