/* testing_win.c - no controls for tests: the system is the real one.
 *
 * A control does nothing and says so; a question is answered as by a library
 * whose controls nobody has touched. */
#include "testing_api.h"

/* --- Controls --- */

int portres_testing_fail(enum portres_testing_call call,
                         unsigned nth,
                         unsigned count,
                         int status) {
  (void)call;
  (void)nth;
  (void)count;
  (void)status;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_set_network_down(int is_down) {
  (void)is_down;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_set_administrator(enum portres_testing_right right) {
  (void)right;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_restart(void) {
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_exclude(enum portres_protocol protocol,
                            struct portres_range range) {
  (void)protocol;
  (void)range;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_add_stranger(enum portres_protocol protocol,
                                 uint16_t port) {
  (void)protocol;
  (void)port;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_set_dynamic_range(struct portres_range range) {
  (void)range;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_set_order(enum portres_order order, uint64_t seed) {
  (void)order;
  (void)seed;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_pend(enum portres_testing_call call,
                         unsigned nth,
                         unsigned count,
                         int settle) {
  (void)call;
  (void)nth;
  (void)count;
  (void)settle;
  return PORTRES_EOPNOTSUPP;
}

int portres_testing_settle(int status) {
  (void)status;
  return PORTRES_EOPNOTSUPP;
}

void portres_testing_reset(void) {
}

/* --- Questions --- */

int portres_testing_fails(enum portres_testing_call call) {
  (void)call;
  return PORTRES_OK;
}

int portres_testing_offer(enum portres_testing_call call,
                          struct portres_testing_operation* operation) {
  (void)call;
  (void)operation;
  return 0;
}

int portres_testing_withdraw(struct portres_testing_operation* operation) {
  (void)operation;
  return 0;
}

int portres_testing_before_wait(void) {
  return 0;
}

int portres__testing_status(enum portres_testing_call call) {
  return portres_testing_fails(call);
}

int portres__testing_check(void) {
  return PORTRES_OK;
}
