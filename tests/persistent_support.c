#include "persistent_support.h"

#include <errno.h>
#include <sys/stat.h>

#include "contract.h"
#include "store_support.h"

#define UNTOUCHED ENOTNAM
#define TOKEN_BEFORE 77

enum portres_protocol persistent_protocol(int protocol) {
  return (enum portres_protocol)protocol;
}

/* With the promises of the header's first lines. */
int persistent_create(int protocol,
                      struct portres_range range,
                      portres_token* out) {
  portres_token token = TOKEN_BEFORE;
  errno = UNTOUCHED;
  int status =
      portres_persistent_create(persistent_protocol(protocol), range, &token);
  assert_int_equal(errno, UNTOUCHED);
  assert_true((status == PORTRES_OK) == (token != TOKEN_BEFORE));
  *out = token;
  return status;
}

int persistent_delete(int protocol, struct portres_range range) {
  errno = UNTOUCHED;
  int status = portres_persistent_delete(persistent_protocol(protocol), range);
  assert_int_equal(errno, UNTOUCHED);
  return status;
}

int persistent_lookup(int protocol,
                      struct portres_range range,
                      portres_token* out) {
  portres_token token = TOKEN_BEFORE;
  errno = UNTOUCHED;
  int status =
      portres_persistent_lookup(persistent_protocol(protocol), range, &token);
  assert_int_equal(errno, UNTOUCHED);
  assert_true((status == PORTRES_OK) == (token != TOKEN_BEFORE));
  *out = token;
  return status;
}

struct portres_range persistent_free_range(uint16_t count) {
  return (struct portres_range){net_free_block(count), count};
}

struct persistent persistent_begin(int protocol, uint16_t count) {
  struct persistent made = {protocol, persistent_free_range(count), 0};
  assert_int_equal(persistent_create(protocol, made.range, &made.token),
                   PORTRES_OK);
  return made;
}

void persistent_end(const struct persistent* made) {
  assert_int_equal(persistent_delete(made->protocol, made->range), PORTRES_OK);
}

int persistent_member(const struct persistent* made) {
  int s = net_socket(made->protocol, NET_V4);
  assert_int_equal(contract_associate(s, made->token), PORTRES_OK);
  return s;
}

int persistent_other(int protocol) {
  return protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
}
