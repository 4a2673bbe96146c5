/* Persistent reservations over real sockets: semantics section 6, 4.1 and 11
 * (Q11, Q18-Q21, Q25). "The right" is the right to write the state directory;
 * a row takes it away by the directory's mode, which holds for root too, as
 * in-netns leaves it no capabilities. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"
#include "persistent_support.h"
#include "store_support.h"

static void forbid(void) {
  assert_int_equal(chmod(store_dir(), 0555), 0);
}

static void allow(void) {
  assert_int_equal(chmod(store_dir(), 0755), 0);
}

/* The directory is there, with a store that has been used. */
static void have_store(void) {
  struct persistent made = persistent_begin(IPPROTO_TCP, 1);
  persistent_end(&made);
}

/* --- Create, lookup, delete --- */

/* B13 */
static void check_round(int protocol) {
  portres_token token;
  struct persistent made = persistent_begin(protocol, 20);
  struct portres_range shorter = {made.range.start, 19};
  struct portres_range later = {made.range.start + 1, 19};
  assert_int_equal(persistent_lookup(protocol, made.range, &token), PORTRES_OK);
  assert_true(token == made.token);
  assert_int_equal(persistent_lookup(protocol, shorter, &token),
                   PORTRES_ENOTFOUND);
  assert_int_equal(persistent_lookup(protocol, later, &token),
                   PORTRES_ENOTFOUND);
  assert_int_equal(
      persistent_lookup(persistent_other(protocol), made.range, &token),
      PORTRES_ENOTFOUND);
  assert_int_equal(persistent_delete(protocol, shorter), PORTRES_ENOTFOUND);
  assert_int_equal(persistent_delete(protocol, later), PORTRES_ENOTFOUND);
  assert_int_equal(persistent_delete(persistent_other(protocol), made.range),
                   PORTRES_ENOTFOUND);
  persistent_end(&made);
  assert_int_equal(persistent_delete(protocol, made.range), PORTRES_ENOTFOUND);
  assert_int_equal(persistent_lookup(protocol, made.range, &token),
                   PORTRES_ENOTFOUND);
}

static void check_no_directory(int protocol) {
  portres_token token;
  struct portres_range range = persistent_free_range(2);
  store_clear();
  assert_int_equal(persistent_lookup(protocol, range, &token),
                   PORTRES_ENOTFOUND);
  assert_int_equal(persistent_delete(protocol, range), PORTRES_ENOTFOUND);
  assert_int_equal(access(store_dir(), F_OK), -1);
  struct persistent made = persistent_begin(protocol, 2);
  struct stat facts;
  assert_int_equal(stat(store_dir(), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0755);
  assert_int_equal(stat(store_path("reservations"), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0644);
  assert_int_equal(stat(store_path("ports"), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0644);
  assert_int_equal(stat(store_path("lock"), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0600);
  persistent_end(&made);
}

static void check_umask(int protocol) {
  struct stat facts;
  store_clear();
  mode_t mask = umask(077);
  struct persistent made = persistent_begin(protocol, 2);
  umask(mask);
  assert_int_equal(stat(store_dir(), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0755);
  assert_int_equal(stat(store_path("reservations"), &facts), 0);
  assert_int_equal(facts.st_mode & 07777, 0644);
  store_clear();
  (void)made;
}

static void check_new_token(int protocol) {
  portres_token token;
  struct persistent made = persistent_begin(protocol, 2);
  persistent_end(&made);
  assert_int_equal(persistent_create(protocol, made.range, &token), PORTRES_OK);
  assert_true(token != made.token);
  assert_true(token != 0);
  assert_int_equal(portres_describe(made.token,
                                    &(struct portres_info){
                                        .size = sizeof(struct portres_info)}),
                   PORTRES_EINVAL);
  persistent_end(&made);
}

/* --- Errors, in their order --- */

/* Each error of `expected` applies, and those before it do not. */
static void check_create_order(int protocol) {
  portres_token token;
  struct persistent made = persistent_begin(protocol, 4);
  struct portres_range bad = {made.range.start, 0};
  assert_int_equal(
      portres_persistent_create(persistent_protocol(protocol), bad, NULL),
      PORTRES_EFAULT);
  forbid();
  assert_int_equal(persistent_create(protocol, bad, &token), PORTRES_EINVAL);
  assert_int_equal(persistent_create(1, made.range, &token), PORTRES_EINVAL);
  assert_int_equal(persistent_create(protocol, made.range, &token),
                   PORTRES_EACCES);
  allow();
  assert_int_equal(persistent_create(protocol, made.range, &token),
                   PORTRES_EADDRINUSE);
  persistent_end(&made);
}

static void check_delete_order(int protocol) {
  struct portres_range range = persistent_free_range(4);
  struct portres_range bad = {65535, 2};
  have_store();
  forbid();
  assert_int_equal(persistent_delete(protocol, bad), PORTRES_EINVAL);
  assert_int_equal(persistent_delete(protocol, range), PORTRES_EACCES);
  allow();
  assert_int_equal(persistent_delete(protocol, range), PORTRES_ENOTFOUND);
}

static void check_lookup_order(int protocol) {
  struct portres_range bad = {0, 2};
  portres_token token;
  assert_int_equal(
      portres_persistent_lookup(persistent_protocol(protocol), bad, NULL),
      PORTRES_EFAULT);
  assert_int_equal(persistent_lookup(protocol, bad, &token), PORTRES_EINVAL);
  assert_int_equal(
      persistent_lookup(protocol, persistent_free_range(2), &token),
      PORTRES_ENOTFOUND);
}

/* Any overlap will do: from both sides, inside and around. */
static void check_overlap(int protocol) {
  portres_token token;
  uint16_t start = net_free_block(12);
  struct portres_range range = {start + 4, 4};
  const struct portres_range overlaps[] = {
      {start + 4, 4}, {start, 5}, {start + 7, 4}, {start + 5, 1}, {start, 12}};
  assert_int_equal(persistent_create(protocol, range, &token), PORTRES_OK);
  for (size_t i = 0; i < sizeof overlaps / sizeof overlaps[0]; i++) {
    assert_int_equal(persistent_create(protocol, overlaps[i], &token),
                     PORTRES_EADDRINUSE);
  }
  const struct portres_range before = {start, 4};
  const struct portres_range after = {start + 8, 4};
  assert_int_equal(persistent_create(protocol, before, &token), PORTRES_OK);
  assert_int_equal(persistent_create(protocol, after, &token), PORTRES_OK);
  assert_int_equal(persistent_create(persistent_other(protocol), range, &token),
                   PORTRES_OK);
  assert_int_equal(persistent_delete(protocol, range), PORTRES_OK);
  assert_int_equal(persistent_delete(protocol, before), PORTRES_OK);
  assert_int_equal(persistent_delete(protocol, after), PORTRES_OK);
  assert_int_equal(persistent_delete(persistent_other(protocol), range),
                   PORTRES_OK);
}

static void check_bound_port(int protocol) {
  portres_token token;
  struct portres_range range = persistent_free_range(4);
  int s = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind(s, "127.0.0.1", range.start + 2), 0);
  assert_int_equal(persistent_create(protocol, range, &token),
                   PORTRES_EADDRINUSE);
  /* And nothing of it stays: its other ports are nobody's. */
  int free_one = net_socket(protocol, NET_V4);
  assert_int_equal(net_bind_any(free_one, range.start), 0);
  net_close(free_one);
  net_close(s);
  assert_int_equal(persistent_create(protocol, range, &token), PORTRES_OK);
  assert_int_equal(persistent_delete(protocol, range), PORTRES_OK);
}

/* Q18 */
static void check_runtime(int protocol) {
  portres_token token;
  struct contract_block block = contract_block(protocol, 4);
  struct portres_range range = {block.start + 3, 4};
  assert_int_equal(persistent_create(protocol, range, &token),
                   PORTRES_EADDRINUSE);
  assert_int_equal(persistent_create(persistent_other(protocol), range, &token),
                   PORTRES_OK);
  assert_int_equal(persistent_delete(persistent_other(protocol), range),
                   PORTRES_OK);
  contract_end(&block);
}

static void check_acquire(int protocol) {
  struct portres_reservation granted;
  struct persistent made = persistent_begin(protocol, 4);
  int s = net_socket(protocol, NET_DUAL);
  assert_int_equal(contract_acquire(s, made.range.start + 3, 1, &granted),
                   PORTRES_EADDRINUSE);
  struct portres_reservation all[8];
  for (int i = 0; i < 8; i++) {
    assert_int_equal(contract_acquire(s, 0, 64, &all[i]), PORTRES_OK);
    uint16_t start = all[i].range.start;
    assert_true(start + 64 <= made.range.start ||
                start >= made.range.start + made.range.count);
  }
  net_close(s);
  persistent_end(&made);
}

static void check_privileged(int protocol) {
  portres_token token;
  struct portres_range range = {(uint16_t)(net_unprivileged_start() - 1), 1};
  if (range.start == 0) {
    table_skip("no port is privileged here");
  }
  assert_int_equal(persistent_create(protocol, range, &token), PORTRES_EACCES);
}

/* --- Rights --- */

static void check_unprivileged(int protocol) {
  portres_token token;
  struct portres_info info = {.size = sizeof info};
  struct persistent made = persistent_begin(protocol, 2);
  int s = net_socket(protocol, NET_V4);
  forbid();
  assert_int_equal(persistent_lookup(protocol, made.range, &token), PORTRES_OK);
  assert_true(token == made.token);
  assert_int_equal(contract_describe(token, &info), PORTRES_OK);
  assert_int_equal(info.kind, PORTRES_PERSISTENT);
  assert_int_equal(contract_associate(s, token), PORTRES_EACCES);
  assert_int_equal(contract_associate(s, token + 1), PORTRES_EINVAL);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_false(net_port(s) >= made.range.start &&
               net_port(s) < made.range.start + 2);
  assert_int_equal(contract_associate(s, token), PORTRES_EINVAL);
  assert_int_equal(persistent_delete(protocol, made.range), PORTRES_EACCES);
  allow();
  net_close(s);
  persistent_end(&made);
}

/* Rights are those of the moment, also for a token that was used before. */
static void check_right_lost(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  int first = persistent_member(&made);
  int second = net_socket(protocol, NET_V4);
  forbid();
  assert_int_equal(contract_associate(second, made.token), PORTRES_EACCES);
  assert_int_equal(net_bind_any(first, 0), 0);
  allow();
  assert_int_equal(contract_associate(second, made.token), PORTRES_OK);
  assert_int_equal(net_bind_any(second, 0), 0);
  assert_int_equal(net_port(second), made.range.start + 1);
  net_close(first);
  net_close(second);
  persistent_end(&made);
}

/* --- Sockets of the block --- */

static void check_take(int protocol) {
  struct persistent made = persistent_begin(protocol, 3);
  int sockets[3];
  for (int i = 0; i < 3; i++) {
    sockets[i] = persistent_member(&made);
    assert_int_equal(net_bind_any(sockets[i], 0), 0);
    assert_int_equal(net_port(sockets[i]), made.range.start + i);
  }
  contract_expect_figures(made.token, 3, 0, 0);
  int one_more = persistent_member(&made);
  assert_int_equal(net_bind_any(one_more, 0), ENOBUFS);
  assert_int_equal(net_bind_any(one_more, made.range.start + 3), EACCES);
  net_close(sockets[1]);
  assert_int_equal(net_bind_any(one_more, 0), 0);
  assert_int_equal(net_port(one_more), made.range.start + 1);
  net_close(one_more);
  net_close(sockets[0]);
  net_close(sockets[2]);
  contract_expect_figures(made.token, 0, 3, 0);
  persistent_end(&made);
}

static void check_strangers(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  int s = net_socket(protocol, NET_V4);
  int free_protocol = net_socket(persistent_other(protocol), NET_V4);
  assert_int_equal(net_bind_any(s, made.range.start), EACCES);
  assert_int_equal(net_bind_any(s, made.range.start + 1), EACCES);
  assert_int_equal(net_bind_any(free_protocol, made.range.start), 0);
  persistent_end(&made);
  assert_int_equal(net_bind_any(s, made.range.start + 1), 0);
  net_close(s);
  net_close(free_protocol);
}

/* Q11 */
static void check_wrong_calls(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  int s = net_socket(protocol, NET_V4);
  int wrong = net_socket(persistent_other(protocol), NET_V4);
  assert_int_equal(contract_release(s, made.token), PORTRES_EINVAL);
  assert_int_equal(contract_associate(wrong, made.token), PORTRES_EINVAL);
  assert_int_equal(contract_associate(s, made.token), PORTRES_OK);
  assert_int_equal(contract_release(s, made.token), PORTRES_EINVAL);
  assert_int_equal(contract_associate(wrong, made.token), PORTRES_EINVAL);
  net_close(s);
  net_close(wrong);
  persistent_end(&made);
}

/* Q19 */
static void check_delete_in_use(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  int bound = persistent_member(&made);
  int implicit = persistent_member(&made);
  int explicit = persistent_member(&made);
  assert_int_equal(net_bind_any(bound, 0), 0);
  persistent_end(&made);
  assert_int_equal(net_port(bound), made.range.start);
  assert_int_equal(net_bind_any(implicit, 0), ENOBUFS);
  assert_int_equal(net_bind_any(explicit, made.range.start + 1), EACCES);
  int late = net_socket(protocol, NET_V4);
  assert_int_equal(contract_associate(late, made.token), PORTRES_EINVAL);
  portres_token token;
  assert_int_equal(persistent_create(protocol, made.range, &token),
                   PORTRES_EADDRINUSE);
  net_close(bound);
  assert_int_equal(persistent_create(protocol, made.range, &token), PORTRES_OK);
  /* The old token stays dead, though the ports are reserved again. */
  assert_int_equal(net_bind_any(implicit, 0), ENOBUFS);
  assert_int_equal(contract_associate(implicit, token), PORTRES_OK);
  assert_int_equal(net_bind_any(implicit, 0), 0);
  net_close(implicit);
  net_close(explicit);
  net_close(late);
  persistent_end(&made);
}

/* --- Inspect --- */

struct listed {
  struct persistent* made;
  int count;
};

static int see(const struct portres_info* info, void* arg) {
  struct listed* listed = arg;
  if (info->token == listed->made->token) {
    assert_int_equal(info->kind, PORTRES_PERSISTENT);
    assert_int_equal(info->range.start, listed->made->range.start);
    assert_int_equal(info->range.count, listed->made->range.count);
    assert_int_equal((int)info->protocol, listed->made->protocol);
    assert_int_equal(info->pid, 0);
    listed->count++;
  }
  return 0;
}

static void check_listed(int protocol) {
  struct persistent made = persistent_begin(protocol, 5);
  struct listed listed = {&made, 0};
  assert_int_equal(portres_list(see, &listed), PORTRES_OK);
  assert_int_equal(listed.count, 1);
  contract_expect_figures(made.token, 0, 5, 0);
  int s = persistent_member(&made);
  assert_int_equal(net_bind_any(s, 0), 0);
  assert_int_equal(portres_list(see, &listed), PORTRES_OK);
  assert_int_equal(listed.count, 2);
  contract_expect_figures(made.token, 1, 4, 0);
  net_close(s);
  persistent_end(&made);
  assert_int_equal(portres_list(see, &listed), PORTRES_OK);
  assert_int_equal(listed.count, 2);
}

#define ROWS(name, check) CONTRACT_BOTH(name, check)

static const struct contract_row rows[] = {
    ROWS("given a reservation, then lookup and delete want its start and "
         "count, and the token is that of create (6.1, B13)",
         check_round),
    ROWS("given no directory, then lookup and delete are ENOTFOUND, and "
         "create makes it",
         check_no_directory),
    ROWS("given a umask of 077, when the store is made, then all may read it",
         check_umask),
    ROWS("given the same ports reserved again, then the token is another one",
         check_new_token),
    ROWS("given several errors, then create says the first of EFAULT, EINVAL, "
         "EACCES, EADDRINUSE (Q20)",
         check_create_order),
    ROWS("given several errors, then delete says the first of EINVAL, EACCES, "
         "ENOTFOUND (Q20)",
         check_delete_order),
    ROWS("given several errors, then lookup says the first of EFAULT, EINVAL, "
         "ENOTFOUND (Q20)",
         check_lookup_order),
    ROWS("given any overlap with a persistent reservation, then create is "
         "EADDRINUSE (6.1)",
         check_overlap),
    ROWS("given a bound port in the range, then create is EADDRINUSE (6.1)",
         check_bound_port),
    ROWS("given a runtime reservation in the range, then create is EADDRINUSE "
         "(Q18)",
         check_runtime),
    ROWS("given a reservation, then acquire is EADDRINUSE or steps over it",
         check_acquire),
    ROWS("given a privileged port, then create is EACCES", check_privileged),
    ROWS("given no right, then lookup and describe answer, and associate is "
         "EINVAL for an unknown token and EACCES for this one (Q25)",
         check_unprivileged),
    ROWS("given a right that is lost, then a token used before is EACCES",
         check_right_lost),
    ROWS("given members, when they bind, then they get the ports of the block "
         "and ENOBUFS when it is used up (4.1)",
         check_take),
    ROWS("given a socket without the token, then its bind is EACCES, until the "
         "reservation is deleted (5)",
         check_strangers),
    ROWS("given a persistent token, then release is EINVAL, and so is a socket "
         "of the other protocol (Q11)",
         check_wrong_calls),
    ROWS("given members, when it is deleted, then bound ones keep their ports, "
         "and others never bind again (Q19)",
         check_delete_in_use),
    ROWS("given a reservation, then describe and list tell of it",
         check_listed),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, contract_check);
  return contract_run("persistent");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
