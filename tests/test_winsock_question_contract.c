/* The open questions of the semantics' section 11, each asked once: a row
 * prints what the system answered, by its number, before it compares that with
 * the answer COMPAT.md gives. Raw calls, as a wrapper's own promises could end
 * a row before it has printed.
 *
 * Not asked: Q17 (test_winsock_open_contract.c has the fork), Q24 (an exclusion
 * is made by netsh) and Q25 (takes two users).
 */
#include <portres_ws/event.h>
#include <portres_ws/persistent.h>
#include <portres_ws/reservation.h>
#include <string.h>

#include "net.h"
#include "store_support.h"

#ifndef ANSWERED_BY
#define ANSWERED_BY "portres"
#endif

typedef INET_PORT_RESERVATION_INSTANCE instance;

/* What a question starts from: an owner with a block of four, and a socket. */
struct scene {
  int protocol;
  SOCKET owner;
  SOCKET s;
  instance block;
  USHORT start; /* in host order */
};

struct question {
  const char* name;
  int protocol; /* 0: both */
  int expected;
  int (*ask)(struct scene* scene);
};

static SOCKET open_socket(int protocol) {
  return portres_ws_socket(
      AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, protocol);
}

static int outcome(int result) {
  return result == SOCKET_ERROR ? WSAGetLastError() : 0;
}

static int acquire(SOCKET s, USHORT start, USHORT count, instance* out) {
  INET_PORT_RANGE range = {.StartPort = htons(start), .NumberOfPorts = count};
  DWORD returned;

  return outcome(WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, &range, sizeof range,
                          out, sizeof *out, &returned, NULL, NULL));
}

static int give(SOCKET s, DWORD code, ULONG64 token, DWORD len, DWORD out_len) {
  INET_PORT_RESERVATION_TOKEN in = {.Token = token};
  char out[16];
  DWORD returned;

  return outcome(WSAIoctl(s, code, &in, len, out_len ? out : NULL, out_len,
                          &returned, NULL, NULL));
}

static int associate(SOCKET s, ULONG64 token) {
  return give(s, SIO_ASSOCIATE_PORT_RESERVATION, token, sizeof token, 0);
}

static int release(SOCKET s, ULONG64 token) {
  return give(s, SIO_RELEASE_PORT_RESERVATION, token, sizeof token, 0);
}

static int bind_to(SOCKET s, USHORT port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};

  return outcome(portres_ws_bind(s, (struct sockaddr*)&name, sizeof name));
}

static USHORT port_of(SOCKET s) {
  struct sockaddr_in name = {.sin_port = 0};
  int len = sizeof name;

  portres_ws_getsockname(s, (struct sockaddr*)&name, &len);
  return ntohs(name.sin_port);
}

/* --- The questions --- */

static int ask_bound(struct scene* scene) {
  instance more;
  int error = bind_to(scene->s, 0);

  return error ? error : acquire(scene->s, 0, 1, &more);
}

static int ask_no_room(struct scene* scene) {
  instance most;
  int error = acquire(scene->s, 0, 12000, &most);

  return error ? -error : acquire(scene->s, 0, 12000, &most);
}

static int bind_member(struct scene* scene) {
  int error = associate(scene->s, scene->block.Token);

  return error ? -error : -bind_to(scene->s, 0);
}

static int ask_release_in_use(struct scene* scene) {
  int error = bind_member(scene);

  return error ? error : release(scene->owner, scene->block.Token);
}

static int ask_owner_closed(struct scene* scene) {
  SOCKET late = open_socket(scene->protocol);
  int error = bind_member(scene);

  error = error ? error : -associate(late, scene->block.Token);
  closesocket(scene->owner);
  error = error ? error : bind_to(late, 0);
  closesocket(late);
  return error;
}

static int ask_outside(struct scene* scene) {
  USHORT other = net_free_block(1);
  int error = associate(scene->s, scene->block.Token);

  return error ? -error : bind_to(scene->s, other);
}

static int kill_token(struct scene* scene) {
  int error = associate(scene->s, scene->block.Token);

  return error ? -error : -release(scene->owner, scene->block.Token);
}

static int ask_dead_any(struct scene* scene) {
  int error = kill_token(scene);

  return error ? error : bind_to(scene->s, 0);
}

static int ask_dead_port(struct scene* scene) {
  int error = kill_token(scene);

  return error ? error : bind_to(scene->s, scene->start);
}

static int ask_same_token(struct scene* scene) {
  int error = associate(scene->s, scene->block.Token);

  return error ? -error : associate(scene->s, scene->block.Token);
}

/* 1: the second counts; 0: the first. */
static int ask_other_token(struct scene* scene) {
  instance second;
  int error = acquire(scene->owner, 0, 1, &second);

  error = error ? error : associate(scene->s, scene->block.Token);
  error = error ? error : associate(scene->s, second.Token);
  error = error ? error : bind_to(scene->s, 0);
  return error ? error : port_of(scene->s) == ntohs(second.StartPort);
}

static int ask_associate_bound(struct scene* scene) {
  int error = bind_to(scene->s, 0);

  return error ? -error : associate(scene->s, scene->block.Token);
}

static int ask_output(struct scene* scene) {
  return give(scene->owner, SIO_RELEASE_PORT_RESERVATION, scene->block.Token, 8,
              8);
}

static int ask_short_input(struct scene* scene) {
  return give(scene->owner, SIO_RELEASE_PORT_RESERVATION, scene->block.Token, 7,
              0);
}

static int ask_unknown_release(struct scene* scene) {
  return release(scene->owner, scene->block.Token ^ 0x5555);
}

static int ask_unknown_associate(struct scene* scene) {
  return associate(scene->s, scene->block.Token ^ 0x5555);
}

static int ask_other_transport(struct scene* scene) {
  SOCKET other =
      open_socket(scene->protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP);
  int error = associate(other, scene->block.Token);

  closesocket(other);
  return error;
}

/* Which port of the block. */
static int ask_first_port(struct scene* scene) {
  int error = bind_member(scene);

  return error ? error : port_of(scene->s) - scene->start;
}

static int ask_own_block(struct scene* scene) {
  return bind_to(scene->s, scene->start);
}

/* A connection whose near end was closed first, and perhaps not at all. */
static int ask_after_connection(struct scene* scene, bool is_closed) {
  SOCKET listener = open_socket(IPPROTO_TCP);
  SOCKET client = open_socket(IPPROTO_TCP);
  struct net_address to;
  instance block;

  bind_to(listener, 0);
  portres_ws_listen(listener, 1);
  to = net_loopback(NET_V4, port_of(listener));
  portres_ws_connect(client, &to.as.any, (int)to.len);
  SOCKET server = portres_ws_accept(listener, NULL, NULL);
  closesocket(listener);
  if (is_closed) {
    closesocket(server);
  }
  closesocket(client);
  int error = acquire(scene->s, ntohs(to.as.v4.sin_port), 1, &block);
  if (!is_closed) {
    closesocket(server);
  }
  return error;
}

static int ask_time_wait(struct scene* scene) {
  return ask_after_connection(scene, true);
}

static int ask_open_connection(struct scene* scene) {
  return ask_after_connection(scene, false);
}

static int ask_same_port(struct scene* scene) {
  SOCKET other = open_socket(scene->protocol);
  int error = bind_member(scene);

  error = error ? error : -associate(other, scene->block.Token);
  error = error ? error : bind_to(other, scene->start);
  closesocket(other);
  return error;
}

static int ask_stranger(struct scene* scene) {
  int yes = 1;

  portres_ws_setsockopt(scene->s, SOL_SOCKET, SO_REUSEADDR, (const char*)&yes,
                        sizeof yes);
  return bind_to(scene->s, scene->start);
}

static int ask_huge(struct scene* scene) {
  instance block;

  return acquire(scene->s, 0, 65535, &block);
}

static int ask_below(struct scene* scene) {
  instance block;
  USHORT start = 1024;
  int error;

  do {
    error = acquire(scene->s, start, 1, &block);
  } while (error == WSAEADDRINUSE && ++start < 2048);
  return error;
}

/* --- Persistent reservations --- */

static ULONG create(struct scene* scene, USHORT start, PULONG64 token) {
  return scene->protocol == IPPROTO_TCP
             ? CreatePersistentTcpPortReservation(htons(start), 1, token)
             : CreatePersistentUdpPortReservation(htons(start), 1, token);
}

static ULONG look_up(struct scene* scene,
                     USHORT start,
                     USHORT count,
                     PULONG64 token) {
  return scene->protocol == IPPROTO_TCP
             ? LookupPersistentTcpPortReservation(htons(start), count, token)
             : LookupPersistentUdpPortReservation(htons(start), count, token);
}

static ULONG discard(struct scene* scene, USHORT start, USHORT count) {
  return scene->protocol == IPPROTO_TCP
             ? DeletePersistentTcpPortReservation(htons(start), count)
             : DeletePersistentUdpPortReservation(htons(start), count);
}

static int ask_create_over(struct scene* scene) {
  ULONG64 token;
  ULONG error = create(scene, scene->start, &token);

  if (error == NO_ERROR) {
    discard(scene, scene->start, 1);
  }
  return (int)error;
}

static int ask_delete_in_use(struct scene* scene) {
  USHORT start = net_free_block(1);
  ULONG64 token;
  int error = -(int)create(scene, start, &token);

  if (error == 0) {
    error = -associate(scene->s, token);
    error = error ? error : -bind_to(scene->s, 0);
    int deleted = (int)discard(scene, start, 1);
    error = error ? error : deleted;
  }
  return error;
}

static int ask_delete_past_end(struct scene* scene) {
  return (int)discard(scene, 65535, 2);
}

static int ask_lookup_nowhere(struct scene* scene) {
  return (int)look_up(scene, scene->start, 1, NULL);
}

/* 1: the same token both times. */
static int ask_stable(struct scene* scene) {
  USHORT start = net_free_block(1);
  ULONG64 created;
  ULONG64 found = 0;
  int error = -(int)create(scene, start, &created);

  if (error == 0) {
    error = -(int)look_up(scene, start, 1, &found);
    discard(scene, start, 1);
  }
  return error ? error : found == created;
}

/* A negative answer is the error of a step before the question. */
static const struct question questions[] = {
    {"Q1: given a bound socket, then it acquires", 0, 0, ask_bound},
    {"Q2: given no room for a wildcard, then WSAENOBUFS", 0, WSAENOBUFS,
     ask_no_room},
    {"Q3: given a member is bound, then release works", 0, 0,
     ask_release_in_use},
    {"Q4: given the owner has closed, when a member binds, then WSAENOBUFS", 0,
     WSAENOBUFS, ask_owner_closed},
    {"Q5: given a port outside the block, then WSAEACCES", 0, WSAEACCES,
     ask_outside},
    {"Q6: given a dead token and port 0, then WSAENOBUFS", 0, WSAENOBUFS,
     ask_dead_any},
    {"Q6: given a dead token and a port, then WSAEACCES", 0, WSAEACCES,
     ask_dead_port},
    {"Q7: given the same token again, then it works", 0, 0, ask_same_token},
    {"Q7: given another token, then the last one counts", 0, 1,
     ask_other_token},
    {"Q8: given a bound socket, when it associates, then WSAEINVAL", 0,
     WSAEINVAL, ask_associate_bound},
    {"Q9: given output for release, then WSAEINVAL", 0, WSAEINVAL, ask_output},
    {"Q10: given short input, then WSAEFAULT", 0, WSAEFAULT, ask_short_input},
    {"Q11: given an unknown token to release, then WSAEINVAL", 0, WSAEINVAL,
     ask_unknown_release},
    {"Q11: given an unknown token to associate, then WSAEINVAL", 0, WSAEINVAL,
     ask_unknown_associate},
    {"Q11: given a token of the other transport, then WSAEINVAL", 0, WSAEINVAL,
     ask_other_transport},
    {"Q12: given port 0, then the lowest", 0, 0, ask_first_port},
    {"Q13: given its own block, when a socket without it binds, then "
     "WSAEACCES",
     0, WSAEACCES, ask_own_block},
    {"Q14: given TIME_WAIT alone, then the port is acquired", IPPROTO_TCP, 0,
     ask_time_wait},
    {"Q14: given an accepted connection, then WSAEADDRINUSE", IPPROTO_TCP,
     WSAEADDRINUSE, ask_open_connection},
    {"Q15: given a member's port, when another binds it, then WSAEADDRINUSE", 0,
     WSAEADDRINUSE, ask_same_port},
    {"Q16: given a stranger with SO_REUSEADDR, then WSAEACCES", 0, WSAEACCES,
     ask_stranger},
    {"Q18: given a reservation, when a persistent one is made over it, then "
     "ERROR_SHARING_VIOLATION",
     0, ERROR_SHARING_VIOLATION, ask_create_over},
    {"Q19: given a persistent one in use, then it is deleted", 0, 0,
     ask_delete_in_use},
    {"Q20: given a range past 65535, then ERROR_INVALID_PARAMETER", 0,
     ERROR_INVALID_PARAMETER, ask_delete_past_end},
    {"Q20: given a token to nowhere, then ERROR_INVALID_PARAMETER", 0,
     ERROR_INVALID_PARAMETER, ask_lookup_nowhere},
    {"Q21: given a look-up, then the token of its creation", 0, 1, ask_stable},
    {"Q22: given 65535 ports anywhere, then WSAENOBUFS", 0, WSAENOBUFS,
     ask_huge},
    {"Q23: given a port below the dynamic range, then it is granted", 0, 0,
     ask_below},
};

static int ask(const struct question* question, int protocol) {
  struct scene scene = {.protocol = protocol,
                        .owner = open_socket(protocol),
                        .s = open_socket(protocol)};
  int answer = acquire(scene.owner, 0, 4, &scene.block);

  if (answer == 0) {
    scene.start = ntohs(scene.block.StartPort);
    answer = question->ask(&scene);
  } else {
    answer = -answer;
  }
  closesocket(scene.s);
  closesocket(scene.owner);
  print_message("# %.*s: " ANSWERED_BY " answered %d: %s%s\n",
                (int)strcspn(question->name, ":"), question->name, answer,
                protocol == IPPROTO_TCP ? "TCP" : "UDP",
                strchr(question->name, ':') + 1);
  return answer;
}

static void check(const void* data) {
  const struct question* question = data;
  int answers[2] = {question->expected, question->expected};

  answers[0] = ask(question, IPPROTO_TCP);
  if (question->protocol != IPPROTO_TCP) {
    answers[1] = ask(question, IPPROTO_UDP);
  }
  assert_int_equal(answers[0], question->expected);
  assert_int_equal(answers[1], question->expected);
}

static int run(int argc, char** argv) {
  WSADATA data;
  int result;

  (void)argc;
  (void)argv;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
    return 1;
  }
  TABLE_ADD(questions, check);
  result = table_run("winsock_question");
  WSACleanup();
  return result;
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
