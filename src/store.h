/* store.h - the persistent reservations as text, and back; no file is touched.
 *
 *   portres-store 1
 *   generation 7
 *   salt 5f0e64c1ab2d3a9057b6c0f1d2e3a4b5
 *   tcp 5000 20 6 2026-11-22T21:36:06Z
 *   udp 5000 2 7 2026-11-22T21:40:00Z
 *   end 2 0f1e2d3c4b5a6978
 *
 * A line of a reservation says: protocol, start, count, the generation that it
 * came with, and when. They are in order and do not overlap. The last line has
 * their number, and a checksum of everything above it: so a text that is cut
 * off or changed anywhere is noticed.
 *
 * There is no token in the text. A token is a hash of the salt, the boot and
 * the reservation's line: so it is new after each boot, though nobody writes,
 * and new when the same ports are reserved again.
 *
 * Reading takes the text in pieces and allocates nothing, because a bind in a
 * signal handler may have to (persistent.c).
 */
#ifndef PORTRES_STORE_H
#define PORTRES_STORE_H

#include <portres/portres.h>
#include <stdbool.h>

#include "platform.h"
#include "siphash.h"

enum {
  PORTRES__STORE_LINE_SIZE = 96,
  PORTRES__STORE_TIME_SIZE = 21 /* with the terminating NUL */
};

struct portres__store_head {
  uint64_t generation; /* one more with each change */
  uint8_t salt[PORTRES__SIPHASH_KEY_SIZE];
};

struct portres__store_record {
  enum portres_protocol protocol;
  struct portres_range range;
  uint64_t serial; /* the generation that made it */
  char created[PORTRES__STORE_TIME_SIZE];
};

/* --- Reading --- */

/* One reservation; what it says is true only if the end is reached. False ends
 * the reading, for want of memory. */
typedef bool (*portres__store_visit)(const struct portres__store_head* head,
                                     const struct portres__store_record* record,
                                     void* arg);

struct portres__store_reader {
  portres__store_visit visit; /* NULL: the text is only looked through */
  void* arg;
  int status;
  unsigned lines;
  bool is_ended;
  uint32_t record_count;
  uint64_t checksum; /* of the lines so far */
  struct portres__store_head head;
  struct portres__store_record last;
  size_t line_len;
  char line[PORTRES__STORE_LINE_SIZE];
};

void portres__store_reader_start(struct portres__store_reader* reader,
                                 portres__store_visit visit,
                                 void* arg);

/* The next piece of text; false: there is no use in more of it. */
bool portres__store_reader_feed(struct portres__store_reader* reader,
                                const char* text,
                                size_t text_len);

/* There is no more. Returns: 0, ECORRUPT, ENOBUFS (the visitor's). */
int portres__store_reader_end(const struct portres__store_reader* reader);

/* --- All of it --- */

struct portres__store {
  struct portres__store_head head;
  struct portres__store_record* records; /* by protocol and start */
  size_t count;
  size_t capacity;
};

void portres__store_free(struct portres__store* store);

/* A visitor: append to the store that is `arg`. */
bool portres__store_collect(const struct portres__store_head* head,
                            const struct portres__store_record* record,
                            void* arg);

/* The reservation of exactly these ports; NULL: there is none. */
struct portres__store_record* portres__store_find(
    const struct portres__store* store,
    enum portres_protocol protocol,
    struct portres_range range);

bool portres__store_overlaps(const struct portres__store* store,
                             enum portres_protocol protocol,
                             struct portres_range range);

/* False: no memory. Before: it overlaps none. */
bool portres__store_insert(struct portres__store* store,
                           const struct portres__store_record* record);
void portres__store_remove(struct portres__store* store,
                           struct portres__store_record* record);

/* The text, which is to be freed; NULL: no memory. */
char* portres__store_print(const struct portres__store* store,
                           size_t* text_len_out);

/* --- Tokens --- */

/* Never 0. */
portres_token portres__store_token(const struct portres__store_head* head,
                                   const struct portres__store_record* record,
                                   const uint8_t boot[PORTRES__BOOT_SIZE]);

#endif
