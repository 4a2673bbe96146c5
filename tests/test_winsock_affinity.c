/* B3, semantics 4.5: sockets with SIO_CPU_AFFINITY share a port.
 *
 * The control code sets what portres__ws_set_affinity() sets; this is linked
 * with the library's objects to reach it.
 */
#include "descriptor.h"
#include "winsock.h"

static SOCKET member(const struct contract_block* block) {
  SOCKET s = ws_member(block, NET_V4);
  assert_int_equal(portres__ws_set_affinity((int)s), 0);
  return s;
}

static void check_members(int protocol) {
  struct contract_block block = contract_block(protocol, 1);
  SOCKET first = member(&block);
  SOCKET second = member(&block);
  SOCKET plain = ws_member(&block, NET_V4);
  SOCKET stranger = ws_socket(protocol, NET_V4);
  assert_int_equal(portres__ws_set_affinity((int)stranger), 0);
  assert_int_equal(ws_bind(first, block.start), 0);
  assert_int_equal(ws_bind(second, block.start), 0);
  assert_int_equal(ws_bind(plain, block.start), WSAEADDRINUSE);
  assert_int_equal(ws_bind(stranger, block.start), WSAEACCES);
  contract_expect_figures(block.token, 1, 0, 0);
  ws_close(first);
  contract_expect_figures(block.token, 1, 0, 0);
  ws_close(second);
  contract_expect_figures(block.token, 0, 1, 0);
  ws_close(plain);
  ws_close(stranger);
  contract_end(&block);
}

/* MsQuic without an explicit port: the first binds 0, the others its port. */
static void check_port_of_first(int protocol) {
  SOCKET first = ws_socket(protocol, NET_V4);
  SOCKET second = ws_socket(protocol, NET_V4);
  SOCKET plain = ws_socket(protocol, NET_V4);
  assert_int_equal(portres__ws_set_affinity((int)first), 0);
  assert_int_equal(portres__ws_set_affinity((int)second), 0);
  assert_int_equal(ws_bind(first, 0), 0);
  assert_int_equal(ws_bind(second, ws_port(first)), 0);
  assert_int_equal(ws_bind(plain, ws_port(first)), WSAEADDRINUSE);
  ws_close(first);
  ws_close(second);
  ws_close(plain);
}

static void check_ports_0(int protocol) {
  struct contract_block block = contract_block(protocol, 2);
  SOCKET first = member(&block);
  SOCKET second = member(&block);
  SOCKET third = member(&block);
  assert_int_equal(ws_bind(first, 0), 0);
  assert_int_equal(ws_bind(second, 0), 0);
  assert_int_equal(ws_port(second), block.start + 1);
  assert_int_equal(ws_bind(third, 0), WSAENOBUFS);
  assert_int_equal(ws_bind(third, block.start), 0);
  ws_close(first);
  ws_close(second);
  ws_close(third);
  contract_end(&block);
}

static void check_reused_number(int protocol) {
  SOCKET first = ws_socket(protocol, NET_V4);
  assert_int_equal(portres__ws_set_affinity((int)first), 0);
  ws_close(first);
  SOCKET again = ws_socket(protocol, NET_V4);
  assert_int_equal(again, first);
  assert_false(portres__ws_has_affinity((int)again));
  assert_true(portres__ws_is_overlapped((int)again));
  ws_close(again);
  again = WSASocketW(AF_INET, 0, protocol, NULL, 0, 0);
  assert_false(portres__ws_is_overlapped((int)again));
  ws_close(again);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("B3, 4.5: given sockets with an affinity and one token, when "
                  "they bind one port, then all do, and no other",
                  check_members),
    CONTRACT_BOTH("4.5: given sockets with an affinity and no token, then the "
                  "others bind the port the first one got",
                  check_port_of_first),
    CONTRACT_BOTH("4.2: given sockets with an affinity, when they bind port 0, "
                  "then each gets another port",
                  check_ports_0),
    CONTRACT_BOTH("given the number of a closed socket, then nothing is known "
                  "of the new one",
                  check_reused_number),
};

int main(void) {
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_affinity");
}
