/* The text of the store: read, printed, and what it refuses. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

static const struct portres__store_record some[] = {
    {PORTRES_TCP, {5000, 20}, 3, "2026-11-22T21:36:06Z"},
    {PORTRES_TCP, {65535, 1}, 9, "-"},
    {PORTRES_UDP, {1, 65535}, 18446744073709551615u, "2026-11-22T21:36:07Z"},
};

enum { SOME = sizeof some / sizeof some[0] };

static struct portres__store store_of(size_t count) {
  struct portres__store store = {.head = {.generation = 10}};
  memset(store.head.salt, 0xa5, sizeof store.head.salt);
  /* The last one first: insert has to put them in order. */
  for (size_t i = count; i > 0; i--) {
    assert_true(portres__store_insert(&store, &some[i - 1]));
  }
  return store;
}

static int read_text(const char* text,
                     size_t text_len,
                     size_t piece_len,
                     struct portres__store* out) {
  struct portres__store_reader reader;
  memset(out, 0, sizeof *out);
  portres__store_reader_start(&reader, portres__store_collect, out);
  for (size_t at = 0; at < text_len; at += piece_len) {
    size_t rest = text_len - at;
    if (!portres__store_reader_feed(&reader, text + at,
                                    rest < piece_len ? rest : piece_len)) {
      break;
    }
  }
  out->head = reader.head;
  return portres__store_reader_end(&reader);
}

static void expect_same(const struct portres__store* a,
                        const struct portres__store* b) {
  assert_int_equal(a->count, b->count);
  assert_true(a->head.generation == b->head.generation);
  assert_memory_equal(a->head.salt, b->head.salt, sizeof a->head.salt);
  for (size_t i = 0; i < a->count; i++) {
    assert_int_equal((int)a->records[i].protocol, (int)b->records[i].protocol);
    assert_int_equal(a->records[i].range.start, b->records[i].range.start);
    assert_int_equal(a->records[i].range.count, b->records[i].range.count);
    assert_true(a->records[i].serial == b->records[i].serial);
    assert_string_equal(a->records[i].created, b->records[i].created);
  }
}

static void check_round(void) {
  for (size_t count = 0; count <= SOME; count++) {
    struct portres__store store = store_of(count);
    size_t text_len;
    char* text = portres__store_print(&store, &text_len);
    assert_non_null(text);
    for (size_t piece_len = 1; piece_len <= text_len; piece_len += 7) {
      struct portres__store found;
      assert_int_equal(read_text(text, text_len, piece_len, &found), 0);
      expect_same(&store, &found);
      portres__store_free(&found);
    }
    free(text);
    portres__store_free(&store);
  }
}

static void check_as_documented(void) {
  struct portres__store store = store_of(1);
  size_t text_len;
  char* text = portres__store_print(&store, &text_len);
  const char expected[] =
      "portres-store 1\n"
      "generation 10\n"
      "salt a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\n"
      "tcp 5000 20 3 2026-11-22T21:36:06Z\n"
      "end 1 ";
  assert_memory_equal(text, expected, sizeof expected - 1);
  assert_int_equal(text_len, sizeof expected - 1 + 16 + 1);
  free(text);
  portres__store_free(&store);
}

/* Every byte, and every bit of it. */
static void check_any_change(void) {
  struct portres__store store = store_of(SOME);
  struct portres__store found;
  size_t text_len;
  char* text = portres__store_print(&store, &text_len);
  for (size_t i = 0; i < 8 * text_len; i++) {
    text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
    assert_int_equal(read_text(text, text_len, 64, &found), PORTRES_ECORRUPT);
    portres__store_free(&found);
    text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
  }
  free(text);
  portres__store_free(&store);
}

static void check_any_cut(void) {
  struct portres__store store = store_of(SOME);
  struct portres__store found;
  size_t text_len;
  char* text = portres__store_print(&store, &text_len);
  for (size_t i = 0; i < text_len; i++) {
    assert_int_equal(read_text(text, i, 64, &found), PORTRES_ECORRUPT);
    portres__store_free(&found);
  }
  free(text);
  portres__store_free(&store);
}

/* Well-formed and with the right checksum, but none that we would write. */
static void check_overlap(void) {
  struct portres__store store = store_of(1);
  struct portres__store found;
  size_t text_len;
  store.records[0].range.count = 20;
  struct portres__store_record later = store.records[0];
  later.range.start = (uint16_t)(later.range.start + 19);
  assert_true(portres__store_collect(&store.head, &later, &store));
  char* text = portres__store_print(&store, &text_len);
  assert_int_equal(read_text(text, text_len, 64, &found), PORTRES_ECORRUPT);
  portres__store_free(&found);
  free(text);
  portres__store_free(&store);
}

static void check_find_and_remove(void) {
  struct portres__store store = store_of(SOME);
  const struct portres_range wanted = {65535, 1};
  const struct portres_range other = {65534, 2};
  assert_null(portres__store_find(&store, PORTRES_TCP, other));
  assert_null(portres__store_find(&store, PORTRES_UDP, wanted));
  assert_true(portres__store_overlaps(&store, PORTRES_TCP, other));
  struct portres__store_record* found =
      portres__store_find(&store, PORTRES_TCP, wanted);
  assert_non_null(found);
  portres__store_remove(&store, found);
  assert_int_equal(store.count, SOME - 1);
  assert_false(portres__store_overlaps(&store, PORTRES_TCP, other));
  portres__store_free(&store);
}

/* --- Tokens --- */

struct token_row {
  const char* name;
  int salt;
  int boot;
  int protocol;
  int start;
  int count;
  int serial;
};

/* Each is another token than that of the first row. */
static const struct token_row token_rows[] = {
    {"given the same, then the token is the same", 1, 1, 6, 5000, 20, 3},
    {"given another store, then the token is another", 2, 1, 6, 5000, 20, 3},
    {"given another boot, then the token is another", 1, 2, 6, 5000, 20, 3},
    {"given UDP, then the token is another", 1, 1, 17, 5000, 20, 3},
    {"given another start, then the token is another", 1, 1, 6, 5001, 20, 3},
    {"given another count, then the token is another", 1, 1, 6, 5000, 21, 3},
    {"given ports reserved again, then the token is another", 1, 1, 6, 5000, 20,
     4},
};

static portres_token token_of(const struct token_row* row) {
  struct portres__store_head head = {.generation = 1};
  struct portres__store_record record = {
      .protocol = (enum portres_protocol)row->protocol,
      .range = {(uint16_t)row->start, (uint16_t)row->count},
      .serial = (uint64_t)row->serial};
  uint8_t boot[PORTRES__BOOT_SIZE];
  memset(head.salt, row->salt, sizeof head.salt);
  memset(boot, row->boot, sizeof boot);
  return portres__store_token(&head, &record, boot);
}

static void check_token(const void* data) {
  const struct token_row* row = data;
  portres_token token = token_of(row);
  assert_true(token != 0);
  assert_true((token == token_of(&token_rows[0])) == (row == &token_rows[0]));
}

/* --- The hash: from the appendix of its paper, and its authors' vectors --- */

static void check_siphash(void) {
  uint8_t key[PORTRES__SIPHASH_KEY_SIZE];
  uint8_t data[15];
  for (size_t i = 0; i < sizeof key; i++) {
    key[i] = (uint8_t)i;
  }
  for (size_t i = 0; i < sizeof data; i++) {
    data[i] = (uint8_t)i;
  }
  assert_true(portres__siphash(key, data, 15) == 0xa129ca6149be45e5u);
  assert_true(portres__siphash(key, data, 0) == 0x726fdb47dd0e0e31u);
  assert_true(portres__siphash(key, data, 8) == 0x93f5f5799a932462u);
}

int main(void) {
  table_add_one(
      "given a store, when it is printed and read in pieces, then it "
      "is the same",
      check_round);
  table_add_one("given a store, then its text is as documented",
                check_as_documented);
  table_add_one("given any bit changed, then it is damaged", check_any_change);
  table_add_one("given any end cut off, then it is damaged", check_any_cut);
  table_add_one("given ranges that overlap, then it is damaged", check_overlap);
  table_add_one("given a range, then it is found and removed as it is",
                check_find_and_remove);
  TABLE_ADD(token_rows, check_token);
  table_add_one("given the authors' examples, then the hash is theirs",
                check_siphash);
  return table_run("store");
}
