/* What a dead reservation leaves behind: a close that nobody saw keeps no port
 * from the next reservation, and a bind under way lands in none of its ports.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "hook_support.h"
#include "life_support.h"

enum { PORTS = 4, ROUNDS = 30000, MOMENT = 300 };
static const double row_seconds = 1.0;

/* --- A close that nobody saw --- */

struct unseen_row {
  const char* name;
  int protocol;
  int members;
};

#define UNSEEN                                                            \
  " closed by an instruction, when the token is released, then the same " \
  "range is had again"

static const struct unseen_row unseen_rows[] = {
    {"UDP: given one member" UNSEEN, IPPROTO_UDP, 1},
    {"UDP: given all members" UNSEEN, IPPROTO_UDP, PORTS},
    {"TCP: given one member" UNSEEN, IPPROTO_TCP, 1},
    {"TCP: given all members" UNSEEN, IPPROTO_TCP, PORTS},
};

/* A number that was closed unseen: the sockets that get it next tell. */
static void use_number_again(int number) {
  const int s = net_socket(IPPROTO_UDP, NET_V4);
  if (s < number) {
    use_number_again(number);
  }
  net_close(s);
}

static void check_unseen(const void* data) {
  const struct unseen_row* row = data;
  struct hook_block block = hook_acquire(row->protocol, PORTS);
  struct portres_reservation again;
  int last = -1;
  hook_need_hidden();
  for (int i = 0; i < row->members; i++) {
    last = hook_bound_member(&block);
  }
  for (int i = 0; i < row->members; i++) {
    hook_hidden_close(last - i);
  }
  assert_int_equal(portres_release(block.owner, block.token), PORTRES_OK);
  assert_int_equal(portres_acquire(block.owner, block.range, &again),
                   PORTRES_OK);
  block.token = again.token;
  hook_expect(&block, 0, PORTS);
  net_close(hook_bound_member(&block));
  use_number_again(last);
  hook_finish(&block);
}

/* One that is open keeps its port, and the range is not to be had. */
static void check_open_member(void) {
  struct hook_block block = hook_acquire(IPPROTO_UDP, PORTS);
  struct portres_reservation again;
  const int member = hook_bound_member(&block);
  assert_int_equal(portres_release(block.owner, block.token), PORTRES_OK);
  assert_int_equal(portres_acquire(block.owner, block.range, &again),
                   PORTRES_EADDRINUSE);
  net_close(member);
  assert_int_equal(portres_acquire(block.owner, block.range, &again),
                   PORTRES_OK);
  block.token = again.token;
  hook_finish(&block);
}

/* --- A bind under way --- */

/* Written by one thread before a meeting, read by the other one after it. */
static struct life_meeting meeting;
static portres_token token;
static bool is_over;
static int error; /* of the bind with the old token */

static void* bind_with_old_token(void* unused) {
  (void)unused;
  unsigned turn = 0;
  unsigned seed = 1;
  for (;;) {
    life_meet(&meeting, &turn);
    if (is_over) {
      return NULL;
    }
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    const int status = portres_associate(s, token);
    life_meet(&meeting, &turn);
    life_dally(&seed, MOMENT);
    error = status == PORTRES_OK ? hook_bind(s) : EINVAL;
    life_meet(&meeting, &turn);
    life_meet(&meeting, &turn); /* it stays bound while the other one looks */
    close(s);
    life_meet(&meeting, &turn);
  }
}

/* A reservation of one port is granted, or a bind has it: not both. */
static int take_over(int owner, struct portres_range range, unsigned* turn) {
  static unsigned seed = 2;
  struct portres_reservation next;
  life_meet(&meeting, turn);
  life_meet(&meeting, turn);
  life_dally(&seed, MOMENT);
  const int released = portres_release(owner, token);
  const int status = portres_acquire(owner, range, &next);
  life_meet(&meeting, turn);
  const int old_error = error;
  life_meet(&meeting, turn);
  life_meet(&meeting, turn);
  HOOK_CLAIM(released == PORTRES_OK);
  HOOK_CLAIM(old_error == 0 || old_error == ENOBUFS);
  HOOK_CLAIM(status == PORTRES_OK || status == PORTRES_EADDRINUSE);
  HOOK_CLAIM(status != PORTRES_OK || old_error != 0);
  if (status != PORTRES_OK) {
    HOOK_CLAIM(portres_acquire(owner, range, &next) == PORTRES_OK);
  }
  token = next.token;
  return 0;
}

static void check_takeover(void) {
  const struct hook_block block = hook_acquire(IPPROTO_UDP, 1);
  const double end = hook_end_of_race(row_seconds);
  pthread_t thread;
  unsigned turn = 0;
  int line = 0;
  token = block.token;
  assert_int_equal(pthread_create(&thread, NULL, bind_with_old_token, NULL), 0);
  for (int i = 0; line == 0 && i < ROUNDS && hook_seconds() < end; i++) {
    line = take_over(block.owner, block.range, &turn);
  }
  is_over = true;
  life_meet(&meeting, &turn);
  assert_int_equal(pthread_join(thread, NULL), 0);
  net_close(block.owner);
  if (line != 0) {
    fail_msg("line %d (modulo 255)", line - 1);
  }
}

int main(void) {
  TABLE_ADD(unseen_rows, check_unseen);
  table_add_one(
      "given a bound member, when its token is released, then the range is "
      "had again after its close, and not before",
      check_open_member);
  table_add_one(
      "given a bind under way, when its token is released and the range "
      "acquired again, then one of them fails",
      check_takeover);
  return table_run("life_linger");
}
