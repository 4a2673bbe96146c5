/* The harness itself: what the other programs take for granted. */
#include <errno.h>
#include <stdlib.h>

#include "net.h"
#include "table.h"

static void check_loopback(void) {
  static const enum net_family families[] = {NET_V4, NET_V6};
  for (int i = 0; i < 2; i++) {
    int listener = net_socket(IPPROTO_TCP, families[i]);
    assert_int_equal(net_listen(listener), 0);
    int client = net_connect_to(listener);
    net_close(net_accept(listener));
    net_close(client);
    net_close(listener);
  }
}

static void check_room(void) {
  net_need_netns("the ephemeral range of the machine is not ours to set");
  uint16_t low;
  uint16_t high;
  net_ephemeral_range(&low, &high);
  assert_in_range(high, low, 49151);
  net_need_room(16384);
  net_need_descriptors(16384);
}

static void check_rights(void) {
  net_need_netns("capabilities are dropped together with the namespace");
  int s = net_socket(IPPROTO_TCP, NET_V4);
  uint16_t privileged = (uint16_t)(net_unprivileged_start() - 1);
  assert_int_equal(net_bind(s, "127.0.0.1", privileged), EACCES);
  net_close(s);
  assert_int_equal(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), -1);
  assert_int_equal(errno, EPERM);
}

static void check_free_block(void) {
  uint16_t start = net_free_block(4);
  int s = net_socket(IPPROTO_UDP, NET_DUAL);
  assert_int_equal(net_bind_any(s, (uint16_t)(start + 2)), 0);
  assert_int_equal(net_port(s), start + 2);
  assert_in_range(net_free_block(4), start + 3, 65532);
  net_close(s);
}

int main(void) {
  table_add_one("given the launcher, then loopback works for v4 and v6",
                check_loopback);
  table_add_one("given the launcher, then a block of 16384 has room",
                check_room);
  table_add_one("given the launcher, then no privilege is left", check_rights);
  table_add_one("given a bound port, then a free block does not contain it",
                check_free_block);
  return table_run("meta");
}
