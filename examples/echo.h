/* echo.h - an echo server on a port of a reservation, by libuv. */
#ifndef PORTRES_EXAMPLES_ECHO_H
#define PORTRES_EXAMPLES_ECHO_H

#include <portres/portres.h>
#include <stdbool.h>
#include <uv.h>

struct echo {
  union {
    uv_handle_t handle;
    uv_tcp_t tcp;
    uv_udp_t udp;
  } uv;
  bool open;
  uint16_t port;
  char datagram[512]; /* what a UDP client sent, until it went back */
};

/**
 * Create its socket, which has no port yet; echo_close() closes it.
 *
 * Returns: 0, or a libuv error.
 */
int echo_create(struct echo* echo,
                uv_loop_t* loop,
                enum portres_protocol protocol);

/**
 * Tell its socket to portres; one that is not open is no socket there.
 */
portres_socket echo_socket(const struct echo* echo);

/**
 * Bind it to a port of 127.0.0.1, 0 for any.
 *
 * Returns: 0, or a libuv error.
 */
int echo_bind(struct echo* echo, uint16_t port);

/**
 * Open a server on 127.0.0.1 whose port comes from the block of `token`.
 *
 * Returns: 0, or a libuv error: UV_ENOBUFS when the block is used up.
 */
int echo_open(struct echo* echo,
              uv_loop_t* loop,
              enum portres_protocol protocol,
              portres_token token);

/**
 * Close the server and run its loop until libuv has let go of it.
 */
void echo_close(struct echo* echo);

#endif
