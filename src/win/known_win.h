/* known_win.h - the reservations this process made or found through portres.
 *
 * Windows has no way to list reservations, so we keep what it told us. It does
 * not tell when one ends by closesocket(): what is kept here may be dead, and
 * inspect_win.c asks before it believes. As Windows grants no port twice, what
 * overlaps a new one is dead, and so at most 65535 a protocol are kept.
 */
#ifndef PORTRES_KNOWN_WIN_H
#define PORTRES_KNOWN_WIN_H

#include <portres/portres.h>
#include <stdbool.h>

struct portres__known {
  struct portres_info info;
  struct portres__known* next;
};

/* A record to be filled, then kept or dropped; NULL: no memory. */
struct portres__known* portres__known_create(void);
void portres__known_drop(struct portres__known* known);

/* Keep it, in place of every one of its protocol that it overlaps. */
void portres__known_keep(struct portres__known* known);

void portres__known_forget(portres_token token);
void portres__known_forget_range(enum portres_protocol protocol,
                                 struct portres_range range);

bool portres__known_find(portres_token token, struct portres_info* out);

/* Copies of up to `capacity`; how many there are, even if more. */
size_t portres__known_copy(struct portres_info* infos, size_t capacity);

#endif
