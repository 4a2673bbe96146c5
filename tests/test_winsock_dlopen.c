/* A program that loads libportres-winsock by dlopen() or a foreign-function
 * interface: libc's names were bound before, and do not come to the library.
 * Sockets of the Winsock face are reserved for all the same.
 *
 * argv[1] is the library.
 */
#include <dlfcn.h>
#include <errno.h>
#include <portres/portres.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "portres_ws/socket.h"
#include "table.h"

#define CALLS(CALL)                                                         \
  CALL(int, WSAStartup, (WORD, LPWSADATA))                                  \
  CALL(int, WSACleanup, (void))                                             \
  CALL(int, WSAGetLastError, (void))                                        \
  CALL(SOCKET, portres_ws_socket, (int, int, int))                          \
  CALL(int, portres_ws_bind, (SOCKET, const struct sockaddr*, int))         \
  CALL(int, portres_ws_connect, (SOCKET, const struct sockaddr*, int))      \
  CALL(int, closesocket, (SOCKET))                                          \
  CALL(int, portres_acquire,                                                \
       (portres_socket, struct portres_range, struct portres_reservation*)) \
  CALL(int, portres_associate, (portres_socket, portres_token))             \
  CALL(int, portres_describe, (portres_token, struct portres_info*))

#define MEMBER(result, name, parameters) result(*name) parameters;
static struct { CALLS(MEMBER) } library;

#define FIND(result, name, parameters) \
  found = dlsym(handle, #name);        \
  assert_non_null(found);              \
  memcpy((void*)&library.name, &found, sizeof found);

static const char* path;

static void load(void) {
  void* found;
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  assert_non_null(handle);
  CALLS(FIND)
}

static int bind_any(SOCKET s, uint16_t port) {
  struct net_address any = net_any(NET_V4, port);
  return library.portres_ws_bind(s, &any.as.any, (int)any.len) == 0
             ? 0
             : library.WSAGetLastError();
}

static void start(void) {
  WSADATA data;
  assert_int_equal(library.WSAStartup(MAKEWORD(2, 2), &data), 0);
}

static SOCKET open_udp(void) {
  SOCKET s = library.portres_ws_socket(AF_INET, SOCK_DGRAM, 0);
  assert_true(s != INVALID_SOCKET);
  return s;
}

static const struct portres_range two = {.count = 2};

/* So the library would not promise what it could not hold. */
static void check_unstarted(void) {
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_UDP, NET_V4);
  assert_int_equal(library.portres_acquire(s, two, &granted),
                   PORTRES_EOPNOTSUPP);
  net_close(s);
}

static void check_block(void) {
  struct portres_reservation granted;
  struct portres_info info = {.size = sizeof info};
  SOCKET s[3];
  start();
  for (int i = 0; i < 3; i++) {
    s[i] = open_udp();
  }
  assert_int_equal(library.portres_acquire((int)s[0], two, &granted), 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(library.portres_associate((int)s[i], granted.token), 0);
  }
  assert_int_equal(bind_any(s[1], 0), 0);
  assert_int_equal(net_port((int)s[1]), granted.range.start);
  struct net_address to = net_loopback(NET_V4, net_port((int)s[1]));
  assert_int_equal(library.portres_ws_connect(s[2], &to.as.any, (int)to.len),
                   0);
  assert_int_equal(net_port((int)s[2]), granted.range.start + 1);
  assert_int_equal(bind_any(s[0], 0), WSAENOBUFS);
  assert_int_equal(library.closesocket(s[1]), 0);
  assert_int_equal(bind_any(s[0], 0), 0);
  assert_int_equal(library.closesocket(s[0]), 0);
  assert_int_equal(library.portres_describe(granted.token, &info),
                   PORTRES_EINVAL);
  assert_int_equal(library.closesocket(s[2]), 0);
  assert_int_equal(library.WSACleanup(), 0);
}

/* libc's close() is not seen; the socket that gets the number is another. */
static void check_unseen_close(void) {
  struct portres_reservation granted;
  start();
  SOCKET holder = open_udp();
  SOCKET member = open_udp();
  assert_int_equal(library.portres_acquire((int)holder, two, &granted), 0);
  assert_int_equal(library.portres_associate((int)member, granted.token), 0);
  net_close((int)member);
  SOCKET other = open_udp();
  assert_int_equal(other, member);
  assert_int_equal(bind_any(other, granted.range.start), WSAEACCES);
  assert_int_equal(bind_any(other, 0), 0);
  assert_true(net_port((int)other) < granted.range.start ||
              net_port((int)other) > granted.range.start + 1);
  assert_int_equal(library.closesocket(other), 0);
  assert_int_equal(library.closesocket(holder), 0);
  assert_int_equal(library.WSACleanup(), 0);
}

int main(int argc, char** argv) {
  (void)argc;
  path = argv[1];
  load();
  table_add_one("given no WSAStartup, when it acquires, then EOPNOTSUPP",
                check_unstarted);
  table_add_one(
      "given WSAStartup, then sockets get their ports from the "
      "block",
      check_block);
  table_add_one(
      "given a close that is not seen, then the next socket is a "
      "stranger",
      check_unseen_close);
  return table_run("winsock_dlopen");
}
