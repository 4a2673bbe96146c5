/* contract.h - what every contract test says about the portable API.
 *
 * The wrappers hold what is true of every call, so that no row has to repeat
 * it: errno is left alone, on success and on failure, and nothing is written
 * through an output pointer when a call fails.
 */
#ifndef PORTRES_TESTS_CONTRACT_H
#define PORTRES_TESTS_CONTRACT_H

#include <portres/portres.h>
#include <stdbool.h>

#include "net.h"
#include "table.h"

/* The calls under test, with the promises of the header's first lines. */
int contract_acquire(int s,
                     uint16_t start,
                     uint16_t count,
                     struct portres_reservation* out);
int contract_acquire_with(int s,
                          const struct portres_options* options,
                          struct portres_reservation* out);
int contract_associate(int s, portres_token token);
int contract_release(int s, portres_token token);
int contract_describe(portres_token token, struct portres_info* info);

/* A block of `count` ports anywhere, held by `holder`. */
struct contract_block {
  int holder;
  int protocol;
  uint16_t start;
  uint16_t count;
  portres_token token;
};

struct contract_block contract_block(int protocol, uint16_t count);

/* The same on a specific range. */
struct contract_block contract_block_at(int protocol,
                                        uint16_t start,
                                        uint16_t count);

/* Close the holder, which ends the reservation. */
void contract_end(const struct contract_block* block);

/* A new socket associated with the block. */
int contract_member(const struct contract_block* block, enum net_family family);

/* One that has taken a port by bind(0), which is returned by net_port(). */
int contract_bound_member(const struct contract_block* block,
                          enum net_family family);

bool contract_contains(const struct contract_block* block, uint16_t port);

/* The scope of a block whose options name none: what PORTRES_SCOPE says. */
enum portres_scope contract_default_scope(void);

/* Fail the row unless portres_describe() says so. */
void contract_expect_figures(portres_token token,
                             unsigned used,
                             unsigned free,
                             unsigned cooling);

/* A row that is a scenario for one protocol; most hold for both. */
struct contract_row {
  const char* name;
  int protocol;
  void (*check)(int protocol);
};

#define CONTRACT_TCP(name, check) \
  { "TCP: " name, IPPROTO_TCP, check }
#define CONTRACT_UDP(name, check) \
  { "UDP: " name, IPPROTO_UDP, check }
#define CONTRACT_BOTH(name, check) \
  CONTRACT_TCP(name, check), CONTRACT_UDP(name, check)

/* TABLE_ADD(rows, contract_check) for such rows. */
void contract_check(const void* row);

/* What `check` returns in a forked child, which leaves by _exit. Nothing may
 * be asserted there: the harness is the parent's. */
int contract_in_child(int (*check)(void* arg), void* arg);

/* The reservations of this process; each row leaves as many as it found. */
int contract_count_reservations(void);

/* table_run() with that watch. */
int contract_run(const char* group);

#endif
