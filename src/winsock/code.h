/* code.h - the control codes there are: what each wants, and does. */
#ifndef PORTRES_WINSOCK_CODE_H
#define PORTRES_WINSOCK_CODE_H

#include <stdbool.h>

#include "ioctl.h"

enum portres__ws_out {
  PORTRES__WS_OUT_IGNORED,
  PORTRES__WS_OUT_FORBIDDEN, /* any size but 0 is WSAEINVAL */
  PORTRES__WS_OUT_NEEDED,    /* a short one is WSAEFAULT */
  PORTRES__WS_OUT_DOCUMENTED /* a short one is WSAEINVAL: ACQUIRE's page */
};

enum portres__ws_transport {
  PORTRES__WS_ANY_SOCKET,
  PORTRES__WS_TCP = 1,
  PORTRES__WS_UDP = 2,
  PORTRES__WS_TCP_UDP = PORTRES__WS_TCP | PORTRES__WS_UDP
};

enum { PORTRES__WS_INPUT_MAX = 16 };

/* What is left of a call when its arguments have been looked at. */
struct portres__ws_request {
  const struct portres__ws_kind* kind;
  int fd;
  uint32_t closes;                         /* of `fd`, when it was looked at */
  unsigned char in[PORTRES__WS_INPUT_MAX]; /* a copy */
  DWORD in_len;                            /* as it was given */
  LPVOID out;
  DWORD out_len;
  DWORD bytes; /* how many were written to `out`; set by `run` */
};

struct portres__ws_kind {
  DWORD code;
  DWORD in_size;
  DWORD out_size;
  enum portres__ws_out out;
  enum portres__ws_transport transport;
  int testing_call; /* as testing.h knows it; 0: it never pends */
  bool is_filling;  /* overlapped, it tells the bytes all the same */
  int (*run)(struct portres__ws_request* request);
};

/* NULL: an unknown code. */
const struct portres__ws_kind* portres__ws_kind_of(DWORD code);

/* Check the buffers and the socket, and take what is needed from the call.
 * `request` has `fd` and `closes`.
 * Returns: 0; WSAEFAULT, WSAEOPNOTSUPP, WSAEINVAL, in this order. */
int portres__ws_prepare(const struct portres__ws_call* call,
                        struct portres__ws_request* request);

/* Carry it out, with no lock held. Returns: 0 or a Winsock number. */
int portres__ws_run(struct portres__ws_request* request);

#endif
