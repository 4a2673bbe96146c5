/* The control codes beside reservations: what they do to a socket, and what
 * they tell. Their sizes and pointers are in test_winsock_input_contract.c.
 */
#include <fcntl.h>
#include <netinet/tcp.h>

#include "net.h"
#include "winsock_call.h"

static int control(SOCKET s, DWORD code, void* in, DWORD in_len) {
  struct call call = {.s = s, .code = code, .in = in, .in_len = in_len};
  int error = call_make(&call);

  assert_int_equal(call.returned, 0);
  return error;
}

static ULONG ask(SOCKET s, DWORD code) {
  ULONG value = CALL_UNTOUCHED;
  struct call call = {
      .s = s, .code = code, .out = &value, .out_len = sizeof value};

  assert_int_equal(call_make(&call), 0);
  assert_int_equal(call.returned, sizeof value);
  return value;
}

static int option(SOCKET s, int level, int name) {
  int value = -1;
  socklen_t len = sizeof value;

  assert_int_equal(getsockopt((int)s, level, name, &value, &len), 0);
  return value;
}

/* --- SIO_CPU_AFFINITY --- */

enum { SOCKETS = 4 };

static SOCKET make_affine(USHORT processor, ULONG64 token) {
  SOCKET s = call_socket(IPPROTO_UDP);

  assert_int_equal(control(s, SIO_CPU_AFFINITY, &processor, sizeof processor),
                   0);
  if (token != 0) {
    assert_int_equal(call_associate(CALL_WSA, s, token), 0);
  }
  return s;
}

/* What MsQuic does: the first socket reserves its own port. */
static void check_affinity(void) {
  SOCKET sockets[SOCKETS];
  SOCKET other = call_socket(IPPROTO_UDP);
  INET_PORT_RESERVATION_INSTANCE block;
  uint16_t port = net_free_block(1);

  sockets[0] = make_affine(0, 0);
  assert_int_equal(call_acquire(CALL_WSA, sockets[0], port, 1, &block), 0);
  assert_int_equal(call_associate(CALL_WSA, sockets[0], block.Token), 0);
  for (int i = 1; i < SOCKETS; i++) {
    sockets[i] = make_affine((USHORT)i, block.Token);
  }
  for (int i = 0; i < SOCKETS; i++) {
    assert_int_equal(call_bind(sockets[i], port), 0);
  }
  assert_int_equal(call_bind(other, port), WSAEACCES);
  assert_int_equal(call_acquire(CALL_WSA, other, port, 1, &block),
                   WSAEADDRINUSE);
  call_close(other);
  for (int i = 0; i < SOCKETS; i++) {
    call_close(sockets[i]);
  }
}

static void check_affinity_after_bind(void) {
  SOCKET s = call_socket(IPPROTO_UDP);
  USHORT processor = 0;

  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(control(s, SIO_CPU_AFFINITY, &processor, sizeof processor),
                   WSAEINVAL);
  call_close(s);
}

/* --- SIO_KEEPALIVE_VALS --- */

static void check_keepalive(void) {
  SOCKET s = call_socket(IPPROTO_TCP);
  struct tcp_keepalive values = {1, 60500, 1};

  assert_int_equal(control(s, SIO_KEEPALIVE_VALS, &values, sizeof values), 0);
  assert_int_equal(option(s, SOL_SOCKET, SO_KEEPALIVE), 1);
  assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 61);
  assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPINTVL), 1);
  values = (struct tcp_keepalive){1, 0xFFFFFFFFu, 0};
  assert_int_equal(control(s, SIO_KEEPALIVE_VALS, &values, sizeof values), 0);
  assert_int_equal(option(s, IPPROTO_TCP, TCP_KEEPIDLE), 32767);
  values.onoff = 0;
  assert_int_equal(control(s, SIO_KEEPALIVE_VALS, &values, sizeof values), 0);
  assert_int_equal(option(s, SOL_SOCKET, SO_KEEPALIVE), 0);
  call_close(s);
}

static void check_keepalive_udp(void) {
  SOCKET s = call_socket(IPPROTO_UDP);
  struct tcp_keepalive values = {1, 1000, 1000};

  assert_int_equal(control(s, SIO_KEEPALIVE_VALS, &values, sizeof values),
                   WSAEOPNOTSUPP);
  call_close(s);
}

/* --- FIONBIO, FIONREAD, SIOCATMARK --- */

static int is_nonblocking(SOCKET s) {
  return (fcntl((int)s, F_GETFL) & O_NONBLOCK) != 0;
}

static void check_nonblocking(void) {
  SOCKET s = call_socket(IPPROTO_UDP);
  unsigned long large = 1;
  ULONG small = 1;

  assert_int_equal(control(s, FIONBIO, &large, sizeof large), 0);
  assert_true(is_nonblocking(s));
  large = 0;
  assert_int_equal(control(s, PORTRES_WS_FIONBIO, &large, sizeof large), 0);
  assert_false(is_nonblocking(s));
  assert_int_equal(control(s, PORTRES_WS_FIONBIO, &small, sizeof small), 0);
  assert_true(is_nonblocking(s));
  call_close(s);
}

struct pair {
  SOCKET sender;
  SOCKET receiver;
};

static struct pair connect_pair(void) {
  int listener = net_socket(IPPROTO_TCP, NET_V4);
  struct pair pair;

  assert_int_equal(net_bind_any(listener, 0), 0);
  assert_int_equal(net_listen(listener), 0);
  pair.sender = (SOCKET)net_connect_to(listener);
  pair.receiver = (SOCKET)net_accept(listener);
  net_close(listener);
  return pair;
}

static void close_pair(const struct pair* pair) {
  call_close(pair->sender);
  call_close(pair->receiver);
}

static void wait_for(SOCKET s, int flags) {
  char byte;

  while (recv((int)s, &byte, 1, flags | MSG_PEEK) != 1) {
    /* Urgent data that has not come yet is EINVAL. */
  }
}

static void check_readable(void) {
  struct pair pair = connect_pair();
  unsigned long large = ~0ul;
  struct call call = {.s = pair.receiver,
                      .code = FIONREAD,
                      .out = &large,
                      .out_len = sizeof large};

  assert_int_equal(ask(pair.receiver, PORTRES_WS_FIONREAD), 0);
  assert_int_equal(send((int)pair.sender, "three", 3, 0), 3);
  wait_for(pair.receiver, 0);
  assert_int_equal(ask(pair.receiver, PORTRES_WS_FIONREAD), 3);
  assert_int_equal(call_make(&call), 0);
  assert_int_equal(large, 3);
  close_pair(&pair);
}

/* Windows: TRUE means that no urgent data waits. */
static void check_at_mark(void) {
  struct pair pair = connect_pair();

  assert_int_equal(ask(pair.receiver, PORTRES_WS_SIOCATMARK), TRUE);
  assert_int_equal(send((int)pair.sender, "!", 1, MSG_OOB), 1);
  wait_for(pair.receiver, MSG_OOB);
  assert_int_equal(ask(pair.receiver, PORTRES_WS_SIOCATMARK), FALSE);
  close_pair(&pair);
}

int main(void) {
  table_add_one(
      "S4.5, B3: given SIO_CPU_AFFINITY, then sockets of one token "
      "share a port",
      check_affinity);
  table_add_one("given a bound socket, then SIO_CPU_AFFINITY is WSAEINVAL",
                check_affinity_after_bind);
  table_add_one("given SIO_KEEPALIVE_VALS, then its milliseconds are seconds",
                check_keepalive);
  table_add_one("given SIO_KEEPALIVE_VALS on UDP, then WSAEOPNOTSUPP",
                check_keepalive_udp);
  table_add_one("given FIONBIO by either number and size, then it holds",
                check_nonblocking);
  table_add_one("given FIONREAD, then the bytes that wait", check_readable);
  table_add_one("given SIOCATMARK, then TRUE unless urgent data waits",
                check_at_mark);
  return call_run("winsock_setting");
}
