#include "reservation.h"

#include <portres/portres.h>
#include <string.h>

#include "code.h"
#include "error.h"
#include "memory.h"
#include "portres_ws/reservation.h"

_Static_assert(sizeof(INET_PORT_RANGE) == 4, "as in the SDK");
_Static_assert(sizeof(INET_PORT_RESERVATION_TOKEN) == 8, "as in the SDK");
_Static_assert(sizeof(INET_PORT_RESERVATION_INSTANCE) == 16, "as in the SDK");
_Static_assert(offsetof(INET_PORT_RESERVATION_INSTANCE, Token) == 8,
               "as in the SDK");
_Static_assert(SIO_ACQUIRE_PORT_RESERVATION == 2550136932u, "as in the SDK");
_Static_assert(SIO_RELEASE_PORT_RESERVATION == 2550136933u, "as in the SDK");
_Static_assert(SIO_ASSOCIATE_PORT_RESERVATION == 2550136934u, "as in the SDK");

/* The output is looked at again: a call that pended may have lost it, and a
 * block nobody has the token of would be lost, too. */
int portres__ws_acquire(struct portres__ws_request* request) {
  struct portres_reservation granted;
  INET_PORT_RESERVATION_INSTANCE instance;
  INET_PORT_RANGE range;
  int status;

  if (!portres__ws_can_write(request->out, sizeof instance)) {
    return WSAEFAULT;
  }
  memcpy(&range, request->in, sizeof range);
  status =
      portres_acquire(request->fd,
                      (struct portres_range){.start = ntohs(range.StartPort),
                                             .count = range.NumberOfPorts},
                      &granted);
  if (status == PORTRES_OK) {
    memset(&instance, 0, sizeof instance);
    instance.StartPort = htons(granted.range.start);
    instance.NumberOfPorts = granted.range.count;
    instance.Token = granted.token;
    memcpy(request->out, &instance, sizeof instance);
    request->bytes = sizeof instance;
  }
  return portres__ws_error_of_status(status);
}

static portres_token token_of(const struct portres__ws_request* request) {
  INET_PORT_RESERVATION_TOKEN token;

  memcpy(&token, request->in, sizeof token);
  return token.Token;
}

int portres__ws_associate(struct portres__ws_request* request) {
  return portres__ws_error_of_status(
      portres_associate(request->fd, token_of(request)));
}

int portres__ws_release(struct portres__ws_request* request) {
  return portres__ws_error_of_status(
      portres_release(request->fd, token_of(request)));
}
