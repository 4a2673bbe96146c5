/* Two threads on one socket: one ends a descriptor while the other binds or
 * copies. Whichever comes first, afterwards the books are right: a port is
 * used while a descriptor is open, and free when none is.
 *
 * The kernel gives a number out again the moment it is closed, before close()
 * has returned; each row runs many rounds to meet that moment. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"
#include "life_support.h"

enum { WATCHDOG_SECONDS = 60, TURNS = 20 };
static const double row_seconds = 0.2;

static struct hook_block block;
static int victim; /* what the first thread ends */
static int source; /* another descriptor of the same socket */
static int result; /* what the second thread made, or its errno */
static int ends[2];
static struct hook_block second_block;
static int error_after;   /* of a bind by the first thread, after the end */
static unsigned dallying; /* seed */

struct row {
  const char* name;
  void (*prepare)(void);
  void (*end)(void);   /* the first thread */
  void (*meet)(void);  /* the second one */
  int (*settle)(void); /* 0, or a line: both threads must end */
};

/* --- A bind meets the end --- */

static void prepare_unbound(void) {
  victim = hook_member(&block);
}

static void end_by_close(void) {
  close(victim);
}

static void end_by_syscall(void) {
  syscall(SYS_close, victim);
}

static void end_by_close_range(void) {
  close_range((unsigned)victim, (unsigned)victim, 0);
}

/* A bind that comes too late binds the stranger, with the port of the block. */
static void end_by_dup2(void) {
  const int stranger = socket(AF_INET, SOCK_STREAM, 0);
  dup2(stranger, victim);
  close(stranger);
}

static void end_by_copy(void) {
  const int copy = dup(victim);
  close(victim);
  if (copy >= 0) {
    close(copy);
  }
}

static void meet_by_bind(void) {
  result = hook_bind(victim);
}

static int settle_bind(void) {
  HOOK_CLAIM(result == 0 || result == EBADF || result == ENOBUFS);
  return 0;
}

static int settle_stranger(void) {
  HOOK_CLAIM(close(victim) == 0);
  return settle_bind();
}

/* --- A bind meets the end of its descriptor, and the socket has another --- */

static void prepare_copied(void) {
  victim = hook_member(&block);
  source = dup(victim);
  assert_true(source >= 0);
}

static int flag_of(int s, int name) {
  int value = -1;
  socklen_t value_len = sizeof value;
  getsockopt(s, SOL_SOCKET, name, &value, &value_len);
  return value;
}

/* What scope machine lends it for a moment, it has no more. */
static int settle_untouched(void) {
  struct stat status;
  HOOK_CLAIM(fstat(source, &status) == 0 && status.st_uid == geteuid());
  HOOK_CLAIM(flag_of(source, SO_BINDTOIFINDEX) == 0);
  HOOK_CLAIM(flag_of(source, SO_REUSEPORT) == 0);
  HOOK_CLAIM(flag_of(source, SO_REUSEADDR) == 0);
  HOOK_CLAIM(close(source) == 0);
  HOOK_CLAIM(result == 0 || result == EBADF);
  return 0;
}

static int settle_untouched_over(void) {
  HOOK_CLAIM(close(victim) == 0);
  return settle_untouched();
}

/* --- A copy meets the end of another copy --- */

static void prepare_copies(void) {
  source = hook_bound_member(&block);
  victim = dup(source);
  assert_true(victim >= 0);
}

static void prepare_letter(void) {
  prepare_copies();
  hook_rights_send(source, ends);
}

static void meet_by_dup(void) {
  result = dup(source);
}

static void meet_by_recvmsg(void) {
  result = hook_by_recvmsg(ends[1]);
}

/* The copy alone keeps the port. */
static int settle_copy(void) {
  HOOK_CLAIM(result >= 0 && close(source) == 0);
  HOOK_CLAIM(hook_used(&block) == 1);
  HOOK_CLAIM(close(result) == 0);
  return 0;
}

static int settle_letter(void) {
  close(ends[0]);
  close(ends[1]);
  return settle_copy();
}

/* --- A new socket meets the end of a member: the same number --- */

static void prepare_bound(void) {
  victim = hook_bound_member(&block);
}

static void meet_by_member(void) {
  result = socket(AF_INET, SOCK_STREAM, 0);
  if (result >= 0) {
    portres_associate(result, block.token);
  }
}

/* The new member must still be one. */
static int settle_member(void) {
  HOOK_CLAIM(result >= 0 && hook_bind(result) == 0);
  HOOK_CLAIM(hook_port(result) == block.range.start);
  HOOK_CLAIM(close(result) == 0);
  return 0;
}

/* --- The end meets a look at the descriptor, from the other thread --- */

/* A look at `victim` comes with the association of any socket that may have
 * copies, when the victim may have some, too. */
static void note_copies(int s) {
  close(dup(s));
}

static void prepare_acquirer(void) {
  const struct portres_range any = {0, 1};
  struct portres_reservation granted;
  victim = socket(AF_INET, SOCK_STREAM, 0);
  note_copies(victim);
  source = socket(AF_INET, SOCK_STREAM, 0);
  result = socket(AF_INET, SOCK_STREAM, 0);
  note_copies(result);
  assert_int_equal(portres_acquire(victim, any, &granted), PORTRES_OK);
  assert_int_equal(portres_associate(source, granted.token), PORTRES_OK);
}

static void end_by_close_and_bind(void) {
  life_dally(&dallying, 4000);
  close(victim);
  error_after = hook_bind(source);
}

static void meet_by_associate(void) {
  portres_associate(result, block.token);
}

static int settle_token(void) {
  HOOK_CLAIM(close(source) == 0 && close(result) == 0);
  HOOK_CLAIM(error_after == ENOBUFS);
  return 0;
}

/* --- Another file gets the number amid the end, and is closed --- */

static void prepare_ending(void) {
  victim = hook_bound_member(&block);
  source = hook_member(&block);
}

static void meet_by_file(void) {
  for (int i = 0; i < TURNS; ++i) {
    close(open("/dev/null", O_RDONLY));
  }
}

static int settle_port(void) {
  HOOK_CLAIM(close(source) == 0);
  HOOK_CLAIM(error_after == 0);
  return 0;
}

/* --- A copy takes the number of another one, under a look --- */

/* The port that all looks are for is a dead block's; and `source` acquires. */
static void prepare_lingering(void) {
  second_block = hook_acquire(IPPROTO_TCP, 1);
  source = hook_bound_member(&second_block);
  assert_int_equal(portres_release(source, second_block.token), PORTRES_OK);
  const struct portres_range any = {0, 1};
  struct portres_reservation granted;
  assert_int_equal(portres_acquire(source, any, &granted), PORTRES_OK);
  second_block.token = granted.token;
  victim = dup(source);
}

static void end_by_turns(void) {
  for (int i = 0; i < TURNS; ++i) {
    close(victim);
    victim = dup(source);
  }
}

static void meet_by_acquire(void) {
  struct portres_reservation granted;
  for (int i = 0; i < TURNS; ++i) {
    portres_acquire(second_block.owner, second_block.range, &granted);
  }
}

/* The copy alone keeps the token. */
static int settle_turns(void) {
  HOOK_CLAIM(close(source) == 0);
  HOOK_CLAIM(hook_is_alive(second_block.token));
  HOOK_CLAIM(close(victim) == 0);
  HOOK_CLAIM(!hook_is_alive(second_block.token));
  HOOK_CLAIM(close(second_block.owner) == 0);
  return 0;
}

/* --- A bind meets a socket that takes long to end, for want of its port --- */

enum { CLIENTS = 256 };

static int clients[CLIENTS];

static void prepare_listener(void) {
  struct net_address name = {.len = sizeof name.as};
  victim = hook_bound_member(&block);
  source = hook_member(&block);
  assert_int_equal(listen(victim, CLIENTS), 0);
  assert_int_equal(getsockname(victim, &name.as.any, &name.len), 0);
  for (int i = 0; i < CLIENTS; ++i) {
    clients[i] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(clients[i], &name.as.any, name.len), 0);
  }
}

static void meet_by_late_bind(void) {
  life_dally(&dallying, 400000);
  result = hook_bind(source);
}

static int settle_listener(void) {
  struct portres_info info = {.size = sizeof info};
  HOOK_CLAIM(portres_describe(block.token, &info) == PORTRES_OK);
  HOOK_CLAIM(info.cooling == 0);
  HOOK_CLAIM(result == 0 || result == ENOBUFS);
  HOOK_CLAIM(close(source) == 0 && close(victim) == 0);
  for (int i = 0; i < CLIENTS; ++i) {
    close(clients[i]);
  }
  return 0;
}

/* --- The end meets the first association or acquire of the socket --- */

static void prepare_stranger(void) {
  victim = socket(AF_INET, SOCK_STREAM, 0);
}

enum { COPIES = 16 };

static int copies[COPIES];

static void prepare_stranger_copies(void) {
  source = socket(AF_INET, SOCK_STREAM, 0);
  for (int i = 0; i < COPIES; ++i) {
    copies[i] = dup(source);
  }
}

static void end_copies(void) {
  for (int i = 0; i < COPIES; ++i) {
    close(copies[i]);
  }
}

static void end_by_late_closes(void) {
  life_dally(&dallying, 4000);
  end_copies();
}

static void end_by_late_close(void) {
  life_dally(&dallying, 2000);
  close(victim);
}

static void meet_by_bound_member(void) {
  portres_associate(source, block.token);
  result = hook_bind(source);
}

static void meet_by_victims_acquire(void) {
  const struct portres_range any = {0, 1};
  struct portres_reservation granted = {0};
  second_block.token = 0;
  if (portres_acquire(victim, any, &granted) == PORTRES_OK) {
    second_block.token = granted.token;
  }
}

static int settle_bound(void) {
  HOOK_CLAIM(result == 0 && close(source) == 0);
  return 0;
}

static int settle_acquired(void) {
  HOOK_CLAIM(!hook_is_alive(second_block.token));
  return 0;
}

/* --- A child is forked amid a look, and closes its copy of what is looked at
 */

enum { STALL_MS = 500 };

static int child_status;

static void prepare_noted(void) {
  for (int i = 0; i < COPIES; ++i) {
    copies[i] = socket(AF_INET, SOCK_STREAM, 0);
    note_copies(copies[i]);
  }
}

/* Without handlers. */
static void end_in_child(void) {
  const pid_t pid = _Fork();
  if (pid == 0) {
    const double begin = hook_seconds();
    end_copies();
    _exit((hook_seconds() - begin) * 1000 < STALL_MS ? 0 : 1);
  }
  child_status = hook_status_of(pid);
}

static void meet_by_associations(void) {
  for (int i = 0; i < TURNS; ++i) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    note_copies(s);
    portres_associate(s, block.token);
    close(s);
  }
}

static int settle_child(void) {
  end_copies();
  HOOK_CLAIM(child_status == 0);
  return 0;
}

#define AMID ", when another thread is amid it, then the books are right"

static const struct row rows[] = {
    {"given close and bind" AMID, prepare_unbound, end_by_close, meet_by_bind,
     settle_bind},
    {"given SYS_close and bind" AMID, prepare_unbound, end_by_syscall,
     meet_by_bind, settle_bind},
    {"given close_range and bind" AMID, prepare_unbound, end_by_close_range,
     meet_by_bind, settle_bind},
    {"given dup2 of a stranger and bind" AMID, prepare_unbound, end_by_dup2,
     meet_by_bind, settle_stranger},
    {"given dup, close and bind" AMID, prepare_unbound, end_by_copy,
     meet_by_bind, settle_bind},
    {"given close of one of two descriptors and bind" AMID, prepare_copied,
     end_by_close, meet_by_bind, settle_untouched},
    {"given dup2 over one of two descriptors and bind" AMID, prepare_copied,
     end_by_dup2, meet_by_bind, settle_untouched_over},
    {"given close and dup" AMID, prepare_copies, end_by_close, meet_by_dup,
     settle_copy},
    {"given SYS_close and dup" AMID, prepare_copies, end_by_syscall,
     meet_by_dup, settle_copy},
    {"given close_range and dup" AMID, prepare_copies, end_by_close_range,
     meet_by_dup, settle_copy},
    {"given close and recvmsg" AMID, prepare_letter, end_by_close,
     meet_by_recvmsg, settle_letter},
    {"given close and a new member" AMID, prepare_bound, end_by_close,
     meet_by_member, settle_member},
    {"given SYS_close and a new member" AMID, prepare_bound, end_by_syscall,
     meet_by_member, settle_member},
    {"given close_range and a new member" AMID, prepare_bound,
     end_by_close_range, meet_by_member, settle_member},
    {"given the close of an acquiring socket, when another thread looks at it, "
     "then its token is dead",
     prepare_acquirer, end_by_close_and_bind, meet_by_associate, settle_token},
    {"given close and a file of its number" AMID, prepare_ending,
     end_by_close_and_bind, meet_by_file, settle_port},
    {"given close and dup to its number, when another thread looks at it, "
     "then the copy counts",
     prepare_lingering, end_by_turns, meet_by_acquire, settle_turns},
    {"given dup2 over a slow end, when another thread looks for its port, "
     "then none cools",
     prepare_listener, end_by_dup2, meet_by_late_bind, settle_listener},
    {"given a look, when a child forked amid it closes what is looked at, then "
     "it does not wait",
     prepare_noted, end_in_child, meet_by_associations, settle_child},
    {"given closes of copies and the association" AMID, prepare_stranger_copies,
     end_by_late_closes, meet_by_bound_member, settle_bound},
    {"given close and acquire" AMID, prepare_stranger, end_by_late_close,
     meet_by_victims_acquire, settle_acquired},
};

/* Spinning, so that both come out of it at the same moment. */
static _Atomic int arrived;
static _Atomic bool is_over;

static void rendezvous(int phase) {
  atomic_fetch_add(&arrived, 1);
  while (atomic_load(&arrived) < 2 * phase) {
  }
}

static void* second_thread(void* arg) {
  const struct row* row = arg;
  for (int phase = 1;; phase += 2) {
    rendezvous(phase);
    if (atomic_load(&is_over)) {
      return NULL;
    }
    row->meet();
    rendezvous(phase + 1);
  }
}

/* 0, or the line of the first round that went wrong. */
static int first_thread(const struct row* row) {
  const double end = hook_end_of_race(row_seconds);
  int line = 0;
  int phase = 1;
  for (; line == 0 && hook_seconds() < end; phase += 2) {
    row->prepare();
    rendezvous(phase);
    row->end();
    rendezvous(phase + 1);
    line = row->settle();
    if (line == 0 && hook_used(&block) != 0) {
      line = __LINE__;
    }
  }
  atomic_store(&is_over, true);
  rendezvous(phase);
  return line;
}

static void check_row(const void* data) {
  const struct row* row = data;
  pthread_t thread;
  block = hook_acquire(IPPROTO_TCP, 1);
  atomic_store(&arrived, 0);
  atomic_store(&is_over, false);
  alarm(WATCHDOG_SECONDS);
  assert_int_equal(pthread_create(&thread, NULL, second_thread, (void*)row), 0);
  const int line = first_thread(row);
  assert_int_equal(pthread_join(thread, NULL), 0);
  alarm(0);
  assert_int_equal(line, 0);
  hook_finish(&block);
}

/* To ThreadSanitizer it is a race of the program to end a descriptor that
 * another thread uses; here it is the subject. Races of memory stay visible. */
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) {
  return "race:^end_by_\nrace:^meet_by_\n";
}

int main(void) {
  TABLE_ADD(rows, check_row);
  return table_run("hook_race");
}
