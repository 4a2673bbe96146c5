#include "kind.h"

#include <errno.h>
#include <unistd.h>

/* What libc's calls say; those without an errno of their own are EINVAL. */
static int errno_of(int status) {
  switch (status) {
    case 0:
      return 0;
    case PORTRES_EINTR:
      return EINTR;
    case PORTRES_EACCES:
      return EACCES;
    case PORTRES_EFAULT:
      return EFAULT;
    case PORTRES_EINPROGRESS:
      return EINPROGRESS;
    case PORTRES_ENOTSOCK:
      return ENOTSOCK;
    case PORTRES_EOPNOTSUPP:
      return EOPNOTSUPP;
    case PORTRES_EADDRINUSE:
      return EADDRINUSE;
    case PORTRES_ENETDOWN:
      return ENETDOWN;
    case PORTRES_ENOBUFS:
      return ENOBUFS;
    default:
      return EINVAL;
  }
}

/* --- One call of each kind --- */

int kind_acquire(const struct scene* scene) {
  struct portres_reservation granted;
  int before = contract_count_reservations();
  int status = contract_acquire(scene->block.holder, 0, 2, &granted);
  if (status == 0) {
    assert_int_equal(contract_release(scene->block.holder, granted.token), 0);
  }
  assert_int_equal(contract_count_reservations(), before);
  return status;
}

int kind_associate(const struct scene* scene) {
  int s = net_socket(scene->block.protocol, NET_V4);
  int status = contract_associate(s, scene->block.token);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(contract_contains(&scene->block, net_port(s)), status == 0);
  net_close(s);
  return status;
}

int kind_release(const struct scene* scene) {
  struct contract_block block = contract_block(scene->block.protocol, 2);
  struct portres_info info = {.size = sizeof info};
  int status = contract_release(block.holder, block.token);
  assert_int_equal(contract_describe(block.token, &info),
                   status == 0 ? PORTRES_EINVAL : 0);
  contract_end(&block);
  return status;
}

void kind_expect_unbound(const struct scene* scene, int s) {
  assert_int_equal(net_port(s), 0);
  contract_expect_figures(scene->block.token, 0, scene->block.count, 0);
}

int kind_bind_member(const struct scene* scene) {
  int s = contract_member(&scene->block, NET_V4);
  int error = net_bind_any(s, 0);
  if (error != 0) {
    kind_expect_unbound(scene, s);
  }
  net_close(s);
  return error;
}

/* Ends without TIME_WAIT, which would use the block up. */
static int connect_to_peer(const struct scene* scene, int s) {
  struct linger reset = {.l_onoff = 1};
  struct net_address peer = net_loopback(NET_V4, net_port(scene->peer));
  int error = connect(s, &peer.as.any, peer.len) == 0 ? 0 : errno;
  if (error == 0 && scene->block.protocol == IPPROTO_TCP) {
    net_close(net_accept(scene->peer));
    setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  return error;
}

int kind_connect_member(const struct scene* scene) {
  int s = contract_member(&scene->block, NET_V4);
  int error = connect_to_peer(scene, s);
  if (error != 0) {
    kind_expect_unbound(scene, s);
  }
  net_close(s);
  return error;
}

int kind_listen_member(const struct scene* scene) {
  int s = contract_member(&scene->block, NET_V4);
  int error = listen(s, 1) == 0 ? 0 : errno;
  if (error != 0) {
    kind_expect_unbound(scene, s);
  }
  net_close(s);
  return error;
}

/* UDP sends from an unbound socket, TCP over a connection. */
int kind_send_member(const struct scene* scene) {
  struct net_address peer = net_loopback(NET_V4, net_port(scene->peer));
  int s = contract_member(&scene->block, NET_V4);
  bool is_tcp = scene->block.protocol == IPPROTO_TCP;
  if (is_tcp) {
    assert_int_equal(connect_to_peer(scene, s), 0);
  }
  ssize_t sent = sendto(s, "x", 1, MSG_NOSIGNAL, is_tcp ? NULL : &peer.as.any,
                        is_tcp ? 0 : peer.len);
  int error = sent == 1 ? 0 : errno;
  if (error != 0 && !is_tcp) {
    kind_expect_unbound(scene, s);
  }
  net_close(s);
  return error;
}

/* The last port past 65535 is refused, unless the call fails before that. */
static const struct portres_range impossible = {65535, 2};

static int create(const struct scene* scene) {
  portres_token token = 7;
  int status = portres_persistent_create(
      (enum portres_protocol)scene->block.protocol, impossible, &token);
  assert_int_equal(token, 7);
  return status;
}

static int delete (const struct scene* scene) {
  return portres_persistent_delete((enum portres_protocol)scene->block.protocol,
                                   impossible);
}

static int lookup(const struct scene* scene) {
  portres_token token = 7;
  int status = portres_persistent_lookup(
      (enum portres_protocol)scene->block.protocol, impossible, &token);
  assert_int_equal(token, 7);
  return status;
}

const struct kind kinds[KIND_COUNT] = {
    {kind_acquire, PORTRES_TESTING_ACQUIRE, false, false},
    {kind_associate, PORTRES_TESTING_ASSOCIATE, false, false},
    {kind_release, PORTRES_TESTING_RELEASE, false, false},
    {kind_bind_member, PORTRES_TESTING_BIND, true, false},
    {kind_connect_member, PORTRES_TESTING_CONNECT, true, false},
    {kind_listen_member, PORTRES_TESTING_LISTEN, true, false},
    {kind_send_member, PORTRES_TESTING_SEND, true, false},
    {create, PORTRES_TESTING_CREATE, false, true},
    {delete, PORTRES_TESTING_DELETE, false, true},
    {lookup, PORTRES_TESTING_LOOKUP, false, true},
};

struct scene kind_scene(int protocol) {
  struct scene scene;
  portres_testing_reset();
  scene.block = contract_block(protocol, 4);
  scene.peer = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(scene.peer, "127.0.0.1", 0), 0);
  if (protocol == IPPROTO_TCP) {
    assert_int_equal(net_listen(scene.peer), 0);
  }
  return scene;
}

void kind_end_scene(const struct scene* scene) {
  portres_testing_reset();
  contract_expect_figures(scene->block.token, 0, scene->block.count, 0);
  net_close(scene->peer);
  contract_end(&scene->block);
}

int kind_expected(const struct kind* kind, int status) {
  return kind->is_of_libc ? errno_of(status) : status;
}
