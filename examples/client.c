/* client.c - a client that says something and waits to hear it back.
 *
 * It knows nothing of reservations: its own port is one the system picked.
 */
#include "client.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 5000 };

struct client {
  uv_tcp_t tcp;
  uv_udp_t udp;
  uv_timer_t patience;
  uv_connect_t connect;
  uv_write_t write;
  uv_udp_send_t send;
  char question[64];
  char answer[64];
  size_t answer_len;
  bool done;
  int result;
  int handles; /* those libuv still holds */
};

static void on_closed(uv_handle_t* handle) {
  struct client* client = handle->data;
  client->handles--;
}

static void close_handle(uv_handle_t* handle) {
  if (handle->data && !uv_is_closing(handle)) {
    uv_close(handle, on_closed);
  }
}

static void finish(struct client* client, int result) {
  if (client->done) {
    return;
  }
  client->done = true;
  client->result = result;
  close_handle((uv_handle_t*)&client->tcp);
  close_handle((uv_handle_t*)&client->udp);
  close_handle((uv_handle_t*)&client->patience);
}

static void on_timeout(uv_timer_t* timer) {
  finish(timer->data, UV_ETIMEDOUT);
}

static void take_answer(struct client* client, ssize_t n) {
  if (n < 0) {
    finish(client, (int)n);
    return;
  }
  client->answer_len += (size_t)n;
  if (client->answer_len < strlen(client->question)) {
    return;
  }
  bool is_same =
      strncmp(client->answer, client->question, sizeof(client->answer)) == 0;
  finish(client, is_same ? 0 : UV_EPROTO);
}

static void give_buffer(uv_handle_t* handle, size_t hint, uv_buf_t* buffer) {
  struct client* client = handle->data;
  (void)hint;
  size_t room = sizeof(client->answer) - 1 - client->answer_len;
  *buffer = uv_buf_init(client->answer + client->answer_len, (unsigned)room);
}

static void on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
  (void)buffer;
  take_answer(stream->data, n);
}

static void on_datagram(uv_udp_t* udp,
                        ssize_t n,
                        const uv_buf_t* buffer,
                        const struct sockaddr* from,
                        unsigned flags) {
  (void)buffer;
  (void)flags;
  if (from || n < 0) {
    take_answer(udp->data, n);
  }
}

static uv_buf_t question_of(struct client* client) {
  return uv_buf_init(client->question, (unsigned)strlen(client->question));
}

static void on_connected(uv_connect_t* connect, int error) {
  struct client* client = connect->data;
  uv_stream_t* stream = (uv_stream_t*)&client->tcp;
  uv_buf_t line = question_of(client);
  error = error ? error : uv_read_start(stream, give_buffer, on_read);
  error = error ? error : uv_write(&client->write, stream, &line, 1, NULL);
  if (error) {
    finish(client, error);
  }
}

static int start_tcp(struct client* client,
                     uv_loop_t* loop,
                     const struct sockaddr* server) {
  int error = uv_tcp_init(loop, &client->tcp);
  if (error) {
    return error;
  }
  client->tcp.data = client;
  client->handles++;
  client->connect.data = client;
  return uv_tcp_connect(&client->connect, &client->tcp, server, on_connected);
}

static int start_udp(struct client* client,
                     uv_loop_t* loop,
                     const struct sockaddr* server) {
  uv_buf_t line = question_of(client);
  int error = uv_udp_init(loop, &client->udp);
  if (error) {
    return error;
  }
  client->udp.data = client;
  client->handles++;
  error = uv_udp_send(&client->send, &client->udp, &line, 1, server, NULL);
  return error ? error
               : uv_udp_recv_start(&client->udp, give_buffer, on_datagram);
}

int client_ask(uv_loop_t* loop, enum portres_protocol protocol, uint16_t port) {
  struct client client = {.handles = 1};
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  snprintf(client.question, sizeof(client.question), "hello, port %u", port);
  uv_timer_init(loop, &client.patience);
  client.patience.data = &client;
  uv_timer_start(&client.patience, on_timeout, PATIENCE_MS, 0);
  int error = protocol == PORTRES_TCP
                  ? start_tcp(&client, loop, (struct sockaddr*)&server)
                  : start_udp(&client, loop, (struct sockaddr*)&server);
  if (error) {
    finish(&client, error);
  }
  while (client.handles > 0) {
    uv_run(loop, UV_RUN_ONCE);
  }
  return client.result;
}
