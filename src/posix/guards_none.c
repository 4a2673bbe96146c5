/* guards_none.c - no guards, where no socket can bind beside one that is about
 * to go: there is no scope machine. */
#include "guards_posix.h"

#include "guard_posix.h"
#include "platform.h"

_Atomic bool portres__guards_exist;

int portres__platform_guards_begin(enum portres_protocol protocol,
                                   const struct portres_options* options) {
  (void)protocol;
  return options->scope == PORTRES_SCOPE_MACHINE ? PORTRES_EOPNOTSUPP
                                                 : PORTRES_OK;
}

bool portres__platform_guards_are_affordable(uint32_t wanted) {
  (void)wanted;
  return false;
}

void portres__guards_after_fork(void) {
}

struct portres__guards* portres__platform_guards_take(void) {
  return NULL;
}

void portres__platform_guards_end(void) {
}

void portres__platform_guard_again(struct portres__reservation* reservation,
                                   uint16_t port) {
  (void)reservation;
  (void)port;
}

void portres__platform_guards_close(struct portres__guards* guards) {
  (void)guards;
}

void portres__platform_guards_free(struct portres__guards* guards) {
  (void)guards;
}

void portres__guards_yield(enum portres_protocol protocol, uint16_t port) {
  (void)protocol;
  (void)port;
}

bool portres__guards_are_wanted(void) {
  return false;
}

void portres__guards_start_run(struct portres_range range) {
  (void)range;
}

int portres__guards_probe(uint16_t port, bool over_remnants) {
  (void)port;
  (void)over_remnants;
  return 0;
}

/* --- Forks: nothing is bound that a child could have a copy of --- */

void portres__guard_enter_patiently(struct portres__guard_entry* out) {
  (void)out;
}

void portres__guard_leave(const struct portres__guard_entry* entry) {
  (void)entry;
}

void portres__guard_before_fork(void) {
}

void portres__guard_after_fork(bool is_child) {
  (void)is_child;
}

uint32_t portres__guard_era(void) {
  return 0;
}

bool portres__guard_has_young_child(void) {
  return false;
}
