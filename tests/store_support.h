/* store_support.h - a state directory of one's own, and what should be in it.
 *
 * The library reads PORTRES_STATE_DIR once, when it is loaded. So a test
 * program runs itself again with a directory that it made; see store_main().
 * All functions fail the row by themselves.
 */
#ifndef PORTRES_TESTS_STORE_SUPPORT_H
#define PORTRES_TESTS_STORE_SUPPORT_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stdint.h>

#include "table.h"

/* What main() returns: `run` in this program, run again with a state directory
 * that is not there yet, in a folder that is removed afterwards. */
int store_main(int argc, char** argv, int (*run)(int argc, char** argv));

/* --- Files --- */

const char* store_dir(void);
const char* store_path(const char* name); /* good until the next call */
bool store_has(const char* name);
void store_clear(void); /* no file, no directory */

/* A file as it is; NULL: there is none. To be freed. */
char* store_read(const char* name, size_t* len_out);
void store_write(const char* name, const void* data, size_t len);

/* Everything in the directory. */
enum { STORE_FILES = 8, STORE_NAME = 32 };
struct store_image {
  struct store_file {
    char name[STORE_NAME];
    char* data;
    size_t len;
  } files[STORE_FILES];
  int count;
};
struct store_image store_save(void);
void store_restore(const struct store_image* image);
void store_free(struct store_image* image);
void store_expect_unchanged(const struct store_image* image);

/* --- Contents: some ranges that do not overlap, of both transports --- */

enum { STORE_SLOTS = 16 };

struct store_slot {
  enum portres_protocol protocol;
  struct portres_range range;
};

struct store_slot store_slot(int index);

int store_create(int index, portres_token* token_out);
int store_delete(int index);

/* The slots that lookup finds, a bit each. Slots that are found again have the
 * token that they had before. */
uint32_t store_seen(portres_token tokens_io[STORE_SLOTS]);

/* The slots of which every port is refused to strangers. */
uint32_t store_refused(void);

#endif
