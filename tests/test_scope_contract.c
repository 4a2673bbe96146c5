/* PORTRES_SCOPE, which meson sets differently for each run of this program:
 * unset is the widest that can be had, "process" and "machine" are scopes, and
 * of what is no scope acquire says so rather than protect less than was asked.
 * "shared" is in tests/shared_block.c.
 */
#include <stdlib.h>
#include <string.h>

#include "contract.h"

static int expected_status(void) {
  const char* scope = getenv("PORTRES_SCOPE");
  return !scope || strcmp(scope, "process") == 0 ||
                 strcmp(scope, "machine") == 0
             ? 0
             : PORTRES_EOPNOTSUPP;
}

static void check_acquire(int protocol) {
  struct portres_reservation granted;
  int s = net_socket(protocol, NET_V4);
  int status = contract_acquire(s, 0, 1, &granted);
  assert_int_equal(status, expected_status());
  if (status == 0) {
    struct portres_info info = {.size = sizeof info};
    assert_int_equal(contract_describe(granted.token, &info), 0);
    assert_int_equal(info.scope, contract_default_scope());
  }
  net_close(s);
}

static void check_default(int protocol) {
  struct portres_reservation granted;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 1}, .scope = PORTRES_SCOPE_DEFAULT};
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted),
                   expected_status());
  net_close(s);
}

/* The program's own word stands above the environment's. */
static void check_explicit(int protocol) {
  struct portres_reservation granted;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 1}, .scope = PORTRES_SCOPE_PROCESS};
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(contract_acquire_with(s, &options, &granted), 0);
  net_close(s);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given PORTRES_SCOPE, then acquire obeys it", check_acquire),
    CONTRACT_BOTH("given PORTRES_SCOPE and the default scope, then acquire "
                  "obeys it",
                  check_default),
    CONTRACT_BOTH("given scope process in the options, then it is granted",
                  check_explicit),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("scope");
}
