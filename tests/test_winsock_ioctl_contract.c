/* WSAIoctl() and WSPIoctl() without OVERLAPPED: the three codes of port
 * reservations and their neighbours. Rows carry the paragraph of the Windows
 * semantics they show (S), its question (Q), or the client that wants it (B).
 */
#include <string.h>

#include "net.h"
#include "winsock_call.h"

struct ioctl_row {
  const char* name;
  enum call_face face;
  int protocol;
  void (*check)(enum call_face face, int protocol);
};

#define IOCTL_FACES(prefix, name, protocol, check)             \
  {"WSAIoctl " prefix ": " name, CALL_WSA, protocol, check}, { \
    "WSPIoctl " prefix ": " name, CALL_SPI, protocol, check    \
  }
#define IOCTL_BOTH(name, check)                 \
  IOCTL_FACES("TCP", name, IPPROTO_TCP, check), \
      IOCTL_FACES("UDP", name, IPPROTO_UDP, check)
#define IOCTL_TCP(name, check) IOCTL_FACES("TCP", name, IPPROTO_TCP, check)
#define IOCTL_UDP(name, check) IOCTL_FACES("UDP", name, IPPROTO_UDP, check)

static int other_of(int protocol) {
  return protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
}

/* --- Acquire --- */

static void check_specific(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  uint16_t start = net_free_block(5);
  INET_PORT_RANGE range = {.StartPort = htons(start), .NumberOfPorts = 5};
  INET_PORT_RESERVATION_INSTANCE instance;
  struct call call = {.face = face,
                      .s = s,
                      .code = SIO_ACQUIRE_PORT_RESERVATION,
                      .in = &range,
                      .in_len = sizeof range,
                      .out = &instance,
                      .out_len = sizeof instance};

  assert_int_equal(call_make(&call), 0);
  assert_int_equal(call.returned, 16);
  assert_int_equal(instance.StartPort, htons(start));
  assert_int_equal(instance.NumberOfPorts, 5);
  assert_true(instance.Token != INVALID_PORT_RESERVATION_TOKEN);
  call_close(s);
}

static void check_wildcard(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE first;
  INET_PORT_RESERVATION_INSTANCE second;

  assert_int_equal(call_acquire(face, s, 0, 64, &first), 0);
  assert_int_equal(call_acquire(face, s, 0, 64, &second), 0);
  assert_in_range(ntohs(first.StartPort), 49152, 65535 - 127);
  assert_int_equal(ntohs(second.StartPort), ntohs(first.StartPort) + 64);
  assert_true(first.Token != second.Token);
  call_close(s);
}

static void check_overlap(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  uint16_t start = net_free_block(4);
  INET_PORT_RESERVATION_INSTANCE instance;
  INET_PORT_RESERVATION_INSTANCE next;

  assert_int_equal(call_acquire(face, s, start, 2, &instance), 0);
  assert_int_equal(call_acquire(face, s, (USHORT)(start + 1), 2, &next),
                   WSAEADDRINUSE);
  assert_int_equal(call_acquire(face, s, (USHORT)(start + 2), 2, &next), 0);
  call_close(s);
}

static void check_busy_and_next(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET stranger = call_socket(protocol);
  uint16_t start = net_free_block(2);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_bind(stranger, start), 0);
  assert_int_equal(call_acquire(face, s, start, 1, &instance), WSAEADDRINUSE);
  assert_int_equal(call_acquire(face, s, (USHORT)(start + 1), 1, &instance), 0);
  call_close(stranger);
  call_close(s);
}

static void check_second_listener(enum call_face face, int protocol) {
  SOCKET first = call_socket(protocol);
  SOCKET second = call_socket(protocol);
  uint16_t port = net_free_block(1);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, first, port, 1, &instance), 0);
  assert_int_equal(call_acquire(face, second, port, 1, &instance),
                   WSAEADDRINUSE);
  call_close(first);
  assert_int_equal(call_acquire(face, second, port, 1, &instance), 0);
  call_close(second);
}

static void check_bad_ranges(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 0, &instance), WSAEINVAL);
  assert_int_equal(call_acquire(face, s, 65535, 2, &instance), WSAEINVAL);
  assert_int_equal(call_acquire(face, s, 1024, 65535, &instance), WSAEINVAL);
  call_close(s);
}

static void check_no_room(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 16385, &instance), WSAENOBUFS);
  call_close(s);
}

static void check_any_state(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(call_acquire(face, s, 0, 1, &instance), 0);
  call_close(s);
}

static void check_nonblocking(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  ULONG is_on = 1;
  struct call call = {.face = face,
                      .s = s,
                      .code = PORTRES_WS_FIONBIO,
                      .in = &is_on,
                      .in_len = sizeof is_on};
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_make(&call), 0);
  assert_int_equal(call_acquire(face, s, 0, 1, &instance), 0);
  call_close(s);
}

static void check_spaces(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET other = call_socket(other_of(protocol));
  uint16_t port = net_free_block(1);
  INET_PORT_RESERVATION_INSTANCE mine;
  INET_PORT_RESERVATION_INSTANCE its;

  assert_int_equal(call_acquire(face, s, port, 1, &mine), 0);
  assert_int_equal(call_acquire(face, other, port, 1, &its), 0);
  assert_int_equal(call_associate(face, other, mine.Token), WSAEINVAL);
  assert_int_equal(call_release(face, other, mine.Token), WSAEINVAL);
  call_close(other);
  call_close(s);
}

static void check_ten_blocks(enum call_face face, int protocol) {
  SOCKET s = portres_ws_socket(AF_INET, 0, 0);
  SOCKET after = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instances[10];
  INET_PORT_RESERVATION_INSTANCE again;

  for (int i = 0; i < 10; i++) {
    assert_int_equal(call_acquire(face, s, 0, 64, &instances[i]), 0);
  }
  assert_int_equal(
      call_acquire(face, after, ntohs(instances[9].StartPort), 1, &again),
      WSAEADDRINUSE);
  call_close(s);
  assert_int_equal(
      call_acquire(face, after, ntohs(instances[9].StartPort), 1, &again), 0);
  call_close(after);
}

/* --- Associate and release --- */

static void check_story(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET idle = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 20, &instance), 0);
  assert_int_equal(call_associate(face, s, instance.Token), 0);
  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(call_port(s), ntohs(instance.StartPort));
  assert_int_equal(call_release(face, s, instance.Token), 0);
  call_close(idle);
  call_close(s);
}

static void check_binds(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET first = call_socket(protocol);
  SOCKET second = call_socket(protocol);
  SOCKET stranger = call_socket(protocol);
  uint16_t start = net_free_block(2);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, start, 1, &instance), 0);
  assert_int_equal(call_associate(face, first, instance.Token), 0);
  assert_int_equal(call_associate(face, second, instance.Token), 0);
  assert_int_equal(call_bind(stranger, start), WSAEACCES);
  assert_int_equal(call_bind(first, (USHORT)(start + 1)), WSAEACCES);
  assert_int_equal(call_bind(first, start), 0);
  assert_int_equal(call_bind(second, start), WSAEADDRINUSE);
  assert_int_equal(call_bind(second, 0), WSAENOBUFS);
  assert_int_equal(call_bind(stranger, start), WSAEACCES);
  call_close(stranger);
  call_close(second);
  call_close(first);
  call_close(s);
}

static void check_bad_tokens(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_associate(face, s, 0), WSAEINVAL);
  assert_int_equal(call_release(face, s, 0), WSAEINVAL);
  assert_int_equal(call_associate(face, s, 0x1234), WSAEINVAL);
  assert_int_equal(call_release(face, s, 0x1234), WSAEINVAL);
  assert_int_equal(call_acquire(face, s, 0, 1, &instance), 0);
  assert_int_equal(call_release(face, s, instance.Token), 0);
  assert_int_equal(call_release(face, s, instance.Token), WSAEINVAL);
  assert_int_equal(call_associate(face, s, instance.Token), WSAEINVAL);
  call_close(s);
}

static void check_associate_after_bind(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 1, &instance), 0);
  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(call_associate(face, s, instance.Token), WSAEINVAL);
  call_close(s);
}

static void check_associate_twice(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE first;
  INET_PORT_RESERVATION_INSTANCE second;

  assert_int_equal(call_acquire(face, s, 0, 1, &first), 0);
  assert_int_equal(call_acquire(face, s, 0, 1, &second), 0);
  assert_int_equal(call_associate(face, s, first.Token), 0);
  assert_int_equal(call_associate(face, s, first.Token), 0);
  assert_int_equal(call_associate(face, s, second.Token), 0);
  assert_int_equal(call_bind(s, 0), 0);
  assert_int_equal(call_port(s), ntohs(second.StartPort));
  call_close(s);
}

static void check_dead_token(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 2, &instance), 0);
  assert_int_equal(call_associate(face, s, instance.Token), 0);
  assert_int_equal(call_release(face, s, instance.Token), 0);
  assert_int_equal(call_bind(s, 0), WSAENOBUFS);
  assert_int_equal(call_bind(s, ntohs(instance.StartPort)), WSAEACCES);
  call_close(s);
}

static void check_other_socket_releases(enum call_face face, int protocol) {
  SOCKET s = call_socket(protocol);
  SOCKET other = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE instance;

  assert_int_equal(call_acquire(face, s, 0, 1, &instance), 0);
  assert_int_equal(call_release(face, other, instance.Token), 0);
  call_close(other);
  call_close(s);
}

static const struct ioctl_row reservation_rows[] = {
    IOCTL_BOTH("S1.3, B10: given a specific range, then it is granted in "
               "network order, with 16 bytes",
               check_specific),
    IOCTL_BOTH("S2.5: given wildcard requests, then blocks of the dynamic "
               "range, side by side",
               check_wildcard),
    IOCTL_BOTH("S2.4: given a range that overlaps a reservation, then "
               "WSAEADDRINUSE",
               check_overlap),
    IOCTL_BOTH("B5: given a busy port, then WSAEADDRINUSE, and the next one "
               "works",
               check_busy_and_next),
    IOCTL_BOTH("B12: given a reserved port, when another socket wants it, then "
               "WSAEADDRINUSE until the first closes",
               check_second_listener),
    IOCTL_BOTH("S2.4: given no ports, or some past 65535, then WSAEINVAL",
               check_bad_ranges),
    IOCTL_BOTH("Q2, Q22: given more ports than the dynamic range has, then "
               "WSAENOBUFS",
               check_no_room),
    IOCTL_BOTH("Q1: given a bound socket, then it may acquire",
               check_any_state),
    IOCTL_BOTH("S2.2: given a non-blocking socket, then acquire is done at "
               "once",
               check_nonblocking),
    IOCTL_BOTH("S2.2, Q11: given both transports, then their ports and tokens "
               "are apart",
               check_spaces),
    IOCTL_TCP("B6, B7: given a socket of type 0, then ten blocks are had of "
              "it, and all go with it",
              check_ten_blocks),
    IOCTL_BOTH("S4, B1, B8, Q3: given one socket, then it acquires, "
               "associates, binds and releases",
               check_story),
    IOCTL_BOTH("S4.2, S5, Q5, Q13: given a block, then who may bind what",
               check_binds),
    IOCTL_BOTH("S3, S4.1: given a token that is none or is dead, then "
               "WSAEINVAL",
               check_bad_tokens),
    IOCTL_BOTH("Q8: given a bound socket, then associate is WSAEINVAL",
               check_associate_after_bind),
    IOCTL_BOTH("Q7: given two associates, then the last one counts",
               check_associate_twice),
    IOCTL_BOTH("Q6: given a dead token, when its socket binds, then "
               "WSAENOBUFS or WSAEACCES",
               check_dead_token),
    IOCTL_BOTH("S3: given any socket of the transport, then it may release",
               check_other_socket_releases),
};

static void check_ioctl(const void* data) {
  const struct ioctl_row* row = data;

  row->check(row->face, row->protocol);
}

int main(void) {
  TABLE_ADD(reservation_rows, check_ioctl);
  return call_run("winsock_ioctl");
}
