/* client.h - a client that says something and waits to hear it back. */
#ifndef PORTRES_EXAMPLES_CLIENT_H
#define PORTRES_EXAMPLES_CLIENT_H

#include <portres/portres.h>
#include <uv.h>

/**
 * Send a line to a port of 127.0.0.1 and run the loop until it came back.
 *
 * Returns: 0; UV_EPROTO: something else came back; UV_ETIMEDOUT: nothing did;
 *          or another libuv error.
 */
int client_ask(uv_loop_t* loop, enum portres_protocol protocol, uint16_t port);

#endif
