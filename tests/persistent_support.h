/* persistent_support.h - the persistent calls, with what holds of each: errno
 * is left alone, and nothing is written when they fail. */
#ifndef PORTRES_TESTS_PERSISTENT_SUPPORT_H
#define PORTRES_TESTS_PERSISTENT_SUPPORT_H

#include <portres/portres.h>
#include <stdint.h>

enum portres_protocol persistent_protocol(int protocol);
int persistent_create(int protocol,
                      struct portres_range range,
                      portres_token* out);
int persistent_delete(int protocol, struct portres_range range);
int persistent_lookup(int protocol,
                      struct portres_range range,
                      portres_token* out);

struct persistent {
  int protocol;
  struct portres_range range;
  portres_token token;
};

/* A reservation of ports that nobody has, and its end. */
struct portres_range persistent_free_range(uint16_t count);
struct persistent persistent_begin(int protocol, uint16_t count);
void persistent_end(const struct persistent* made);

/* A new socket associated with it. */
int persistent_member(const struct persistent* made);

int persistent_other(int protocol); /* UDP for TCP, TCP for UDP */

#endif
