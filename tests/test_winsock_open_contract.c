/* Where Windows is silent: the questions of section 11 of its semantics that
 * no other row of the Winsock face carries, each with the answer COMPAT.md
 * gives. A real Windows that answers otherwise is one constant away.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "winsock_call.h"

struct open_row {
  const char* name;
  int protocol;
  void (*check)(int protocol);
};

#define OPEN_BOTH(name, check)          \
  {"TCP: " name, IPPROTO_TCP, check}, { \
    "UDP: " name, IPPROTO_UDP, check    \
  }

static INET_PORT_RESERVATION_INSTANCE reserve(SOCKET s, USHORT count) {
  INET_PORT_RESERVATION_INSTANCE block;

  assert_int_equal(call_acquire(CALL_WSA, s, 0, count, &block), 0);
  return block;
}

static SOCKET member(int protocol, ULONG64 token) {
  SOCKET s = call_socket(protocol);

  assert_int_equal(call_associate(CALL_WSA, s, token), 0);
  return s;
}

static int bind_to(SOCKET s, const char* host, USHORT port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};

  assert_int_equal(portres_ws_inet_pton(AF_INET, host, &name.sin_addr), 1);
  return portres_ws_bind(s, (struct sockaddr*)&name, sizeof name) == 0
             ? 0
             : WSAGetLastError();
}

/* Q4 */
static void check_owner_closes(int protocol) {
  SOCKET owner = call_socket(protocol);
  SOCKET stranger = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block = reserve(owner, 2);
  USHORT start = ntohs(block.StartPort);
  SOCKET bound = member(protocol, block.Token);
  SOCKET late = member(protocol, block.Token);

  assert_int_equal(call_bind(bound, 0), 0);
  call_close(owner);
  assert_int_equal(call_port(bound), start);
  assert_int_equal(call_bind(late, 0), WSAENOBUFS);
  assert_int_equal(call_bind(stranger, start), WSAEADDRINUSE);
  assert_int_equal(call_bind(stranger, (USHORT)(start + 1)), 0);
  call_close(bound);
  call_close(late);
  call_close(stranger);
}

/* Q12 */
static void check_lowest_first(int protocol) {
  SOCKET owner = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block = reserve(owner, 3);
  USHORT start = ntohs(block.StartPort);
  SOCKET members[3];

  for (int i = 0; i < 3; i++) {
    members[i] = member(protocol, block.Token);
    assert_int_equal(call_bind(members[i], 0), 0);
    assert_int_equal(call_port(members[i]), start + i);
  }
  call_close(members[1]);
  members[1] = member(protocol, block.Token);
  assert_int_equal(call_bind(members[1], 0), 0);
  assert_int_equal(call_port(members[1]), start + 1);
  for (int i = 0; i < 3; i++) {
    call_close(members[i]);
  }
  call_close(owner);
}

/* Q15 */
static void check_same_port(int protocol) {
  SOCKET owner = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block = reserve(owner, 1);
  USHORT port = ntohs(block.StartPort);
  SOCKET first = member(protocol, block.Token);
  SOCKET same = member(protocol, block.Token);
  SOCKET other = member(protocol, block.Token);

  assert_int_equal(bind_to(first, "127.0.0.1", port), 0);
  assert_int_equal(bind_to(same, "127.0.0.1", port), WSAEADDRINUSE);
  assert_int_equal(bind_to(other, "127.0.0.2", port), 0);
  call_close(first);
  call_close(same);
  call_close(other);
  call_close(owner);
}

static void check_same_port_shared(int protocol) {
  SOCKET owner = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block = reserve(owner, 1);
  USHORT port = ntohs(block.StartPort);
  SOCKET members[2];
  int yes = 1;

  for (int i = 0; i < 2; i++) {
    members[i] = member(protocol, block.Token);
    assert_int_equal(portres_ws_setsockopt(members[i], SOL_SOCKET, SO_REUSEADDR,
                                           (const char*)&yes, sizeof yes),
                     0);
    assert_int_equal(bind_to(members[i], "127.0.0.1", port), 0);
  }
  call_close(members[0]);
  call_close(members[1]);
  call_close(owner);
}

/* Q17. Nothing may be asserted in the child: the harness is the parent's. */
static int associate_in_child(int protocol, SOCKET owner, ULONG64 token) {
  int status = -1;
  pid_t child = fork();

  if (child == 0) {
    INET_PORT_RESERVATION_TOKEN in = {.Token = token};
    DWORD returned;
    SOCKET s = portres_ws_socket(
        AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, protocol);
    int result = WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, &in, sizeof in,
                          NULL, 0, &returned, NULL, NULL);
    int error = WSAGetLastError();
    closesocket(owner);
    _exit(result == SOCKET_ERROR && error == WSAEINVAL ? 0 : 1);
  }
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void check_fork(int protocol) {
  SOCKET owner = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block = reserve(owner, 1);
  SOCKET s;

  assert_int_equal(associate_in_child(protocol, owner, block.Token), 0);
  s = member(protocol, block.Token);
  assert_int_equal(call_bind(s, 0), 0);
  call_close(s);
  call_close(owner);
}

/* Q23: as a client that scans upwards. */
static void check_below_dynamic(int protocol) {
  SOCKET owner = call_socket(protocol);
  INET_PORT_RESERVATION_INSTANCE block;
  USHORT start = 1024;

  while (call_acquire(CALL_WSA, owner, start, 2, &block) == WSAEADDRINUSE) {
    start++;
  }
  assert_int_equal(ntohs(block.StartPort), start);
  assert_in_range(start, 1024, 49149);
  call_close(owner);
}

static const struct open_row open_rows[] = {
    OPEN_BOTH("Q4: given a member is bound, when the owner closes, then it "
              "keeps its port and no other bind takes one",
              check_owner_closes),
    OPEN_BOTH("Q12: given free ports, when members bind port 0, then the "
              "lowest is taken",
              check_lowest_first),
    OPEN_BOTH("Q15: given two members at one port, then their addresses "
              "decide",
              check_same_port),
    {"UDP: Q15: given SO_REUSEADDR on both, then they share the port",
     IPPROTO_UDP, check_same_port_shared},
    OPEN_BOTH("Q17: given a forked child, then the token is unknown there and "
              "the reservation stays",
              check_fork),
    OPEN_BOTH("Q23: given ports below the dynamic range, then they are "
              "granted",
              check_below_dynamic),
};

static void check_open(const void* data) {
  const struct open_row* row = data;

  row->check(row->protocol);
}

int main(void) {
  TABLE_ADD(open_rows, check_open);
  return call_run("winsock_open");
}
