/* After another boot: every token is a new one, nobody has written anything,
 * and the ports are refused as before. */
#include <errno.h>
#include <string.h>

#include "net.h"
#include "platform.h"
#include "store_support.h"

static uint8_t boot;

/* In place of the system's answer, by the linker. */
int __wrap_portres__platform_boot_id(uint8_t out[PORTRES__BOOT_SIZE]);
int __wrap_portres__platform_boot_id(uint8_t out[PORTRES__BOOT_SIZE]) {
  if (boot == 0) {
    return PORTRES_ENOBUFS;
  }
  memset(out, boot, PORTRES__BOOT_SIZE);
  return PORTRES_OK;
}

static int associate(portres_token token) {
  int s = net_socket((int)store_slot(0).protocol, NET_V4);
  int status = portres_associate(s, token);
  net_close(s);
  return status;
}

static portres_token look_up(void) {
  struct store_slot slot = store_slot(0);
  portres_token token = 0;
  assert_int_equal(portres_persistent_lookup(slot.protocol, slot.range, &token),
                   0);
  return token;
}

static void check_boot(void) {
  portres_token token;
  store_clear();
  boot = 1;
  assert_int_equal(store_create(0, &token), PORTRES_OK);
  struct store_image image = store_save();
  boot = 2;
  portres_token later = look_up();
  assert_true(later != token);
  assert_int_equal(associate(token), PORTRES_EINVAL);
  assert_int_equal(associate(later), PORTRES_OK);
  store_expect_unchanged(&image);
  store_free(&image);
  assert_int_equal(store_refused(), 1);
  boot = 1;
  assert_true(look_up() == token);
  assert_int_equal(store_delete(0), PORTRES_OK);
  store_clear();
}

static void check_unknown_boot(void) {
  portres_token token = 77;
  struct store_slot slot = store_slot(0);
  store_clear();
  boot = 0;
  assert_int_equal(portres_persistent_lookup(slot.protocol, slot.range, &token),
                   PORTRES_ENOTFOUND);
  assert_int_equal(store_create(0, &token), PORTRES_ENOBUFS);
  assert_true(token == 77);
  assert_int_equal(store_refused(), 0);
  store_clear();
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one(
      "given another boot, then a reservation is there with another token, "
      "and the old one is EINVAL (6.1, Q21)",
      check_boot);
  table_add_one(
      "given a system that does not tell its boots apart, then create is "
      "ENOBUFS and nothing is reserved",
      check_unknown_boot);
  return table_run("store_boot");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
