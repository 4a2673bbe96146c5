/* Every system call of a change fails in turn, for every reason; writes are
 * short, and calls are interrupted. A change that says it was made has been
 * made; one that failed left the old state, or the new one when only the last
 * sync failed; and nothing else is lost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk_posix.h"
#include "net.h"
#include "store_support.h"

enum { SPARE = STORE_SLOTS - 1, SLOT = 3, KEPT = 1 << 0 | 1 << 1 | 1 << 2 };

static struct portres__disk disk;
static unsigned calls;
static unsigned fail_at; /* 0: never */
static int fail_with;
static bool is_stingy; /* a byte at a time, and interrupted before */
static bool was_interrupted;

static bool fails(void) {
  if (++calls == fail_at) {
    errno = fail_with;
    return true;
  }
  return false;
}

static int failing_open(int dir, const char* name, int flags, mode_t mode) {
  return fails() ? -1 : portres__disk_real.open(dir, name, flags, mode);
}

static bool interrupts(void) {
  was_interrupted = !was_interrupted;
  if (is_stingy && was_interrupted) {
    errno = EINTR;
    return true;
  }
  return false;
}

static ssize_t failing_read(int fd, void* out, size_t len) {
  return interrupts() || fails()
             ? -1
             : portres__disk_real.read(fd, out, is_stingy ? 1 : len);
}

static ssize_t failing_pwrite(int fd, const void* data, size_t len, off_t at) {
  return interrupts() || fails()
             ? -1
             : portres__disk_real.pwrite(fd, data, is_stingy ? 1 : len, at);
}

static int failing_chmod(int fd, mode_t mode) {
  return fails() ? -1 : portres__disk_real.chmod(fd, mode);
}

static int failing_sync(int fd) {
  (void)fd;
  return fails() ? -1 : 0;
}

static int failing_rename(int dir, const char* from, const char* to) {
  return fails() ? -1 : portres__disk_real.rename(dir, from, to);
}

static int failing_mkdir(int dir, const char* name, mode_t mode) {
  return fails() ? -1 : portres__disk_real.mkdir(dir, name, mode);
}

static int failing_lock(int fd) {
  return interrupts() || fails() ? -1 : portres__disk_real.lock(fd);
}

static void use_disk(void) {
  disk = portres__disk_real;
  disk.open = failing_open;
  disk.read = failing_read;
  disk.pwrite = failing_pwrite;
  disk.chmod = failing_chmod;
  disk.sync = failing_sync;
  disk.rename = failing_rename;
  disk.mkdir = failing_mkdir;
  disk.lock = failing_lock;
  portres__disk = &disk;
}

static int change(bool is_create) {
  portres_token token;
  return is_create ? store_create(SLOT, &token) : store_delete(SLOT);
}

struct fail_row {
  const char* name;
  int error;
  int status; /* of most calls */
};

static const struct fail_row fail_rows[] = {
    {"given ENOSPC of any call, then the store is old or new, and goes on",
     ENOSPC, PORTRES_EDISKFULL},
    {"given EDQUOT of any call, then the store is old or new, and goes on",
     EDQUOT, PORTRES_EDISKFULL},
    {"given EIO of any call, then the store is old or new, and goes on", EIO,
     PORTRES_ECORRUPT},
    {"given EROFS of any call, then the store is old or new, and goes on",
     EROFS, PORTRES_EACCES},
    {"given EMFILE of any call, then the store is old or new, and goes on",
     EMFILE, PORTRES_ENOBUFS},
    {"given ENOMEM of any call, then the store is old or new, and goes on",
     ENOMEM, PORTRES_ENOBUFS},
};

static void expect_next_writer(uint32_t state) {
  portres_token token;
  assert_int_equal(store_create(SPARE, &token), PORTRES_OK);
  assert_int_equal(store_refused(), state | 1u << SPARE);
  assert_int_equal(store_delete(SPARE), PORTRES_OK);
  assert_int_equal(store_refused(), state);
  assert_false(store_has("reservations.new"));
  assert_false(store_has("ports.new"));
}

/* What is known of the state when the change returned this. */
static void expect_state(int status, uint32_t old_state, uint32_t state) {
  uint32_t new_state = old_state ^ 1u << SLOT;
  assert_true(state == new_state ||
              (state == old_state && status != PORTRES_OK));
  assert_int_equal(store_refused() & state, state);
  expect_next_writer(state);
}

/* Fails at its first call, its second, and so on until there is none more. How
 * often it said the row's status. */
static unsigned fail_everywhere(const struct fail_row* row, bool is_create) {
  portres_token tokens[STORE_SLOTS] = {0};
  unsigned told = 0;
  for (unsigned number = 1;; number++) {
    uint32_t old_state = store_seen(tokens);
    calls = 0;
    fail_at = number;
    fail_with = row->error;
    int status = change(is_create);
    bool was_reached = calls >= fail_at;
    fail_at = 0;
    uint32_t state = store_seen(tokens);
    expect_state(status, old_state, state);
    assert_int_equal(state & KEPT, KEPT);
    told += status == row->status;
    if (state != old_state) {
      assert_int_equal(change(!is_create), PORTRES_OK);
      tokens[SLOT] = 0;
    }
    if (!was_reached) {
      assert_int_equal(status, PORTRES_OK);
      return told;
    }
  }
}

static void have_some(void) {
  portres_token token;
  store_clear();
  for (int i = 0; i < 3; i++) {
    assert_int_equal(store_create(i, &token), PORTRES_OK);
  }
}

static void check_fail(const void* data) {
  const struct fail_row* row = data;
  have_some();
  assert_true(fail_everywhere(row, true) > 5);
  portres_token token;
  assert_int_equal(store_create(SLOT, &token), PORTRES_OK);
  assert_true(fail_everywhere(row, false) > 5);
  store_clear();
}

static void check_stingy(void) {
  portres_token tokens[STORE_SLOTS] = {0};
  have_some();
  is_stingy = true;
  assert_int_equal(change(true), PORTRES_OK);
  assert_int_equal(store_seen(tokens), KEPT | 1 << SLOT);
  assert_int_equal(store_refused(), KEPT | 1 << SLOT);
  assert_int_equal(change(false), PORTRES_OK);
  is_stingy = false;
  assert_int_equal(store_seen((portres_token[STORE_SLOTS]){0}), KEPT);
  assert_int_equal(store_refused(), KEPT);
  store_clear();
}

/* A bind that has to ask the store, and cannot: what the ports say holds. */
static void check_recheck(void) {
  struct store_slot slot = store_slot(0);
  portres_token token;
  portres_token other;
  store_clear();
  assert_int_equal(store_create(0, &token), PORTRES_OK);
  int s = net_socket((int)slot.protocol, NET_V4);
  assert_int_equal(portres_associate(s, token), PORTRES_OK);
  assert_int_equal(store_create(SPARE, &other), PORTRES_OK);
  calls = 0;
  fail_at = 1;
  fail_with = EMFILE;
  int error = net_bind_any(s, 0);
  bool has_asked = calls > 0;
  fail_at = 0;
  assert_true(has_asked);
  assert_int_equal(error, 0);
  net_close(s);
  store_clear();
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  use_disk();
  TABLE_ADD(fail_rows, check_fail);
  table_add_one(
      "given one byte at a time, and interruptions, then a change is made",
      check_stingy);
  table_add_one(
      "given a member, when the store cannot be asked whether its token lives, "
      "then it binds by what the ports say",
      check_recheck);
  return table_run("store_fail");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
