/* reservation.h - the three codes of port reservations. */
#ifndef PORTRES_WINSOCK_RESERVATION_H
#define PORTRES_WINSOCK_RESERVATION_H

struct portres__ws_request;

/* Each as `run` of code.h. */
int portres__ws_acquire(struct portres__ws_request* request);
int portres__ws_associate(struct portres__ws_request* request);
int portres__ws_release(struct portres__ws_request* request);

#endif
