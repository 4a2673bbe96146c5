#include "code.h"

#include <portres/testing.h>
#include <string.h>

#include "descriptor.h"
#include "memory.h"
#include "portres_ws/reservation.h"
#include "reservation.h"
#include "setting.h"

static const struct portres__ws_kind kinds[] = {
    {.code = SIO_ACQUIRE_PORT_RESERVATION,
     .in_size = sizeof(INET_PORT_RANGE),
     .out_size = sizeof(INET_PORT_RESERVATION_INSTANCE),
     .out = PORTRES__WS_OUT_DOCUMENTED,
     .transport = PORTRES__WS_TCP_UDP,
     .testing_call = PORTRES_TESTING_ACQUIRE,
     .is_filling = true,
     .run = portres__ws_acquire},
    {.code = SIO_ASSOCIATE_PORT_RESERVATION,
     .in_size = sizeof(INET_PORT_RESERVATION_TOKEN),
     .out = PORTRES__WS_OUT_FORBIDDEN,
     .transport = PORTRES__WS_TCP_UDP,
     .testing_call = PORTRES_TESTING_ASSOCIATE,
     .run = portres__ws_associate},
    {.code = SIO_RELEASE_PORT_RESERVATION,
     .in_size = sizeof(INET_PORT_RESERVATION_TOKEN),
     .out = PORTRES__WS_OUT_FORBIDDEN,
     .transport = PORTRES__WS_TCP_UDP,
     .testing_call = PORTRES_TESTING_RELEASE,
     .run = portres__ws_release},
    {.code = SIO_CPU_AFFINITY,
     .in_size = sizeof(USHORT),
     .transport = PORTRES__WS_UDP,
     .run = portres__ws_affinity},
    {.code = SIO_KEEPALIVE_VALS,
     .in_size = sizeof(struct tcp_keepalive),
     .transport = PORTRES__WS_TCP,
     .run = portres__ws_keepalive},
    {.code = SIO_FLUSH, .is_filling = true, .run = portres__ws_flush},
    {.code = SIO_GET_EXTENSION_FUNCTION_POINTER,
     .in_size = sizeof(GUID),
     .out_size = sizeof(void*),
     .out = PORTRES__WS_OUT_NEEDED,
     .is_filling = true,
     .run = portres__ws_extension},
    {.code = PORTRES_WS_FIONBIO,
     .in_size = sizeof(ULONG),
     .is_filling = true,
     .run = portres__ws_nonblocking},
    {.code = PORTRES_WS_FIONREAD,
     .out_size = sizeof(ULONG),
     .out = PORTRES__WS_OUT_NEEDED,
     .is_filling = true,
     .run = portres__ws_readable},
    {.code = PORTRES_WS_SIOCATMARK,
     .out_size = sizeof(ULONG),
     .out = PORTRES__WS_OUT_NEEDED,
     .is_filling = true,
     .run = portres__ws_atmark},
};

/* The macros of the system's headers have the system's numbers. */
static DWORD windows_code(DWORD code) {
  return code == FIONBIO      ? PORTRES_WS_FIONBIO
         : code == FIONREAD   ? PORTRES_WS_FIONREAD
         : code == SIOCATMARK ? PORTRES_WS_SIOCATMARK
                              : code;
}

const struct portres__ws_kind* portres__ws_kind_of(DWORD code) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (kinds[i].code == windows_code(code)) {
      return &kinds[i];
    }
  }
  return NULL;
}

/* A program may claim any size: beyond this the first part and the last byte
 * stand for the rest. */
enum { LOOKED_AT_MAX = 65536 };

static bool is_there(void* memory,
                     DWORD len,
                     bool (*can)(void* memory, size_t size)) {
  return len <= LOOKED_AT_MAX
             ? can(memory, len)
             : can(memory, LOOKED_AT_MAX) && can((char*)memory + len - 1, 1);
}

static bool can_read(void* memory, size_t size) {
  return portres__ws_can_read(memory, size);
}

static bool can_read_input(const struct portres__ws_call* call, DWORD size) {
  return size == 0 ||
         (call->in_len >= size && is_there(call->in, call->in_len, can_read));
}

static int check_output(const struct portres__ws_call* call,
                        const struct portres__ws_kind* kind) {
  if (kind->out < PORTRES__WS_OUT_NEEDED) {
    return 0;
  }
  if (call->out_len < kind->out_size) {
    return kind->out == PORTRES__WS_OUT_NEEDED ? WSAEFAULT : 0;
  }
  return is_there(call->out, call->out_len, portres__ws_can_write) ? 0
                                                                   : WSAEFAULT;
}

/* A raw socket of the protocol is none of them; one that has been closed since
 * it was looked at is none at all. */
static int check_transport(int fd, enum portres__ws_transport wanted) {
  int type = portres__ws_fact(fd, SO_TYPE);
  int protocol = portres__ws_fact(fd, SO_PROTOCOL);
  enum portres__ws_transport transport = PORTRES__WS_ANY_SOCKET;

  if (type < 0 || protocol < 0) {
    return WSAENOTSOCK;
  }
  if (type == SOCK_STREAM && protocol == IPPROTO_TCP) {
    transport = PORTRES__WS_TCP;
  } else if (type == SOCK_DGRAM && protocol == IPPROTO_UDP) {
    transport = PORTRES__WS_UDP;
  }
  return (transport & wanted) != 0 ? 0 : WSAEOPNOTSUPP;
}

/* Only here may a size be wrong in the way ACQUIRE's page says, and "must be
 * zero" of the other two (semantics Q9). */
static int check_sizes(const struct portres__ws_call* call,
                       const struct portres__ws_kind* kind) {
  if (kind->out == PORTRES__WS_OUT_FORBIDDEN && call->out_len != 0) {
    return WSAEINVAL;
  }
  return kind->out == PORTRES__WS_OUT_DOCUMENTED &&
                 call->out_len < kind->out_size
             ? WSAEINVAL
             : 0;
}

static int check(const struct portres__ws_call* call,
                 const struct portres__ws_kind* kind,
                 int fd) {
  int error = can_read_input(call, kind->in_size) ? check_output(call, kind)
                                                  : WSAEFAULT;

  if (error == 0 && kind->transport != PORTRES__WS_ANY_SOCKET) {
    error = check_transport(fd, kind->transport);
  }
  return error == 0 ? check_sizes(call, kind) : error;
}

int portres__ws_prepare(const struct portres__ws_call* call,
                        struct portres__ws_request* request) {
  const struct portres__ws_kind* kind = portres__ws_kind_of(call->code);
  size_t len = call->in_len;
  int error = kind == NULL ? WSAEOPNOTSUPP : check(call, kind, request->fd);

  if (error != 0) {
    return error;
  }
  request->kind = kind;
  request->in_len = call->in_len;
  request->out = call->out;
  request->out_len = call->out_len;
  if (kind->in_size != 0) {
    memcpy(request->in, call->in,
           len < sizeof request->in ? len : sizeof request->in);
  }
  return 0;
}

int portres__ws_run(struct portres__ws_request* request) {
  return request->kind->run(request);
}
