/* share.h - a reservation, and the ledger that other processes look at. */
#ifndef PORTRES_SHARE_H
#define PORTRES_SHARE_H

#include "platform.h"
#include "reservation.h"

/* Have access to the ledger; to be left again. Lock: the acquire lock. Returns:
 * 0; EOPNOTSUPP, EACCES, ECORRUPT, EDISKFULL, ENOBUFS. */
int portres__share_enter(portres_socket s,
                         bool is_inherited,
                         portres__stake* out);
void portres__share_leave(portres__stake stake);

/* The reservation's range is claimed with this stake. */
void portres__share_put(struct portres__reservation* reservation,
                        portres__stake stake);

/* Tell the others of it. Returns: 0; ENOTFOUND: what they look at is not what
 * this process does; EDISKFULL, ENOBUFS. */
int portres__share_settle(struct portres__reservation* reservation);

/* Tell the others that it has this scope: its owner sees to that by himself, as
 * `portres run` does. Lock: none. Returns: as settle; EINVAL: no such token. */
int portres__share_set_scope(portres_token token, enum portres_scope scope);

/* Look at what the others do, and claim there all that this process has. Lock:
 * the acquire lock. Returns: as enter; ENOTFOUND. */
int portres__share_renew(portres__stake stake);

#endif
