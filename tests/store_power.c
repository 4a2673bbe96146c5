/* The power fails while the store is being changed. Of what was not synced the
 * disk keeps what it likes: each write whole, in part or not at all, each
 * change of the directory or not. What is found afterwards is the old state or
 * the new one; and the new one, once the call has returned.
 *
 * A change is made once, and its system calls are noted. Then, for each moment
 * of it, disks are made up that a power cut may have left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_posix.h"
#include "store_support.h"

enum {
  NOTES = 64,
  FILES = 16,
  FILE_SIZE = 20000,
  DRAWS = 12, /* disks made up for one moment */
  CHANGES = 40,
  SPARE = STORE_SLOTS - 1
};

/* --- What was done --- */

enum kind { WRITE, SYNC, CREATE, RENAME, UNLINK };

struct note {
  enum kind kind;
  ino_t file; /* or the directory, of a SYNC */
  char name[STORE_NAME];
  char to[STORE_NAME];
  char* data;
  size_t len;
  off_t at;
};

static struct note notes[NOTES];
static int note_count;
static ino_t directory; /* while they were noted */
static struct portres__disk disk;
static unsigned seed = 4711;

static unsigned dice(unsigned sides) {
  seed = seed * 1103515245 + 12345;
  return seed / 65536 % sides;
}

static ino_t file_of(int fd) {
  struct stat facts;
  assert_int_equal(fstat(fd, &facts), 0);
  return facts.st_ino;
}

static struct note* add_note(enum kind kind, ino_t file, const char* name) {
  assert_true(note_count < NOTES);
  struct note* note = &notes[note_count++];
  *note = (struct note){.kind = kind, .file = file};
  snprintf(note->name, sizeof note->name, "%s", name);
  return note;
}

static void forget_notes(void) {
  for (int i = 0; i < note_count; i++) {
    free(notes[i].data);
  }
  note_count = 0;
}

static int noting_open(int dir, const char* name, int flags, mode_t mode) {
  struct stat facts;
  bool is_there = portres__disk_real.stat(dir, name, &facts) == 0;
  int fd = portres__disk_real.open(dir, name, flags, mode);
  if (fd >= 0 && !is_there) {
    add_note(CREATE, file_of(fd), name);
  }
  return fd;
}

static ssize_t noting_pwrite(int fd, const void* data, size_t len, off_t at) {
  struct note* note = add_note(WRITE, file_of(fd), "");
  note->data = malloc(len);
  assert_non_null(note->data);
  memcpy(note->data, data, len);
  note->len = len;
  note->at = at;
  return portres__disk_real.pwrite(fd, data, len, at);
}

static int noting_sync(int fd) {
  add_note(SYNC, file_of(fd), "");
  return 0;
}

static int noting_rename(int dir, const char* from, const char* to) {
  struct stat facts;
  assert_int_equal(portres__disk_real.stat(dir, from, &facts), 0);
  struct note* note = add_note(RENAME, facts.st_ino, from);
  snprintf(note->to, sizeof note->to, "%s", to);
  return portres__disk_real.rename(dir, from, to);
}

static int noting_unlink(int dir, const char* name) {
  int result = portres__disk_real.unlink(dir, name);
  if (result == 0) {
    add_note(UNLINK, 0, name);
  }
  return result;
}

static void note_calls(bool is_on) {
  disk = portres__disk_real;
  disk.sync = noting_sync; /* never asked in earnest: the disk is made up */
  if (is_on) {
    disk.open = noting_open;
    disk.pwrite = noting_pwrite;
    disk.rename = noting_rename;
    disk.unlink = noting_unlink;
  }
  portres__disk = &disk;
}

/* --- A disk that is made up --- */

struct file {
  ino_t number;          /* 0: no file */
  char name[STORE_NAME]; /* empty: it has none */
  char data[FILE_SIZE];
  size_t len;
};

struct platter {
  struct file files[FILES];
};

static struct file* find(struct platter* platter, ino_t number) {
  for (int i = 0; i < FILES; i++) {
    if (platter->files[i].number == number) {
      return &platter->files[i];
    }
  }
  fail_msg("%s", "no such file");
  return NULL;
}

static void unname(struct platter* platter, const char* name) {
  for (int i = 0; i < FILES; i++) {
    if (strcmp(platter->files[i].name, name) == 0) {
      platter->files[i].name[0] = '\0';
    }
  }
}

static void write_to(struct file* file, const struct note* note, size_t len) {
  size_t end = (size_t)note->at + len;
  assert_true(end <= FILE_SIZE);
  memcpy(file->data + note->at, note->data, len);
  file->len = end > file->len ? end : file->len;
}

/* All of it, a part, or the length alone, with zeroes for data. */
static void write_or_tear(struct file* file, const struct note* note) {
  switch (dice(4)) {
    case 0:
      break;
    case 1:
      write_to(file, note, note->len);
      break;
    case 2:
      write_to(file, note, dice((unsigned)note->len + 1));
      break;
    default:
      if ((size_t)note->at + note->len > file->len) {
        file->len = (size_t)note->at + note->len;
      }
  }
}

static void rename_on(struct platter* platter, const struct note* note) {
  unname(platter, note->to);
  snprintf(find(platter, note->file)->name, STORE_NAME, "%s", note->to);
}

static void change_names(struct platter* platter, const struct note* note) {
  switch (note->kind) {
    case CREATE:
      snprintf(find(platter, note->file)->name, STORE_NAME, "%s", note->name);
      break;
    case RENAME:
      rename_on(platter, note);
      break;
    case UNLINK:
      unname(platter, note->name);
      break;
    default:
      break;
  }
}

/* Whether a sync that came in time has made this note last. A write lasts by a
 * sync of its file, a name by one of the directory. */
static bool is_lasting(int index, int moment) {
  const struct note* note = &notes[index];
  ino_t wanted = note->kind == WRITE ? note->file : directory;
  for (int i = index + 1; i < moment; i++) {
    if (notes[i].kind == SYNC && notes[i].file == wanted) {
      return true;
    }
  }
  return false;
}

static void make_up(struct platter* platter, int moment) {
  for (int i = 0; i < moment; i++) {
    const struct note* note = &notes[i];
    bool lasts = is_lasting(i, moment);
    if (note->kind == WRITE) {
      struct file* file = find(platter, note->file);
      if (lasts) {
        write_to(file, note, note->len);
      } else {
        write_or_tear(file, note);
      }
    } else if (note->kind != SYNC && (lasts || dice(2) == 0)) {
      change_names(platter, note);
    }
  }
}

/* What is on it before the change, and room for the files that it makes. */
static void begin(struct platter* platter) {
  struct store_image image = store_save();
  struct stat facts;
  int count = 0;
  assert_int_equal(stat(store_dir(), &facts), 0);
  directory = facts.st_ino;
  memset(platter, 0, sizeof *platter);
  for (; count < image.count; count++) {
    struct file* file = &platter->files[count];
    assert_int_equal(stat(store_path(image.files[count].name), &facts), 0);
    file->number = facts.st_ino;
    assert_true(image.files[count].len <= FILE_SIZE);
    snprintf(file->name, sizeof file->name, "%s", image.files[count].name);
    memcpy(file->data, image.files[count].data, image.files[count].len);
    file->len = image.files[count].len;
  }
  store_free(&image);
}

static void add_made(struct platter* platter) {
  int count = 0;
  while (platter->files[count].number != 0) {
    count++;
  }
  for (int i = 0; i < note_count; i++) {
    if (notes[i].kind == CREATE) {
      assert_true(count < FILES);
      platter->files[count++].number = notes[i].file;
    }
  }
}

static void put_in_place(const struct platter* platter) {
  store_clear();
  assert_int_equal(mkdir(store_dir(), 0755), 0);
  for (int i = 0; i < FILES; i++) {
    if (platter->files[i].name[0] != '\0') {
      store_write(platter->files[i].name, platter->files[i].data,
                  platter->files[i].len);
    }
  }
}

/* --- Power cuts --- */

struct history {
  uint32_t state;
  portres_token tokens[STORE_SLOTS];
  unsigned points;
  unsigned news;
};

static void expect_next_writer(uint32_t state) {
  portres_token token;
  assert_int_equal(store_create(SPARE, &token), PORTRES_OK);
  assert_int_equal(store_refused(), state | 1u << SPARE);
  assert_int_equal(store_delete(SPARE), PORTRES_OK);
  assert_int_equal(store_refused(), state);
}

static void cut_at(struct history* history,
                   const struct platter* before,
                   int moment,
                   uint32_t new_state) {
  static struct platter after;
  portres_token tokens[STORE_SLOTS];
  int kept = note_count;
  memcpy(tokens, history->tokens, sizeof tokens);
  after = *before;
  make_up(&after, moment);
  put_in_place(&after);
  uint32_t state = store_seen(tokens);
  assert_true(state == new_state || (state == history->state && moment < kept));
  assert_int_equal(store_refused() & state, state);
  expect_next_writer(state);
  assert_int_equal(store_seen(tokens), state);
  history->points++;
  history->news += state == new_state;
  note_count = kept; /* syncs of the next writer are noted as well */
}

static void cut_everywhere(struct history* history, int slot) {
  static struct platter before;
  portres_token token;
  bool is_create = (history->state >> slot & 1) == 0;
  uint32_t new_state = history->state ^ 1u << slot;
  forget_notes();
  begin(&before);
  note_calls(true);
  int status = is_create ? store_create(slot, &token) : store_delete(slot);
  note_calls(false);
  assert_int_equal(status, PORTRES_OK);
  add_made(&before);
  struct store_image done = store_save();
  for (int moment = 0; moment <= note_count; moment++) {
    for (int i = 0; i < DRAWS; i++) {
      cut_at(history, &before, moment, new_state);
    }
  }
  store_restore(&done);
  store_free(&done);
  history->tokens[slot] = 0;
  history->state = store_seen(history->tokens);
  assert_int_equal(history->state, new_state);
}

static void check_power_cuts(void) {
  struct history history = {.state = 0};
  store_clear();
  assert_int_equal(mkdir(store_dir(), 0755), 0);
  note_calls(false);
  for (int i = 0; i < CHANGES; i++) {
    cut_everywhere(&history, (int)dice(SPARE));
  }
  forget_notes();
  print_message("# %u power cuts, %u of them kept the new state\n",
                history.points, history.news);
  assert_true(history.points >= 1000);
  assert_true(history.news > history.points / 20);
  assert_true(history.news < history.points);
  store_clear();
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one(
      "given creates and deletes, when the power is cut at any moment and the "
      "disk keeps what it likes of what was not synced, then the store is the "
      "old or the new one, and the new one after the return",
      check_power_cuts);
  return table_run("store_power");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
