/* setting.h - the other control codes: what they set or tell of a socket. */
#ifndef PORTRES_WINSOCK_SETTING_H
#define PORTRES_WINSOCK_SETTING_H

struct portres__ws_request;

/* Each as `run` of code.h. */
int portres__ws_affinity(struct portres__ws_request* request);
int portres__ws_keepalive(struct portres__ws_request* request);
int portres__ws_flush(struct portres__ws_request* request);
int portres__ws_extension(struct portres__ws_request* request);
int portres__ws_nonblocking(struct portres__ws_request* request);
int portres__ws_readable(struct portres__ws_request* request);
int portres__ws_atmark(struct portres__ws_request* request);

#endif
