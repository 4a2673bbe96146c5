/* winsock.h - what the tests of the Winsock face share.
 *
 * Each row runs between WSAStartup and WSACleanup; a failing call must leave
 * errno alone and set the last error of its thread, and nothing else counts as
 * a failure.
 */
#ifndef PORTRES_TESTS_WINSOCK_H
#define PORTRES_TESTS_WINSOCK_H

#include <errno.h>

#include "contract.h"
#include "portres_ws/socket.h"

/* `call` fails with this Winsock number. */
#define WS_FAILS(call, error) ws_expect(__LINE__, (ws_reset(), (call)), error)

/* `call` returns 0. */
#define WS_WORKS(call) ws_expect(__LINE__, (ws_reset(), (call)), 0)

/* The same of a call that returns a SOCKET. */
#define WS_NO_SOCKET(call, error) \
  WS_FAILS(ws_reset_then((call) == INVALID_SOCKET), error)

/* Make every stray write to errno and to the last error visible. */
void ws_reset(void);
int ws_reset_then(bool is_invalid); /* as SOCKET_ERROR */
void ws_expect(int line, int result, int error);

/* TABLE_ADD(rows, ws_check) for rows of contract.h. */
void ws_check(const void* row);
void ws_start(void);
void ws_stop(void);

/* Sockets, which fail the row if they cannot be had. */
SOCKET ws_socket(int protocol, enum net_family family);
SOCKET ws_bound(int protocol, enum net_family family);
SOCKET ws_listener(enum net_family family);
void ws_close(SOCKET s);
uint16_t ws_port(SOCKET s);

/* A connected pair of TCP sockets. */
struct ws_pair {
  SOCKET client;
  SOCKET server;
};
struct ws_pair ws_pair(enum net_family family);
void ws_close_pair(struct ws_pair pair);

/* Two bound UDP sockets, the first of which is connected to the second. */
struct ws_pair ws_datagram_pair(void);

/* 0 or a Winsock number; bind to the wildcard address of the family. */
int ws_bind(SOCKET s, uint16_t port);
int ws_connect(SOCKET s, uint16_t port); /* over loopback */
struct net_address ws_loopback_of(SOCKET s);
void ws_set_blocking(SOCKET s, bool is_blocking);

/* Memory that cannot be touched. */
void* ws_unmapped(void);

/* A socket of the protocol that is associated with the block. */
SOCKET ws_member(const struct contract_block* block, enum net_family family);

/* Each call with a socket, its other arguments in order, on `s`; 0 or the
 * Winsock number. */
struct ws_call {
  const char* name;
  int (*call)(SOCKET s);
};
extern const struct ws_call ws_calls[];
extern const size_t ws_calls_count;

#endif
