/* Must fail: one row leaks a descriptor and nothing else is wrong, so that
 * this program passes only when the leak check of table.c has stopped working.
 * meson lists it with should_fail. */
#include "net.h"
#include "table.h"

static void leak_a_socket(void) {
  assert_true(net_socket(IPPROTO_TCP, NET_V4) >= 0);
}

int main(void) {
  table_add_one("given a row that leaks a socket, then it fails",
                leak_a_socket);
  return table_run("meta_leak");
}
