/* The public headers, alone, twice, and first: they need nothing before them
 * and every name they declare can be linked. This file is a program, and
 * test_header.py compiles it as C11, C99, C++11 and C++17, with every warning
 * an error.
 */
#include <portres/portres.h>

#include <portres/calls.h>
#include <portres/testing.h>

#include <stdio.h>
#include <string.h>

/* C99 has no _Static_assert. */
typedef char token_is_64_bits[sizeof(portres_token) == 8 ? 1 : -1];
typedef char range_is_two_ports[sizeof(struct portres_range) == 4 ? 1 : -1];
typedef char tcp_is_ipproto_tcp[PORTRES_TCP == 6 ? 1 : -1];
typedef char udp_is_ipproto_udp[PORTRES_UDP == 17 ? 1 : -1];

static int count(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static int use_every_function(void) {
  struct portres_range range = {0, 0};
  struct portres_options options;
  struct portres_info info;
  int seen = 0;
  int sum = 0;
  memset(&options, 0, sizeof options);
  memset(&info, 0, sizeof info);
  portres_use_calls();
  sum += portres_acquire(-1, range, NULL) == PORTRES_EFAULT;
  sum += portres_acquire_with(-1, &options, NULL) == PORTRES_EFAULT;
  sum += portres_associate(-1, 0) == PORTRES_ENOTSOCK;
  sum += portres_release(-1, 0) == PORTRES_ENOTSOCK;
  sum += portres_set_scope(PORTRES_SCOPE_DEFAULT) == PORTRES_OK;
  sum += portres_persistent_create(PORTRES_TCP, range, NULL) != 0;
  sum += portres_persistent_delete(PORTRES_TCP, range) != 0;
  sum += portres_persistent_lookup(PORTRES_TCP, range, NULL) != 0;
  sum += portres_describe(0, &info) == PORTRES_EINVAL;
  sum += portres_list(count, &seen) == 0 && seen == 0;
  sum += portres_version() != NULL;
  sum += portres_strerror(0) != NULL;
  sum += portres_error_name(0) != NULL;
  sum += portres_bind(-1, NULL, 0) == -1;
  sum += portres_connect(-1, NULL, 0) == -1;
  sum += portres_listen(-1, 0) == -1;
  sum += portres_sendto(-1, NULL, 0, 0, NULL, 0) == -1;
  sum += portres_sendmsg(-1, NULL, 0) == -1;
  sum += portres_close(-1) == -1;
  sum += portres_dup(-1) == -1;
  sum += portres_dup2(-1, -1) == -1;
  return sum;
}

static int use_every_control(void) {
  struct portres_range none = {0, 0};
  struct portres_testing_operation operation;
  int sum = 0;
  memset(&operation, 0, sizeof operation);
  sum += portres_testing_fail(PORTRES_TESTING_BIND, 0, 1, -1) != 0;
  sum += portres_testing_set_administrator(PORTRES_TESTING_RIGHT_SYSTEM) == 0;
  sum += portres_testing_set_network_down(0) == 0;
  sum += portres_testing_restart() == 0;
  sum += portres_testing_exclude(PORTRES_TCP, none) == PORTRES_EINVAL;
  sum += portres_testing_add_stranger(PORTRES_TCP, 0) == PORTRES_EINVAL;
  sum += portres_testing_set_dynamic_range(none) == 0;
  sum += portres_testing_set_order(PORTRES_ORDER_LOWEST, 0) == 0;
  sum += portres_testing_pend(PORTRES_TESTING_BIND, 0, 1, 0) != 0;
  sum += portres_testing_settle(PORTRES_OK) == 0;
  sum += portres_testing_offer(PORTRES_TESTING_BIND, &operation) == 0;
  sum += portres_testing_withdraw(&operation) == 0;
  sum += portres_testing_before_wait() == 0;
  sum += portres_testing_fails(PORTRES_TESTING_BIND) == 0;
  portres_testing_reset();
  return sum;
}

int main(void) {
  int right = use_every_function() + use_every_control();
  printf("1..1\n%s 1 - given the headers alone, then every function links\n",
         right == 35 ? "ok" : "not ok");
  return 0;
}
