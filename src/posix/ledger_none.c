/* ledger_none.c - no ledger, where locks on a file's ranges do not belong to
 * its open description (ofd_posix.h): there is no scope shared. */
#include "ledger_posix.h"

int portres__platform_ledger_enter(portres_socket s,
                                   enum portres__stake_kind kind,
                                   portres__stake* out) {
  (void)s;
  *out = 0;
  return kind == PORTRES__STAKE_VISIT ? PORTRES_ENOTFOUND : PORTRES_EOPNOTSUPP;
}

void portres__platform_ledger_hold(portres__stake stake) {
  (void)stake;
}

void portres__platform_ledger_leave(portres__stake stake) {
  (void)stake;
}

int portres__platform_ledger_claim(portres__stake stake,
                                   enum portres_protocol protocol,
                                   struct portres_range range,
                                   bool is_patient,
                                   uint16_t* busy_out) {
  (void)stake;
  (void)protocol;
  (void)range;
  (void)is_patient;
  *busy_out = 0;
  return PORTRES_OK;
}

int portres__platform_ledger_settle(portres__stake stake,
                                    const struct portres_info* info) {
  (void)stake;
  (void)info;
  return PORTRES_OK;
}

void portres__platform_ledger_end(portres__stake stake,
                                  int protocol,
                                  struct portres_range range) {
  (void)stake;
  (void)protocol;
  (void)range;
}

int portres__platform_ledger_renew(portres__stake stake) {
  (void)stake;
  return PORTRES_EOPNOTSUPP;
}

uint16_t portres__platform_ledger_find_last(portres__stake stake,
                                            enum portres_protocol protocol,
                                            struct portres_range range) {
  (void)stake;
  (void)protocol;
  (void)range;
  return 0;
}

uint16_t portres__platform_ledger_find_locked(portres__stake stake,
                                              enum portres_protocol protocol,
                                              struct portres_range range) {
  return portres__platform_ledger_find_last(stake, protocol, range);
}

bool portres__platform_ledger_sweep(portres__stake stake) {
  (void)stake;
  return false;
}

/* Nobody has reserved a port that a bind could be refused. */
void portres__platform_ledger_watch(void) {
}

bool portres__platform_ledger_refuses(portres_socket s,
                                      int protocol,
                                      uint16_t port) {
  (void)s;
  (void)protocol;
  (void)port;
  return false;
}

void portres__ledger_after_fork(void) {
}
