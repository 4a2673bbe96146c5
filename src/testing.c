/* testing.c - the controls for tests: what has been set, and what follows. */
#include "testing.h"

#include <string.h>

#include "block.h"
#include "countdown.h"
#include "engine.h"
#include "platform.h"
#include "space.h"

PORTRES__HOT _Atomic int portres__testing_state;

static struct portres__countdown failures[PORTRES__TESTING_CALLS];
static _Atomic bool is_network_down;
static _Atomic int right;
static _Atomic unsigned restarts;
static struct portres__space excluded_tcp;
static struct portres__space excluded_udp;
static _Atomic uint32_t dynamic_range; /* start, count; 0: the default */
static _Atomic int order;
static _Atomic uint64_t seed;

/* --- On and off --- */

/* Read the environment if nobody has; true when there is anything to do. */
static bool is_awake(void) {
  if (atomic_load(&portres__testing_state) == PORTRES__TESTING_UNKNOWN) {
    portres__platform_read_testing();
  }
  return atomic_load(&portres__testing_state) == PORTRES__TESTING_ON;
}

void portres__testing_turn_on(void) {
  is_awake();
  atomic_store(&portres__testing_state, PORTRES__TESTING_ON);
}

static const char* environment_value;
static _Atomic(const char*) environment_problem;
static _Atomic bool has_complained;

void portres__testing_read(const char* value, const char* problem) {
  int unknown = PORTRES__TESTING_UNKNOWN;

  if (*value == '\0') {
    atomic_compare_exchange_strong(&portres__testing_state, &unknown,
                                   PORTRES__TESTING_OFF);
    return;
  }
  /* First, for the controls below would come back to us. */
  atomic_store(&portres__testing_state, PORTRES__TESTING_ON);
  if (problem == NULL) {
    problem = portres__testing_parse(value, false);
  }
  if (problem == NULL) {
    problem = portres__testing_parse(value, true);
  }
  environment_value = value;
  atomic_store(&environment_problem, problem);
}

int portres__testing_complain(void) {
  const char* problem;

  is_awake();
  problem = atomic_load(&environment_problem);
  if (problem == NULL) {
    return PORTRES_OK;
  }
  if (!atomic_exchange(&has_complained, true)) {
    portres__platform_complain_of_testing(environment_value, problem);
  }
  return PORTRES_EINVAL;
}

int portres__testing_check(void) {
  return portres__testing_is_on() ? portres__testing_complain() : PORTRES_OK;
}

/* --- Failures --- */

bool portres__testing_is_status(int status) {
  return strcmp(portres_error_name(status), "UNKNOWN") != 0;
}

int portres_testing_fail(enum portres_testing_call call,
                         unsigned nth,
                         unsigned count,
                         int status) {
  if (!portres__testing_is_call(call) || nth < 1 ||
      nth > PORTRES__COUNTDOWN_MAX || count > PORTRES__COUNTDOWN_MAX ||
      status == PORTRES_OK || !portres__testing_is_status(status)) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  return portres__countdown_add(&failures[call - 1], nth, count, status)
             ? PORTRES_OK
             : PORTRES_ENOBUFS;
}

/* Persistent reservations are kept in a store, network or not. */
static bool needs_network(enum portres_testing_call call) {
  return call < PORTRES_TESTING_CREATE;
}

int portres_testing_fails(enum portres_testing_call call) {
  int status = PORTRES_OK;

  if (!portres__testing_is_call(call) || !is_awake()) {
    return PORTRES_OK;
  }
  if (portres__testing_complain() != PORTRES_OK) {
    return PORTRES_EINVAL;
  }
  if (portres__countdown_step(&failures[call - 1], &status)) {
    return status;
  }
  return atomic_load(&is_network_down) && needs_network(call) ? PORTRES_ENETDOWN
                                                              : PORTRES_OK;
}

int portres__testing_status(enum portres_testing_call call) {
  return portres__testing_is_on() ? portres_testing_fails(call) : PORTRES_OK;
}

int portres_testing_set_network_down(int is_down) {
  portres__testing_turn_on();
  atomic_store(&is_network_down, is_down != 0);
  return PORTRES_OK;
}

/* --- The machine --- */

int portres_testing_set_administrator(enum portres_testing_right wanted) {
  if ((int)wanted < PORTRES_TESTING_RIGHT_SYSTEM ||
      wanted > PORTRES_TESTING_RIGHT_NO) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  atomic_store(&right, (int)wanted);
  return PORTRES_OK;
}

bool portres__testing_administrator(bool real) {
  if (!portres__testing_is_on() || !is_awake()) {
    return real;
  }
  switch (atomic_load(&right)) {
    case PORTRES_TESTING_RIGHT_YES:
      return true;
    case PORTRES_TESTING_RIGHT_NO:
      return false;
    default:
      return real;
  }
}

int portres_testing_restart(void) {
  struct portres__platform_entry entry;

  portres__testing_turn_on();
  /* First, or another thread might yet have a token of before associated. */
  atomic_fetch_add(&restarts, 1);
  entry = portres__platform_enter();
  portres__engine_end_all();
  portres__platform_leave(entry);
  atomic_store(&is_network_down, false);
  return PORTRES_OK;
}

unsigned portres__testing_restarts(void) {
  return atomic_load(&restarts);
}

static bool is_protocol(enum portres_protocol protocol) {
  return protocol == PORTRES_TCP || protocol == PORTRES_UDP;
}

static bool is_range(struct portres_range range) {
  return range.start != 0 && portres__block_fits(range);
}

static struct portres__space* excluded(enum portres_protocol protocol) {
  return protocol == PORTRES_TCP ? &excluded_tcp : &excluded_udp;
}

int portres_testing_exclude(enum portres_protocol protocol,
                            struct portres_range range) {
  if (!is_protocol(protocol) || !is_range(range)) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  portres__space_add(excluded(protocol), range);
  return PORTRES_OK;
}

uint16_t portres__testing_excluded(enum portres_protocol protocol,
                                   struct portres_range range) {
  if (!portres__testing_is_on()) {
    return 0;
  }
  return portres__space_last_reserved(excluded(protocol), range);
}

int portres_testing_add_stranger(enum portres_protocol protocol,
                                 uint16_t port) {
  struct portres__platform_entry entry;
  int status;

  if (!is_protocol(protocol) || port == 0) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  entry = portres__platform_enter();
  status = portres__platform_add_stranger(protocol, port);
  portres__platform_leave(entry);
  return status;
}

void portres__testing_before_acquire(void) {
  if (portres__testing_is_on()) {
    portres__platform_renew_strangers();
  }
}

int portres_testing_set_dynamic_range(struct portres_range range) {
  if (range.count != 0 && !is_range(range)) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  atomic_store(&dynamic_range, range.count != 0
                                   ? (uint32_t)range.start << 16 | range.count
                                   : 0);
  return PORTRES_OK;
}

struct portres_range portres__testing_dynamic_range(
    struct portres_range range) {
  uint32_t set = portres__testing_is_on() ? atomic_load(&dynamic_range) : 0;

  if (set != 0) {
    range.start = (uint16_t)(set >> 16);
    range.count = (uint16_t)set;
  }
  return range;
}

int portres_testing_set_order(enum portres_order wanted, uint64_t wanted_seed) {
  if ((int)wanted < PORTRES_ORDER_LOWEST || wanted > PORTRES_ORDER_SEEDED) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  atomic_store(&seed, wanted_seed);
  atomic_store(&order, (int)wanted);
  return PORTRES_OK;
}

void portres__testing_settle_order(struct portres_options* options) {
  if (portres__testing_is_on() && options->order == PORTRES_ORDER_LOWEST) {
    options->order = (enum portres_order)atomic_load(&order);
    options->seed = atomic_load(&seed);
  }
}

/* --- Undone --- */

static void forget_settings(void) {
  for (int i = 0; i < PORTRES__TESTING_CALLS; i++) {
    portres__countdown_clear(&failures[i]);
  }
  portres__space_clear(&excluded_tcp);
  portres__space_clear(&excluded_udp);
  atomic_store(&is_network_down, false);
  atomic_store(&right, PORTRES_TESTING_RIGHT_SYSTEM);
  atomic_store(&dynamic_range, 0);
  atomic_store(&order, PORTRES_ORDER_LOWEST);
  atomic_store(&seed, 0);
}

void portres_testing_reset(void) {
  struct portres__platform_entry entry;

  is_awake();
  /* First: a control that another thread calls meanwhile is not turned off. */
  if (atomic_load(&environment_problem) == NULL) {
    atomic_store(&portres__testing_state, PORTRES__TESTING_OFF);
  }
  forget_settings();
  portres__pend_reset();
  portres_testing_settle(PORTRES_EABORTED);
  entry = portres__platform_enter();
  portres__platform_drop_strangers();
  portres__platform_leave(entry);
}

void portres__testing_after_fork(void) {
  portres__pend_after_fork();
  portres__platform_forget_strangers();
}
