/* portres_testing_fail() and the network that is down: each kind of call fails
 * when it is told to, with any status, does nothing then, and works afterwards.
 */
#include <errno.h>
#include <unistd.h>

#include "kind.h"

static const int statuses[] = {
    PORTRES_EABORTED,  PORTRES_EINCOMPLETE, PORTRES_EPENDING,
    PORTRES_ENOTFOUND, PORTRES_EINTR,       PORTRES_EACCES,
    PORTRES_EFAULT,    PORTRES_EINVAL,      PORTRES_EINPROGRESS,
    PORTRES_ENOTSOCK,  PORTRES_EOPNOTSUPP,  PORTRES_EADDRINUSE,
    PORTRES_ENETDOWN,  PORTRES_ENOBUFS};

enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };

/* --- Rows: the nth call, and count - 1 more --- */

struct fail_row {
  const char* name;
  unsigned nth;
  unsigned count;
};

static const struct fail_row fail_rows[] = {
    {"given the first call, when it fails, then the second is as ever", 1, 1},
    {"given the second call, when it fails, then its neighbours do not", 2, 1},
    {"given three calls, when they fail, then the fourth is as ever", 1, 3},
    {"given the third and fourth, when they fail, then no other does", 3, 2},
    {"given all calls from the second on, when they fail, then a reset ends it",
     2, 0},
};

static void check_kind(const struct scene* scene,
                       const struct kind* kind,
                       const struct fail_row* row,
                       int status) {
  unsigned end = row->count == 0 ? row->nth + 3 : row->nth + row->count;
  int usual = kind->run(scene);
  assert_int_equal(
      portres_testing_fail(kind->call, row->nth, row->count, status), 0);
  for (unsigned i = 1; i < end; i++) {
    assert_int_equal(kind->run(scene),
                     i < row->nth ? usual : kind_expected(kind, status));
  }
  if (row->count == 0) {
    portres_testing_reset();
  }
  assert_int_equal(kind->run(scene), usual);
}

static void check_fail(const void* data) {
  static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
  for (int i = 0; i < 2; i++) {
    struct scene scene = kind_scene(protocols[i]);
    for (int k = 0; k < KIND_COUNT; k++) {
      for (int j = 0; j < STATUS_COUNT; j++) {
        check_kind(&scene, &kinds[k], data, statuses[j]);
      }
    }
    kind_end_scene(&scene);
  }
}

/* --- Rows: the network --- */

static void expect_network(const struct scene* scene, bool is_down) {
  for (int k = 0; k < KIND_COUNT; k++) {
    int usual = kinds[k].is_persistent ? PORTRES_EINVAL : 0;
    if (scene->block.protocol == IPPROTO_UDP &&
        kinds[k].run == kind_listen_member) {
      usual = EOPNOTSUPP;
    }
    if (scene->block.protocol == IPPROTO_TCP &&
        kinds[k].run == kind_send_member && is_down) {
      continue; /* there is no connection to send on */
    }
    assert_int_equal(kinds[k].run(scene),
                     is_down && !kinds[k].is_persistent
                         ? kind_expected(&kinds[k], PORTRES_ENETDOWN)
                         : usual);
  }
}

/* Members cannot be made while the network is down: one of before. */
static void check_network_members(int protocol) {
  struct scene scene = kind_scene(protocol);
  struct net_address peer = net_loopback(NET_V4, net_port(scene.peer));
  int s = contract_member(&scene.block, NET_V4);
  int plain = net_socket(protocol, NET_V4);
  assert_int_equal(portres_testing_set_network_down(1), 0);
  assert_int_equal(net_bind_any(s, 0), ENETDOWN);
  assert_int_equal(connect(s, &peer.as.any, peer.len), -1);
  assert_int_equal(errno, ENETDOWN);
  assert_int_equal(listen(s, 1), -1);
  assert_int_equal(errno, ENETDOWN);
  assert_int_equal(sendto(s, "x", 1, 0, &peer.as.any, peer.len), -1);
  assert_int_equal(errno, ENETDOWN);
  kind_expect_unbound(&scene, s);
  assert_int_equal(contract_associate(s, scene.block.token), PORTRES_ENETDOWN);
  assert_int_equal(kind_acquire(&scene), PORTRES_ENETDOWN);
  assert_int_equal(contract_release(s, scene.block.token), PORTRES_ENETDOWN);
  assert_int_equal(net_bind_any(plain, 0), 0);
  assert_int_equal(portres_testing_set_network_down(0), 0);
  assert_int_equal(net_bind_any(s, 0), 0);
  net_close(plain);
  net_close(s);
  expect_network(&scene, false);
  kind_end_scene(&scene);
}

static void check_network_restart(int protocol) {
  struct scene scene = kind_scene(protocol);
  assert_int_equal(portres_testing_set_network_down(5), 0);
  assert_int_equal(kind_acquire(&scene), PORTRES_ENETDOWN);
  assert_int_equal(portres_testing_restart(), 0);
  assert_int_equal(kind_acquire(&scene), 0);
  net_close(scene.peer);
  contract_end(&scene.block);
  portres_testing_reset();
}

/* --- Rows: what counts --- */

static void check_arguments(int protocol) {
  struct scene scene = kind_scene(protocol);
  struct portres_range want = {0, 0};
  struct portres_reservation granted;
  assert_int_equal(
      portres_testing_fail(PORTRES_TESTING_ACQUIRE, 1, 1, PORTRES_EINTR), 0);
  assert_int_equal(portres_acquire(-1, want, NULL), PORTRES_EFAULT);
  assert_int_equal(portres_acquire_with(-1, NULL, &granted), PORTRES_EFAULT);
  assert_int_equal(portres_acquire(-1, want, &granted), PORTRES_EINTR);
  assert_int_equal(portres_acquire(-1, want, &granted), PORTRES_ENOTSOCK);
  assert_int_equal(
      portres_testing_fail(PORTRES_TESTING_RELEASE, 1, 1, PORTRES_EINTR), 0);
  assert_int_equal(contract_release(-1, 0), PORTRES_EINTR);
  assert_int_equal(contract_release(-1, 0), PORTRES_ENOTSOCK);
  kind_end_scene(&scene);
}

static void check_other_kinds(int protocol) {
  struct scene scene = kind_scene(protocol);
  for (int k = 0; k < KIND_COUNT; k++) {
    int usual[KIND_COUNT];
    for (int other = 0; other < KIND_COUNT; other++) {
      usual[other] = kinds[other].run(&scene);
    }
    assert_int_equal(portres_testing_fail(kinds[k].call, 1, 0, PORTRES_EFAULT),
                     0);
    for (int other = 0; other < KIND_COUNT; other++) {
      /* The scenes of some make calls of the other kind on their way. */
      bool is_on_the_way =
          kinds[k].run == kind_associate ||
          kinds[k].run == kind_connect_member ||
          (kinds[k].run == kind_acquire && kinds[other].run == kind_release) ||
          (kinds[k].run == kind_release && kinds[other].run == kind_acquire) ||
          (kinds[k].run == kind_bind_member &&
           kinds[other].run == kind_associate);
      if (!is_on_the_way) {
        assert_int_equal(kinds[other].run(&scene),
                         other == k ? kind_expected(&kinds[k], PORTRES_EFAULT)
                                    : usual[other]);
      }
    }
    portres_testing_reset();
  }
  kind_end_scene(&scene);
}

static void check_plain_sockets(int protocol) {
  struct scene scene = kind_scene(protocol);
  struct net_address peer = net_loopback(NET_V4, net_port(scene.peer));
  for (int call = PORTRES_TESTING_BIND; call <= PORTRES_TESTING_SEND; call++) {
    assert_int_equal(portres_testing_fail((enum portres_testing_call)call, 1, 1,
                                          PORTRES_EINTR),
                     0);
  }
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", 0), 0);
  assert_int_equal(listen(s, 1), protocol == IPPROTO_TCP ? 0 : -1);
  net_close(s);
  s = net_socket(protocol, NET_V4);
  assert_int_equal(connect(s, &peer.as.any, peer.len), 0);
  assert_int_equal(send(s, "x", 1, MSG_NOSIGNAL), 1);
  net_close(s);
  assert_int_equal(kind_bind_member(&scene), EINTR);
  assert_int_equal(kind_bind_member(&scene), 0);
  if (protocol == IPPROTO_TCP) {
    net_close(net_accept(scene.peer));
  }
  kind_end_scene(&scene);
}

static void check_two_failures(int protocol) {
  struct scene scene = kind_scene(protocol);
  const enum portres_testing_call call = PORTRES_TESTING_ASSOCIATE;
  assert_int_equal(portres_testing_fail(call, 1, 1, PORTRES_EINTR), 0);
  assert_int_equal(portres_testing_fail(call, 3, 1, PORTRES_EACCES), 0);
  assert_int_equal(kind_associate(&scene), PORTRES_EINTR);
  assert_int_equal(kind_associate(&scene), 0);
  assert_int_equal(kind_associate(&scene), PORTRES_EACCES);
  assert_int_equal(kind_associate(&scene), 0);
  for (int i = 0; i < 16; i++) {
    assert_int_equal(portres_testing_fail(call, 1, 1, PORTRES_EINTR), 0);
  }
  assert_int_equal(portres_testing_fail(call, 1, 1, PORTRES_EINTR),
                   PORTRES_ENOBUFS);
  assert_int_equal(kind_associate(&scene), PORTRES_EINTR);
  assert_int_equal(kind_associate(&scene), 0);
  assert_int_equal(portres_testing_fail(call, 1, 1, PORTRES_EINTR), 0);
  kind_end_scene(&scene);
}

static int acquire_in_child(void* arg) {
  const struct scene* scene = arg;
  struct portres_reservation granted;
  struct portres_range want = {0, 2};
  if (portres_acquire(scene->peer, want, &granted) != PORTRES_EACCES) {
    return 1;
  }
  if (portres_acquire(scene->peer, want, &granted) != 0) {
    return 2;
  }
  portres_testing_reset();
  return portres_testing_fails(PORTRES_TESTING_ACQUIRE) == 0 ? 0 : 3;
}

static void check_fork(int protocol) {
  struct scene scene = kind_scene(protocol);
  assert_int_equal(
      portres_testing_fail(PORTRES_TESTING_ACQUIRE, 2, 1, PORTRES_EACCES), 0);
  assert_int_equal(kind_acquire(&scene), 0);
  assert_int_equal(contract_in_child(acquire_in_child, &scene), 0);
  assert_int_equal(kind_acquire(&scene), PORTRES_EACCES);
  assert_int_equal(kind_acquire(&scene), 0);
  kind_end_scene(&scene);
}

static void check_question(int protocol) {
  struct scene scene = kind_scene(protocol);
  const enum portres_testing_call call = PORTRES_TESTING_RELEASE;
  assert_int_equal(portres_testing_fails(call), 0);
  assert_int_equal(portres_testing_fail(call, 2, 1, PORTRES_EINTR), 0);
  assert_int_equal(portres_testing_fails(call), 0);
  assert_int_equal(portres_testing_fails(call), PORTRES_EINTR);
  assert_int_equal(portres_testing_fails(call), 0);
  assert_int_equal(portres_testing_set_network_down(1), 0);
  assert_int_equal(portres_testing_fails(call), PORTRES_ENETDOWN);
  assert_int_equal(portres_testing_fails(PORTRES_TESTING_CREATE), 0);
  assert_int_equal(portres_testing_fails((enum portres_testing_call)0), 0);
  assert_int_equal(portres_testing_fails((enum portres_testing_call)11), 0);
  kind_end_scene(&scene);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a network that is down, when members call, then "
                  "ENETDOWN, plain sockets work, and up again all do",
                  check_network_members),
    CONTRACT_BOTH("given a network that is down, when the machine restarts, "
                  "then it is up",
                  check_network_restart),
    CONTRACT_BOTH("given a failure to come, when arguments are wrong, then "
                  "only NULL is told first, and does not count",
                  check_arguments),
    CONTRACT_BOTH("given failures of one kind, then other kinds are as ever",
                  check_other_kinds),
    CONTRACT_BOTH("given failures of libc's calls, when a plain socket makes "
                  "them, then they work and do not count",
                  check_plain_sockets),
    CONTRACT_BOTH("given two failures of a kind, then each counts for itself, "
                  "and the 17th is ENOBUFS",
                  check_two_failures),
    CONTRACT_BOTH("given a fork, then the counts go on in the child and in "
                  "the parent, each for itself",
                  check_fork),
    CONTRACT_BOTH("given a face that asks, then it is told the status, and "
                  "the call counts",
                  check_question),
};

/* --- Rows: what is refused --- */

struct refusal_row {
  const char* name;
  int call;
  unsigned nth;
  unsigned count;
  int status;
  int want;
};

static const struct refusal_row refusal_rows[] = {
    {"given call 0, then EINVAL", 0, 1, 1, PORTRES_EACCES, PORTRES_EINVAL},
    {"given call -1, then EINVAL", -1, 1, 1, PORTRES_EACCES, PORTRES_EINVAL},
    {"given call 11, then EINVAL", 11, 1, 1, PORTRES_EACCES, PORTRES_EINVAL},
    {"given nth 0, then EINVAL", 1, 0, 1, PORTRES_EACCES, PORTRES_EINVAL},
    {"given the largest nth, then it is taken", 1, 0xffffff, 1, PORTRES_EACCES,
     0},
    {"given an nth one larger, then EINVAL", 1, 0x1000000, 1, PORTRES_EACCES,
     PORTRES_EINVAL},
    {"given the largest count, then it is taken", 1, 2, 0xffffff,
     PORTRES_EACCES, 0},
    {"given a count one larger, then EINVAL", 1, 1, 0x1000000, PORTRES_EACCES,
     PORTRES_EINVAL},
    {"given success as the status, then EINVAL", 1, 1, 1, 0, PORTRES_EINVAL},
    {"given a status that is none, then EINVAL", 1, 1, 1, -10014 - 1,
     PORTRES_EINVAL},
    {"given a positive status, then EINVAL", 1, 1, 1, 10013, PORTRES_EINVAL},
};

static void check_refusal(const void* data) {
  const struct refusal_row* row = data;
  portres_testing_reset();
  errno = ENOTNAM;
  assert_int_equal(portres_testing_fail((enum portres_testing_call)row->call,
                                        row->nth, row->count, row->status),
                   row->want);
  assert_int_equal(errno, ENOTNAM);
  assert_int_equal(portres_testing_fails(PORTRES_TESTING_ACQUIRE), 0);
  portres_testing_reset();
}

int main(void) {
  TABLE_ADD(fail_rows, check_fail);
  TABLE_ADD(rows, contract_check);
  TABLE_ADD(refusal_rows, check_refusal);
  return contract_run("failures");
}
