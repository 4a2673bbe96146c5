#include "countdown.h"

/* A rule, from the highest bit: 1 that it is one; 15, the negative of the
 * status; 24, the calls to pass over; 24, the calls it is for, 0 for all. */
enum { SKIP_SHIFT = 24, STATUS_SHIFT = 48, STATUS_MAX = 0x7fff };
#define IS_RULE (UINT64_C(1) << 63)

static uint64_t skip_of(uint64_t rule) {
  return rule >> SKIP_SHIFT & PORTRES__COUNTDOWN_MAX;
}

static uint64_t count_of(uint64_t rule) {
  return rule & PORTRES__COUNTDOWN_MAX;
}

static int status_of(uint64_t rule) {
  return -(int)(rule >> STATUS_SHIFT & STATUS_MAX);
}

bool portres__countdown_add(struct portres__countdown* countdown,
                            unsigned nth,
                            unsigned count,
                            int status) {
  uint64_t rule = IS_RULE | (uint64_t)-status << STATUS_SHIFT |
                  (uint64_t)(nth - 1) << SKIP_SHIFT | count;

  for (int i = 0; i < PORTRES__COUNTDOWN_RULES; i++) {
    uint64_t vacant = 0;
    if (atomic_compare_exchange_strong(&countdown->rules[i], &vacant, rule)) {
      return true;
    }
  }
  return false;
}

/* The rule after a call. */
static uint64_t after_call(uint64_t rule) {
  if (skip_of(rule) != 0) {
    return rule - (UINT64_C(1) << SKIP_SHIFT);
  }
  switch (count_of(rule)) {
    case 0:
      return rule;
    case 1:
      return 0;
    default:
      return rule - 1;
  }
}

/* Count a call; the rule before it. */
static uint64_t step(_Atomic uint64_t* rule) {
  uint64_t before = atomic_load(rule);

  while (before != 0 &&
         !atomic_compare_exchange_weak(rule, &before, after_call(before))) {
    /* `before` is what another thread has made of it: count from there. */
  }
  return before;
}

bool portres__countdown_step(struct portres__countdown* countdown,
                             int* status_out) {
  bool is_meant = false;

  for (int i = 0; i < PORTRES__COUNTDOWN_RULES; i++) {
    uint64_t rule = step(&countdown->rules[i]);
    if (rule != 0 && skip_of(rule) == 0 && !is_meant) {
      *status_out = status_of(rule);
      is_meant = true;
    }
  }
  return is_meant;
}

void portres__countdown_clear(struct portres__countdown* countdown) {
  for (int i = 0; i < PORTRES__COUNTDOWN_RULES; i++) {
    atomic_store(&countdown->rules[i], 0);
  }
}
