/* Two threads on one socket: one ends a descriptor while the other binds or
 * copies. Whichever comes first, afterwards the books are right: a port is
 * used while a descriptor is open, and free when none is.
 *
 * The kernel gives a number out again the moment it is closed, before close()
 * has returned; each row runs many rounds to meet that moment. */
#include <linux/close_range.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hook_rights.h"
#include "hook_support.h"

enum { WATCHDOG_SECONDS = 60 };
static const double row_seconds = 0.8;

static struct hook_block block;
static int victim; /* what the first thread ends */
static int source; /* another descriptor of the same socket */
static int result; /* what the second thread made, or its errno */
static int ends[2];

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
  const double end = hook_seconds() + row_seconds;
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
