/* persistent_win.h - what Windows' store of persistent reservations says. */
#ifndef PORTRES_PERSISTENT_WIN_H
#define PORTRES_PERSISTENT_WIN_H

#include <portres/portres.h>

/* Returns: 0, EOPNOTSUPP, ENOTFOUND, or what Windows says. */
int portres__persistent_look_up(enum portres_protocol protocol,
                                struct portres_range range,
                                portres_token* out);

#endif
