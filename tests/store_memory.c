/* No memory, at each allocation of a call in turn: ENOBUFS or success, and
 * never a third state. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "store_support.h"

enum { SPARE = STORE_SLOTS - 1, SLOT = 3, KEPT = 1 << 0 | 1 << 1 };

static unsigned calls;
static unsigned fail_at; /* 0: never */

/* In place of libc's, by the linker. */
void* __real_calloc(size_t count, size_t size);
void* __real_malloc(size_t size);
void* __real_realloc(void* memory, size_t size);
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_malloc(size_t size);
void* __wrap_realloc(void* memory, size_t size);

static bool fails(void) {
  return ++calls == fail_at;
}

void* __wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : __real_calloc(count, size);
}

void* __wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void* __wrap_realloc(void* memory, size_t size) {
  return fails() ? NULL : __real_realloc(memory, size);
}

static int change_create(void) {
  portres_token token;
  return store_create(SLOT, &token);
}

static int change_delete(void) {
  return store_delete(SLOT);
}

static int ignore(const struct portres_info* info, void* arg) {
  (void)info, (void)arg;
  return 0;
}

static int list(void) {
  return portres_list(ignore, NULL);
}

static portres_token kept_token;

static int associate(void) {
  int s = net_socket((int)store_slot(0).protocol, NET_V4);
  int status = portres_associate(s, kept_token);
  if (status == PORTRES_OK) {
    assert_int_equal(net_bind_any(s, 0), 0);
    assert_int_equal(net_port(s), store_slot(0).range.start);
  }
  net_close(s);
  return status;
}

struct memory_row {
  const char* name;
  int (*call)(void);
  uint32_t before;
  uint32_t after;
};

static const struct memory_row memory_rows[] = {
    {"given no memory, then a create is made or not", change_create, KEPT,
     KEPT | 1 << SLOT},
    {"given no memory, then a delete is made or not", change_delete,
     KEPT | 1 << SLOT, KEPT},
    {"given no memory, then a listing is whole or ENOBUFS", list, KEPT, KEPT},
    {"given no memory, then an associate is good or ENOBUFS", associate, KEPT,
     KEPT},
};

static void prepare(uint32_t state) {
  portres_token token;
  store_clear();
  assert_int_equal(store_create(0, &kept_token), PORTRES_OK);
  assert_int_equal(store_create(1, &token), PORTRES_OK);
  if (state >> SLOT & 1) {
    assert_int_equal(store_create(SLOT, &token), PORTRES_OK);
  }
}

static void expect_next_writer(uint32_t state) {
  portres_token token;
  assert_int_equal(store_create(SPARE, &token), PORTRES_OK);
  assert_int_equal(store_delete(SPARE), PORTRES_OK);
  assert_int_equal(store_refused(), state);
}

static void check_memory(const void* data) {
  const struct memory_row* row = data;
  for (unsigned number = 1;; number++) {
    portres_token tokens[STORE_SLOTS] = {0};
    prepare(row->before);
    calls = 0;
    fail_at = number;
    int status = row->call();
    bool was_reached = calls >= fail_at;
    fail_at = 0;
    uint32_t state = store_seen(tokens);
    assert_true(status == PORTRES_OK || status == PORTRES_ENOBUFS);
    assert_int_equal(state, status == PORTRES_OK ? row->after : row->before);
    expect_next_writer(state);
    if (!was_reached) {
      assert_int_equal(status, PORTRES_OK);
      assert_true(number > 1);
      store_clear();
      return;
    }
  }
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(memory_rows, check_memory);
  return table_run("store_memory");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
