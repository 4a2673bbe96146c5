/* Tokens and what they name. The system's randomness is ours here, so that a
 * repeated token and a system without randomness can be had. */
#include <string.h>

#include "platform.h"
#include "registry.h"
#include "table.h"
#include "token.h"

static uint64_t random_values[8];
static int random_count;
static bool has_random;

bool portres__platform_random(void* out, size_t out_len) {
  memcpy(out, &random_values[random_count], out_len);
  random_count++;
  return has_random;
}

static void set_random(bool is_there, uint64_t first, uint64_t second) {
  has_random = is_there;
  random_count = 0;
  random_values[0] = first;
  random_values[1] = second;
}

static void zero_is_never_a_token(void) {
  set_random(true, 0, 77);
  assert_int_equal(portres__token_mint(), 77);
  assert_int_equal(random_count, 2);
}

static void no_randomness_is_no_token(void) {
  set_random(false, 77, 77);
  assert_int_equal(portres__token_mint(), 0);
}

static void entry_is_found_until_removed(void) {
  struct portres__registry registry = {NULL};

  assert_true(portres__registry_add(&registry, 7, 70));
  assert_true(portres__registry_add(&registry, 8, 80));
  assert_int_equal(portres__registry_find(&registry, 7), 70);
  portres__registry_remove(&registry, 7);
  assert_int_equal(portres__registry_find(&registry, 7), 0);
  assert_int_equal(portres__registry_find(&registry, 8), 80);
  portres__registry_remove(&registry, 8);
  assert_null(registry.entries);
}

static void token_names_one_thing(void) {
  struct portres__registry registry = {NULL};

  assert_true(portres__registry_add(&registry, 7, 70));
  assert_false(portres__registry_add(&registry, 7, 71));
  assert_int_equal(portres__registry_find(&registry, 7), 70);
  portres__registry_remove(&registry, 7);
}

static void unknown_token_is_nothing(void) {
  struct portres__registry registry = {NULL};

  assert_int_equal(portres__registry_find(&registry, 0), 0);
  portres__registry_remove(&registry, 5);
}

static void thousands_are_kept_apart(void) {
  struct portres__registry registry = {NULL};

  for (portres_token token = 1; token <= 20000; token++) {
    assert_true(portres__registry_add(&registry, token << 40, token));
  }
  for (portres_token token = 1; token <= 20000; token++) {
    assert_int_equal(portres__registry_find(&registry, token << 40), token);
    portres__registry_remove(&registry, token << 40);
  }
  assert_null(registry.entries);
}

int main(void) {
  table_add_one("given 0 from the system, then another token is drawn",
                zero_is_never_a_token);
  table_add_one("given no randomness, then no token",
                no_randomness_is_no_token);
  table_add_one("given an entry, then it is found until it is removed",
                entry_is_found_until_removed);
  table_add_one("given a token in use, then it is not given twice",
                token_names_one_thing);
  table_add_one("given an unknown token, then nothing",
                unknown_token_is_nothing);
  table_add_one("given twenty thousand, then each is found",
                thousands_are_kept_apart);
  return table_run("registry");
}
