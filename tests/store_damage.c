/* A store that is damaged, foreign or full: a clear error, and the files are
 * as they were. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "store_support.h"

enum { FOREIGNER = 12345, FEW = 4 };

static portres_token tokens[STORE_SLOTS];

/* A few reservations, and what the directory holds then. */
static struct store_image begin(void) {
  store_clear();
  for (int i = 0; i < FEW; i++) {
    assert_int_equal(store_create(i, &tokens[i]), PORTRES_OK);
  }
  return store_save();
}

/* Put right again, it is the store that it was: nothing is lost. */
static void end(struct store_image* image) {
  portres_token found[STORE_SLOTS];
  memcpy(found, tokens, sizeof found);
  store_restore(image);
  assert_int_equal(store_seen(found), (1 << FEW) - 1);
  store_free(image);
  store_clear();
}

static int ignore(const struct portres_info* info, void* arg) {
  (void)info, (void)arg;
  return 0;
}

static int associate(portres_token token) {
  int s = net_socket(IPPROTO_TCP, NET_V4);
  int status = portres_associate(s, token);
  net_close(s);
  return status;
}

static int describe(portres_token token) {
  struct portres_info info = {.size = sizeof info};
  return portres_describe(token, &info);
}

static void expect_writers(int status) {
  portres_token token = 77;
  assert_int_equal(store_create(FEW, &token), status);
  assert_int_equal(store_delete(0), status);
  assert_true(token == 77);
}

static void expect_readers(int status) {
  portres_token token;
  struct store_slot slot = store_slot(0);
  assert_int_equal(portres_persistent_lookup(slot.protocol, slot.range, &token),
                   status);
  assert_int_equal(describe(tokens[0]), status);
  assert_int_equal(portres_list(ignore, NULL), status);
}

static void expect_refused(void) {
  expect_readers(PORTRES_ECORRUPT);
  expect_writers(PORTRES_ECORRUPT);
  assert_int_equal(associate(tokens[0]), PORTRES_ECORRUPT);
}

/* --- The text --- */

static void expect_text_refused(const char* text, size_t len) {
  store_write("reservations", text, len);
  struct store_image image = store_save();
  expect_refused();
  store_expect_unchanged(&image);
  store_free(&image);
}

static void check_truncated(void) {
  struct store_image image = begin();
  size_t len;
  char* text = store_read("reservations", &len);
  assert_non_null(text);
  for (size_t cut = 0; cut < len; cut++) {
    expect_text_refused(text, cut);
  }
  free(text);
  end(&image);
}

static void check_changed(void) {
  struct store_image image = begin();
  size_t len;
  char* text = store_read("reservations", &len);
  assert_non_null(text);
  for (size_t i = 0; i < len; i++) {
    const char was = text[i];
    text[i] = (char)(was ^ 1 << i % 7);
    expect_text_refused(text, len);
    text[i] = was;
  }
  free(text);
  end(&image);
}

struct text_row {
  const char* name;
  const char* text;
  size_t len;
};

#define TEXT(name, text) \
  { "given " name ", then every call is ECORRUPT", text, sizeof(text) - 1 }

static const struct text_row text_rows[] = {
    TEXT("an empty text", ""),
    TEXT("a text of a newer version", "portres-store 2\ngeneration 1\n"),
    TEXT("something else", "# my notes\n"),
    TEXT("a line without end",
         "portres-store 1                                                    "
         "                                                                   "
         "                                                                   "),
    TEXT("zeroes", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    TEXT("no last line",
         "portres-store 1\ngeneration 1\nsalt 00000000000000000000000000000000"
         "\n"),
    TEXT("a wrong checksum",
         "portres-store 1\ngeneration 1\nsalt 00000000000000000000000000000000"
         "\nend 0 0000000000000000\n"),
    TEXT("ports past the last one",
         "portres-store 1\ngeneration 1\nsalt 00000000000000000000000000000000"
         "\ntcp 65535 2 1 2026-11-22T00:00:00Z\n"),
    TEXT("a number past all bounds",
         "portres-store 1\ngeneration 99999999999999999999999\n"),
};

static void check_text(const void* data) {
  const struct text_row* row = data;
  struct store_image image = begin();
  expect_text_refused(row->text, row->len);
  end(&image);
}

static void check_text_and_more(void) {
  struct store_image image = begin();
  size_t len;
  char* text = store_read("reservations", &len);
  text = realloc(text, len + 2);
  assert_non_null(text);
  text[len] = '\n';
  expect_text_refused(text, len + 1);
  free(text);
  end(&image);
}

/* --- What lies in the place of a file --- */

static void lay_link(const char* name) {
  char moved[256];
  snprintf(moved, sizeof moved, "%s", store_path("aside"));
  assert_int_equal(rename(store_path(name), moved), 0);
  assert_int_equal(symlink("aside", store_path(name)), 0);
}

static void lay_dangling_link(const char* name) {
  assert_int_equal(unlink(store_path(name)), 0);
  assert_int_equal(symlink("nowhere", store_path(name)), 0);
}

static void lay_directory(const char* name) {
  assert_int_equal(unlink(store_path(name)), 0);
  assert_int_equal(mkdir(store_path(name), 0755), 0);
}

static void lay_pipe(const char* name) {
  assert_int_equal(unlink(store_path(name)), 0);
  assert_int_equal(mkfifo(store_path(name), 0644), 0);
}

static void lay_foreign(const char* name) {
  if (geteuid() != 0) {
    table_skip("only root can give a file away");
  }
  assert_int_equal(chown(store_path(name), FOREIGNER, 0), 0);
}

static void lay_open(const char* name) {
  assert_int_equal(chmod(store_path(name), 0666), 0);
}

struct place_row {
  const char* name;
  const char* file;
  void (*lay)(const char* name);
  bool are_readers_refused;
};

#define PLACE(what, lay)                                                      \
  {"given " what " for the text, then all is ECORRUPT and untouched",         \
   "reservations", lay, true},                                                \
      {"given " what " for the lock, then a writer is ECORRUPT", "lock", lay, \
       false},                                                                \
  {                                                                           \
    "given " what " for the ports, then a writer is ECORRUPT", "ports", lay,  \
        false                                                                 \
  }

static const struct place_row place_rows[] = {
    PLACE("a symbolic link", lay_link),
    PLACE("a link to nowhere", lay_dangling_link),
    PLACE("a directory", lay_directory),
    PLACE("a pipe", lay_pipe),
    PLACE("a file of another user", lay_foreign),
    PLACE("a file that anybody may write", lay_open),
};

static void expect_same_place(const char* name, const struct stat* before) {
  struct stat after;
  assert_int_equal(lstat(store_path(name), &after), 0);
  assert_int_equal(after.st_ino, before->st_ino);
  assert_int_equal(after.st_mode, before->st_mode);
  assert_int_equal(after.st_mtim.tv_nsec, before->st_mtim.tv_nsec);
}

static void check_place(const void* data) {
  const struct place_row* row = data;
  struct stat before;
  struct store_image image = begin();
  row->lay(row->file);
  assert_int_equal(lstat(store_path(row->file), &before), 0);
  expect_writers(PORTRES_ECORRUPT);
  expect_readers(row->are_readers_refused ? PORTRES_ECORRUPT : PORTRES_OK);
  expect_same_place(row->file, &before);
  end(&image);
}

/* --- The directory --- */

static void check_directory_link(void) {
  char aside[256];
  struct store_image image = begin();
  snprintf(aside, sizeof aside, "%s-aside", store_dir());
  assert_int_equal(rename(store_dir(), aside), 0);
  assert_int_equal(symlink(aside, store_dir()), 0);
  expect_refused();
  assert_int_equal(unlink(store_dir()), 0);
  assert_int_equal(rename(aside, store_dir()), 0);
  store_expect_unchanged(&image);
  end(&image);
}

static void check_directory_of_all(void) {
  struct store_image image = begin();
  assert_int_equal(chmod(store_dir(), 0777), 0);
  expect_refused();
  assert_int_equal(chmod(store_dir(), 01777), 0);
  expect_readers(PORTRES_OK);
  store_expect_unchanged(&image);
  end(&image);
}

static void check_directory_foreign(void) {
  struct store_image image = begin();
  if (geteuid() != 0) {
    table_skip("only root can give a directory away");
  }
  assert_int_equal(chown(store_dir(), FOREIGNER, 0), 0);
  expect_refused();
  assert_int_equal(chown(store_dir(), 0, 0), 0);
  store_expect_unchanged(&image);
  end(&image);
}

static void check_directory_file(void) {
  store_clear();
  int fd = open(store_dir(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  close(fd);
  expect_refused();
  assert_int_equal(unlink(store_dir()), 0);
}

static void check_read_only(void) {
  struct store_image image = begin();
  assert_int_equal(chmod(store_dir(), 0555), 0);
  expect_writers(PORTRES_EACCES);
  expect_readers(PORTRES_OK);
  assert_int_equal(associate(tokens[0]), PORTRES_EACCES);
  store_expect_unchanged(&image);
  assert_int_equal(chmod(store_dir(), 0755), 0);
  end(&image);
}

/* --- The ports, which follow from the text --- */

struct ports_row {
  const char* name;
  size_t len;
  char fill;
};

static const struct ports_row ports_rows[] = {
    {"given no byte of ports, then a bind is not harmed, and the next writer "
     "makes them anew",
     0, 0},
    {"given half the ports, then a bind is not harmed, and the next writer "
     "makes them anew",
     8000, 0},
    {"given ports of another format, then a bind is not harmed, and the next "
     "writer makes them anew",
     16448, 'x'},
    {"given ports that are too many, then a bind is not harmed, and the next "
     "writer makes them anew",
     20000, 0},
};

static int bind_slot(int index) {
  struct store_slot slot = store_slot(index);
  int s = net_socket((int)slot.protocol, NET_V4);
  int error = net_bind_any(s, slot.range.start);
  net_close(s);
  return error;
}

static void check_ports(const void* data) {
  const struct ports_row* row = data;
  static char bytes[20000];
  portres_token token;
  struct store_image image = begin();
  assert_int_equal(bind_slot(0), EACCES);
  memset(bytes, row->fill, sizeof bytes);
  assert_int_equal(unlink(store_path("ports")), 0);
  store_write("ports", bytes, row->len);
  expect_readers(PORTRES_OK);
  bind_slot(0);
  assert_int_equal(store_create(FEW, &token), PORTRES_OK);
  assert_int_equal(bind_slot(0), EACCES);
  assert_int_equal(bind_slot(FEW), EACCES);
  assert_int_equal(store_refused(), (1 << (FEW + 1)) - 1);
  end(&image);
}

/* --- A full disk --- */

/* The kernel says it with a signal that would end this program, too. */
static void check_file_size(void) {
  struct rlimit old;
  struct store_image image = begin();
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  const struct rlimit tight = {100, old.rlim_max};
  signal(SIGXFSZ, SIG_DFL); /* meson has it ignored */
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  portres_token token = 77;
  int create_status = store_create(FEW, &token);
  int delete_status = store_delete(0);
  int read_status = describe(tokens[0]);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(create_status, PORTRES_EDISKFULL);
  assert_int_equal(delete_status, PORTRES_EDISKFULL);
  assert_int_equal(read_status, PORTRES_OK);
  assert_false(store_has("reservations.new"));
  assert_int_equal(store_seen(tokens), (1 << FEW) - 1);
  assert_int_equal(bind_slot(FEW), 0);
  assert_int_equal(bind_slot(0), EACCES);
  end(&image);
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one(
      "given a text cut off at any byte, then every call is ECORRUPT and "
      "nothing is touched",
      check_truncated);
  table_add_one(
      "given a text with any byte changed, then every call is ECORRUPT and "
      "nothing is touched",
      check_changed);
  table_add_one("given a text with more behind it, then every call is ECORRUPT",
                check_text_and_more);
  TABLE_ADD(text_rows, check_text);
  TABLE_ADD(place_rows, check_place);
  table_add_one("given a symbolic link for the directory, then all is ECORRUPT",
                check_directory_link);
  table_add_one(
      "given a directory that anybody may write, then all is ECORRUPT, unless "
      "it is sticky",
      check_directory_of_all);
  table_add_one("given a directory of another user, then all is ECORRUPT",
                check_directory_foreign);
  table_add_one("given a file for the directory, then all is ECORRUPT",
                check_directory_file);
  table_add_one(
      "given a directory that is read-only, then writers are EACCES, readers "
      "read and nothing is touched",
      check_read_only);
  TABLE_ADD(ports_rows, check_ports);
  table_add_one(
      "given files that cannot grow, then create and delete are EDISKFULL, and "
      "nothing is lost",
      check_file_size);
  return table_run("store_damage");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
