/* The runtime directory and the ledger in it: missing, not to be trusted, full,
 * removed, damaged, or of another version. What is not ours is left alone, and
 * acquire says why it does not share. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_support.h"

static const struct portres_range two = {0, 2};

/* What an acquire here says; the block is gone then. */
static int try_acquire(void) {
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  int status = shared_acquire(s, two, &granted);
  net_close(s);
  return status;
}

/* --- The directory --- */

static void put_nothing(void) {
}

static void put_closed(void) {
  assert_int_equal(mkdir(shared_dir(), 0755), 0);
}

static void put_open(void) {
  assert_int_equal(mkdir(shared_dir(), 0700), 0);
  assert_int_equal(chmod(shared_dir(), 01777), 0);
}

static void put_group(void) {
  assert_int_equal(mkdir(shared_dir(), 0700), 0);
  assert_int_equal(chmod(shared_dir(), 0770), 0);
}

static void put_link(void) {
  char target[256];
  snprintf(target, sizeof target, "%s/target", shared_folder());
  mkdir(target, 0700);
  assert_int_equal(symlink(target, shared_dir()), 0);
}

static void put_file(void) {
  int fd = open(shared_dir(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  close(fd);
}

static void put_anothers(void) {
  assert_int_equal(mkdir(shared_dir(), 0700), 0);
  assert_int_equal(chown(shared_dir(), geteuid() + 1, (gid_t)-1), 0);
}

struct dir_row {
  const char* name;
  void (*put)(void);
  int status;
};

static const struct dir_row dir_rows[] = {
    {"given no runtime directory, then acquire makes it", put_nothing, 0},
    {"given one that others may read, then it serves", put_closed, 0},
    {"given one that anybody may write, then ECORRUPT", put_open,
     PORTRES_ECORRUPT},
    {"given one that its group may write, then ECORRUPT", put_group,
     PORTRES_ECORRUPT},
    {"given a symbolic link, then ECORRUPT", put_link, PORTRES_ECORRUPT},
    {"given a file, then ECORRUPT", put_file, PORTRES_ECORRUPT},
    {"given one of another user, then ECORRUPT", put_anothers,
     PORTRES_ECORRUPT},
};

static void check_dir(const void* data) {
  const struct dir_row* row = data;
  struct stat before = {0};
  struct stat after = {0};
  shared_clear();
  row->put();
  lstat(shared_dir(), &before);
  assert_int_equal(try_acquire(), row->status);
  assert_int_equal(lstat(shared_dir(), &after), 0);
  if (row->status != 0) {
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    assert_null(shared_ledger());
  } else {
    assert_int_equal(after.st_mode & 022, 0);
    assert_non_null(shared_ledger());
  }
  unlink(shared_dir());
  shared_clear();
}

/* Whatever the umask, nobody else gets at it, and its owner does. */
static void check_mode(void) {
  struct stat facts;
  mode_t saved = umask(0);
  shared_clear();
  assert_int_equal(try_acquire(), 0);
  assert_int_equal(stat(shared_dir(), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0700);
  assert_int_equal(stat(shared_ledger(), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0600);
  umask(0777);
  shared_clear();
  assert_int_equal(try_acquire(), 0);
  assert_int_equal(try_acquire(), 0);
  umask(saved);
}

static void check_read_only(void) {
  shared_clear();
  assert_int_equal(mkdir(shared_dir(), 0500), 0);
  assert_int_equal(try_acquire(), PORTRES_EACCES);
  shared_clear();
}

/* Who does not share is not concerned. */
static void check_process(void) {
  struct portres_reservation granted;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  shared_clear();
  put_file();
  assert_int_equal(contract_acquire(s, 0, 2, &granted), 0);
  net_close(s);
  unlink(shared_dir());
}

/* --- Shortages --- */

static int peer_after(enum shared_act act, uint16_t count, int protocol) {
  struct shared_peer peer = shared_peer(SHARED_STARTED);
  struct shared_request request = {act, 0, {0, count}, 0};
  int error = shared_ask(&peer, request).status;
  int status =
      error == 0 ? shared_peer_acquire(&peer, protocol, two) : PORTRES_EINVAL;
  /* It is none the worse for it: without sharing it goes on. */
  request = (struct shared_request){SHARED_ACQUIRE, protocol, two, 0};
  int plain = shared_ask(&peer, request).status;
  shared_quit(&peer);
  if (error != 0) {
    table_skip("no mount namespace of its own");
  }
  assert_int_equal(plain, act == SHARED_LIMIT ? PORTRES_ENOTSOCK : 0);
  return status;
}

static void check_full(void) {
  shared_clear();
  assert_int_equal(peer_after(SHARED_MOUNT, 4, IPPROTO_TCP), PORTRES_EDISKFULL);
}

/* Room for the ledger, and for no record. */
static void check_full_record(void) {
  shared_clear();
  assert_int_equal(peer_after(SHARED_MOUNT, 9, IPPROTO_TCP), PORTRES_EDISKFULL);
}

static void check_file_limit(void) {
  shared_clear();
  assert_int_equal(peer_after(SHARED_FILE_LIMIT, 8192, IPPROTO_UDP),
                   PORTRES_EDISKFULL);
}

/* Each number of descriptors that is too few, until it is enough. */
static void check_descriptors(void) {
  struct rlimit_free {
    int status;
  } last = {-1};
  int open_now = table_open_descriptors();
  for (int extra = 1; extra < 8 && last.status != 0; extra++) {
    struct shared_peer peer = shared_peer(SHARED_FORKED);
    struct shared_request limit = {
        SHARED_LIMIT, 0, {0, (uint16_t)(open_now + 3 + extra)}, 0};
    assert_int_equal(shared_ask(&peer, limit).status, 0);
    last.status = shared_peer_acquire(&peer, IPPROTO_TCP, two);
    shared_quit(&peer);
    assert_true(last.status == 0 || last.status == PORTRES_ENOBUFS ||
                last.status == PORTRES_ENOTSOCK);
  }
  assert_int_equal(last.status, 0);
}

/* --- Removed under us --- */

static void check_removed(void) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct contract_block first;
  struct contract_block second;
  shared_clear();
  first = shared_block(IPPROTO_TCP, 4);
  shared_clear();
  second = shared_block(IPPROTO_UDP, 4);
  assert_int_equal(shared_peer_acquire(&peer, IPPROTO_TCP,
                                       (struct portres_range){first.start, 1}),
                   PORTRES_EADDRINUSE);
  assert_int_equal(shared_peer_acquire(&peer, IPPROTO_UDP,
                                       (struct portres_range){second.start, 1}),
                   PORTRES_EADDRINUSE);
  contract_end(&first);
  contract_end(&second);
  assert_int_equal(shared_peer_acquire(&peer, IPPROTO_TCP,
                                       (struct portres_range){first.start, 1}),
                   0);
  shared_quit(&peer);
}

/* --- Another user --- */

/* What a process has stays its own; what it would have as another user is kept
 * in that one's directory, which this is not. */
static void check_user(void) {
  struct shared_peer peer = shared_peer(SHARED_FORKED);
  struct shared_request acquire = {SHARED_ACQUIRE, IPPROTO_TCP, two,
                                   PORTRES_SCOPE_SHARED};
  struct shared_request set_user = {SHARED_SET_USER, 0, {0, 0}, 0};
  struct shared_request close_it = {SHARED_CLOSE, 0, {0, 0}, 0};
  shared_clear();
  struct shared_answer answer = shared_ask(&peer, acquire);
  struct portres_reservation granted;
  assert_int_equal(answer.status, 0);
  int error = shared_ask(&peer, set_user).status;
  int s = net_socket(IPPROTO_TCP, NET_V4);
  int before = shared_acquire(s, answer.range, &granted);
  int more = shared_ask(&peer, acquire).status;
  assert_int_equal(shared_ask(&peer, close_it).status, 0);
  if (more == 0) {
    assert_int_equal(shared_ask(&peer, close_it).status, 0);
  }
  int after = shared_acquire(s, answer.range, &granted);
  int anew = shared_ask(&peer, acquire).status;
  net_close(s);
  shared_quit(&peer);
  if (error != 0) {
    table_skip("no right to change the user");
  }
  assert_int_equal(before, PORTRES_EADDRINUSE);
  assert_int_equal(more, 0);
  assert_int_equal(after, 0);
  assert_int_equal(anew, PORTRES_ECORRUPT);
}

/* --- The ledger --- */

static void write_at(const char* path, long at, const void* data, size_t len) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, data, len, at), len);
  close(fd);
}

enum { VERSION_AT = 16 };

static void make_ledger(void) {
  shared_clear();
  assert_int_equal(try_acquire(), 0);
}

static void check_damaged(void) {
  struct stat before;
  struct stat after;
  make_ledger();
  write_at(shared_ledger(), 0, "PORTRES", 7);
  assert_int_equal(stat(shared_ledger(), &before), 0);
  assert_int_equal(try_acquire(), PORTRES_ECORRUPT);
  assert_int_equal(stat(shared_ledger(), &after), 0);
  assert_int_equal(after.st_ino, before.st_ino);
  assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

static void check_short(void) {
  make_ledger();
  assert_int_equal(truncate(shared_ledger(), 8192), 0);
  assert_int_equal(try_acquire(), PORTRES_ECORRUPT);
}

static void check_linked(void) {
  char path[256];
  char target[256];
  make_ledger();
  snprintf(path, sizeof path, "%s", shared_ledger());
  snprintf(target, sizeof target, "%s/elsewhere", shared_folder());
  assert_int_equal(rename(path, target), 0);
  assert_int_equal(symlink(target, path), 0);
  assert_int_equal(try_acquire(), PORTRES_ECORRUPT);
  unlink(target);
}

/* One of the next version, whose owner lives; and then not. */
static void check_version(void) {
  const uint32_t next = 2;
  struct flock lock = {.l_type = F_WRLCK, .l_start = 60000, .l_len = 1};
  make_ledger();
  write_at(shared_ledger(), VERSION_AT, &next, sizeof next);
  int owner = open(shared_ledger(), O_RDWR | O_CLOEXEC);
  assert_int_equal(fcntl(owner, F_OFD_SETLK, &lock), 0);
  assert_int_equal(try_acquire(), PORTRES_EOPNOTSUPP);
  close(owner);
  assert_int_equal(try_acquire(), 0);
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(dir_rows, check_dir);
  table_add_one("given any umask, then what is made is its owner's alone",
                check_mode);
  table_add_one("given a directory that is read-only, then EACCES",
                check_read_only);
  table_add_one(
      "given a bad directory, when a process does not share, then "
      "it is not concerned",
      check_process);
  table_add_one("given a full file system, then EDISKFULL", check_full);
  table_add_one("given a file system with room for no record, then EDISKFULL",
                check_full_record);
  table_add_one("given a limit on files, then EDISKFULL and no signal",
                check_file_limit);
  table_add_one("given too few descriptors, then ENOBUFS", check_descriptors);
  table_add_one(
      "given blocks whose directory was removed, when their owner "
      "acquires again, then all are told of all",
      check_removed);
  table_add_one(
      "given a block whose owner changes its user, then the owner "
      "has it until its end, and no directory afterwards",
      check_user);
  table_add_one("given a damaged ledger, then ECORRUPT and it is left alone",
                check_damaged);
  table_add_one("given a ledger that was cut, then ECORRUPT", check_short);
  table_add_one("given a symbolic link for a ledger, then ECORRUPT",
                check_linked);
  table_add_one(
      "given a ledger of another version, then EOPNOTSUPP while a "
      "block of it is in use",
      check_version);
  return contract_run("shared_dir");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
