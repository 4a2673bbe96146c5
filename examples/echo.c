/* echo.c - an echo server on a port of a reservation, by libuv.
 *
 * Only bind_to_block() is about port reservations: the one call of
 * portres_associate() between the creation of the socket and its bind.
 */
#include "echo.h"

#include <stdlib.h>

struct connection {
  uv_tcp_t tcp;
  uv_write_t write;
  char data[512];
};

static void on_connection_closed(uv_handle_t* handle) {
  free(handle->data);
}

static void close_connection(struct connection* connection) {
  if (!uv_is_closing((uv_handle_t*)&connection->tcp)) {
    uv_close((uv_handle_t*)&connection->tcp, on_connection_closed);
  }
}

static void give_buffer(uv_handle_t* handle, size_t hint, uv_buf_t* buffer) {
  struct connection* connection = handle->data;
  (void)hint;
  *buffer = uv_buf_init(connection->data, sizeof(connection->data));
}

static void on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer);

static void on_written(uv_write_t* write, int error) {
  struct connection* connection = write->data;
  uv_stream_t* stream = (uv_stream_t*)&connection->tcp;
  if (error || uv_read_start(stream, give_buffer, on_read)) {
    close_connection(connection);
  }
}

static void on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
  struct connection* connection = stream->data;
  uv_buf_t reply = uv_buf_init(buffer->base, n > 0 ? (unsigned)n : 0);
  if (n == 0) {
    return; /* libuv's way of saying EAGAIN */
  }
  uv_read_stop(stream); /* the one buffer is in use until it is written */
  connection->write.data = connection;
  if (n < 0 || uv_write(&connection->write, stream, &reply, 1, on_written)) {
    close_connection(connection);
  }
}

static void on_connection(uv_stream_t* server, int error) {
  struct connection* connection = error ? NULL : calloc(1, sizeof(*connection));
  if (!connection) {
    return;
  }
  uv_tcp_init(server->loop, &connection->tcp);
  connection->tcp.data = connection;
  if (uv_accept(server, (uv_stream_t*)&connection->tcp) ||
      uv_read_start((uv_stream_t*)&connection->tcp, give_buffer, on_read)) {
    close_connection(connection);
  }
}

static void give_datagram(uv_handle_t* handle, size_t hint, uv_buf_t* buffer) {
  struct echo* echo = handle->data;
  (void)hint;
  *buffer = uv_buf_init(echo->datagram, sizeof(echo->datagram));
}

static void on_datagram(uv_udp_t* udp,
                        ssize_t n,
                        const uv_buf_t* buffer,
                        const struct sockaddr* from,
                        unsigned flags) {
  uv_buf_t reply = uv_buf_init(buffer->base, n > 0 ? (unsigned)n : 0);
  (void)flags;
  if (n > 0 && from) {
    uv_udp_try_send(udp, &reply, 1, from); /* datagrams may be lost */
  }
}

int echo_create(struct echo* echo,
                uv_loop_t* loop,
                enum portres_protocol protocol) {
  int error = protocol == PORTRES_TCP
                  ? uv_tcp_init_ex(loop, &echo->uv.tcp, AF_INET)
                  : uv_udp_init_ex(loop, &echo->uv.udp, AF_INET);
  echo->uv.handle.data = echo;
  echo->open = error == 0;
  return error;
}

portres_socket echo_socket(const struct echo* echo) {
  uv_os_fd_t fd;
  if (!echo->open || uv_fileno(&echo->uv.handle, &fd)) {
    return (portres_socket)-1;
  }
  return (portres_socket)fd;
}

int echo_bind(struct echo* echo, uint16_t port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  const struct sockaddr* address = (struct sockaddr*)&name;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return echo->uv.handle.type == UV_TCP
             ? uv_tcp_bind(&echo->uv.tcp, address, 0)
             : uv_udp_bind(&echo->uv.udp, address, 0);
}

static int bind_to_block(struct echo* echo, portres_token token) {
  if (portres_associate(echo_socket(echo), token) != PORTRES_OK) {
    return UV_EINVAL;
  }
  return echo_bind(echo, 0);
}

static int start_serving(struct echo* echo) {
  if (echo->uv.handle.type == UV_TCP) {
    return uv_listen((uv_stream_t*)&echo->uv.tcp, 16, on_connection);
  }
  return uv_udp_recv_start(&echo->uv.udp, give_datagram, on_datagram);
}

static int read_port(struct echo* echo) {
  struct sockaddr_in name = {0};
  int len = sizeof(name);
  int error =
      echo->uv.handle.type == UV_TCP
          ? uv_tcp_getsockname(&echo->uv.tcp, (struct sockaddr*)&name, &len)
          : uv_udp_getsockname(&echo->uv.udp, (struct sockaddr*)&name, &len);
  echo->port = ntohs(name.sin_port);
  return error;
}

int echo_open(struct echo* echo,
              uv_loop_t* loop,
              enum portres_protocol protocol,
              portres_token token) {
  int error = echo_create(echo, loop, protocol);
  error = error ? error : bind_to_block(echo, token);
  error = error ? error : start_serving(echo);
  error = error ? error : read_port(echo);
  if (error) {
    echo_close(echo);
  }
  return error;
}

static void on_closed(uv_handle_t* handle) {
  struct echo* echo = handle->data;
  echo->open = false;
}

void echo_close(struct echo* echo) {
  if (!echo->open) {
    return;
  }
  uv_close(&echo->uv.handle, on_closed);
  while (echo->open) {
    uv_run(echo->uv.handle.loop, UV_RUN_ONCE);
  }
}
