/* Overlapped operations that pend: the part of portres/testing.h that faces
 * use. The operations here are a face's in small: each remembers how it was
 * settled. Windows: an operation ends once, with one status, whoever settles
 * it, closes its socket or cancels it (semantics 7).
 */
#include <portres/testing.h>
#include <stdatomic.h>
#include <string.h>

#include "contract.h"

enum { UNSETTLED = 77 };

struct operation {
  struct portres_testing_operation base; /* first, so that it is found */
  _Atomic int status;
  _Atomic int settled_count;
  int rank; /* among the settled */
  struct operation* to_withdraw;
};

static _Atomic int settled;

static struct operation* of(struct portres_testing_operation* base) {
  return (struct operation*)base;
}

static void settle(struct portres_testing_operation* base, int status) {
  struct operation* operation = of(base);
  atomic_store(&operation->status, status);
  operation->rank = atomic_fetch_add(&settled, 1);
  if (operation->to_withdraw) {
    portres_testing_withdraw(&operation->to_withdraw->base);
  }
  atomic_fetch_add(&operation->settled_count, 1);
}

static void begin(struct operation operations[], int count) {
  memset(operations, 0, (size_t)count * sizeof *operations);
  for (int i = 0; i < count; i++) {
    operations[i].base.settle = settle;
    operations[i].status = UNSETTLED;
  }
  settled = 0;
  portres_testing_reset();
}

static int offer(struct operation* operation) {
  return portres_testing_offer(PORTRES_TESTING_ACQUIRE, &operation->base);
}

static int pend(unsigned nth, unsigned count, int status) {
  return portres_testing_pend(PORTRES_TESTING_ACQUIRE, nth, count, status);
}

/* --- Rows: which call pends, and how it ends --- */

struct pend_row {
  const char* name;
  unsigned nth;
  unsigned count;
  int settle_status;
  int by_hand; /* the status of portres_testing_settle() afterwards */
};

static const struct pend_row pend_rows[] = {
    {"given the first call, when it is carried out at a wait, then 0", 1, 1,
     PORTRES_OK, UNSETTLED},
    {"given the second and third, when they abort at a wait, then EABORTED", 2,
     2, PORTRES_EABORTED, UNSETTLED},
    {"given the first call, when it is interrupted at a wait, then EINTR", 1, 1,
     PORTRES_EINTR, UNSETTLED},
    {"given all calls, when they fail at a wait, then EADDRINUSE", 1, 0,
     PORTRES_EADDRINUSE, UNSETTLED},
    {"given the first call, when it is settled by hand, then 0", 1, 1,
     PORTRES_EPENDING, PORTRES_OK},
    {"given the third call, when it is aborted by hand, then EABORTED", 3, 1,
     PORTRES_EPENDING, PORTRES_EABORTED},
    {"given all calls, when they are interrupted by hand, then EINTR", 1, 0,
     PORTRES_EPENDING, PORTRES_EINTR},
    {"given a call with a status of its own, when it is settled by hand "
     "before, then that counts",
     1, 1, PORTRES_EINTR, PORTRES_ENETDOWN},
};

enum { OFFERS = 4 };

static void check_pend(const void* data) {
  const struct pend_row* row = data;
  struct operation operations[OFFERS];
  int pending = 0;
  bool is_by_hand = row->by_hand != UNSETTLED;
  begin(operations, OFFERS);
  assert_int_equal(pend(row->nth, row->count, row->settle_status), 0);
  for (unsigned i = 1; i <= OFFERS; i++) {
    bool is_meant =
        i >= row->nth && (row->count == 0 || i < row->nth + row->count);
    assert_int_equal(offer(&operations[i - 1]), is_meant);
    pending += is_meant;
  }
  if (is_by_hand) {
    assert_int_equal(portres_testing_settle(row->by_hand), pending);
  }
  assert_int_equal(portres_testing_before_wait(), is_by_hand ? 0 : pending);
  assert_int_equal(portres_testing_settle(PORTRES_OK), 0);
  for (unsigned i = 1, rank = 0; i <= OFFERS; i++) {
    const struct operation* operation = &operations[i - 1];
    bool is_meant =
        i >= row->nth && (row->count == 0 || i < row->nth + row->count);
    assert_int_equal(operation->settled_count, is_meant);
    if (is_meant) {
      assert_int_equal(operation->status,
                       is_by_hand ? row->by_hand : row->settle_status);
      assert_int_equal(operation->rank, rank++);
    }
  }
  portres_testing_reset();
}

/* --- Rows: scenarios --- */

static void check_kinds(void) {
  struct operation operations[11];
  begin(operations, 11);
  assert_int_equal(portres_testing_pend(PORTRES_TESTING_LOOKUP, 1, 1, 0), 0);
  for (int call = 0; call <= 11; call++) {
    int is_pending = portres_testing_offer((enum portres_testing_call)call,
                                           &operations[call % 11].base);
    assert_int_equal(is_pending, call == PORTRES_TESTING_LOOKUP);
  }
  assert_int_equal(portres_testing_before_wait(), 1);
  assert_int_equal(operations[PORTRES_TESTING_LOOKUP].settled_count, 1);
  portres_testing_reset();
}

/* A wait ends those with a status of their own and leaves the others. */
static void check_mixed(void) {
  struct operation operations[4];
  begin(operations, 4);
  assert_int_equal(pend(1, 1, PORTRES_EPENDING), 0);
  assert_int_equal(pend(2, 1, PORTRES_EINTR), 0);
  assert_int_equal(pend(3, 1, PORTRES_EPENDING), 0);
  assert_int_equal(pend(4, 1, PORTRES_OK), 0);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(offer(&operations[i]), 1);
  }
  assert_int_equal(portres_testing_before_wait(), 2);
  assert_int_equal(operations[0].settled_count, 0);
  assert_int_equal(operations[1].status, PORTRES_EINTR);
  assert_int_equal(operations[2].settled_count, 0);
  assert_int_equal(operations[3].status, PORTRES_OK);
  assert_int_equal(portres_testing_before_wait(), 0);
  assert_int_equal(portres_testing_settle(PORTRES_EABORTED), 2);
  assert_int_equal(operations[0].status, PORTRES_EABORTED);
  assert_int_equal(operations[2].status, PORTRES_EABORTED);
  portres_testing_reset();
}

/* The first, the middle and the last, and then one more is offered: the list
 * must have kept its end. */
static void check_withdraw(void) {
  struct operation operations[6];
  begin(operations, 6);
  assert_int_equal(pend(1, 0, PORTRES_EPENDING), 0);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(offer(&operations[i]), 1);
  }
  assert_int_equal(portres_testing_withdraw(&operations[0].base), 1);
  assert_int_equal(portres_testing_withdraw(&operations[2].base), 1);
  assert_int_equal(portres_testing_withdraw(&operations[4].base), 1);
  assert_int_equal(portres_testing_withdraw(&operations[4].base), 0);
  assert_int_equal(offer(&operations[5]), 1);
  assert_int_equal(portres_testing_settle(PORTRES_OK), 3);
  for (int i = 0; i < 6; i++) {
    assert_int_equal(operations[i].settled_count, i == 1 || i == 3 || i == 5);
    assert_int_equal(portres_testing_withdraw(&operations[i].base), 0);
  }
  assert_int_equal(offer(&operations[0]), 1);
  assert_int_equal(portres_testing_withdraw(&operations[0].base), 1);
  assert_int_equal(offer(&operations[2]), 1);
  assert_int_equal(portres_testing_settle(PORTRES_OK), 1);
  portres_testing_reset();
}

/* As when the completion of one closes the socket of another. */
static void check_withdraw_within(void) {
  struct operation operations[3];
  begin(operations, 3);
  assert_int_equal(pend(1, 0, PORTRES_OK), 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(offer(&operations[i]), 1);
  }
  operations[0].to_withdraw = &operations[1];
  assert_int_equal(portres_testing_before_wait(), 2);
  assert_int_equal(operations[1].settled_count, 0);
  assert_int_equal(operations[2].settled_count, 1);
  portres_testing_reset();
}

static void settle_and_offer(struct portres_testing_operation* base,
                             int status) {
  settle(base, status);
  offer(of(base));
}

/* What begins to pend meanwhile is for the next time. */
static void check_offer_within(void) {
  struct operation operation;
  begin(&operation, 1);
  operation.base.settle = settle_and_offer;
  assert_int_equal(pend(1, 0, PORTRES_EABORTED), 0);
  assert_int_equal(offer(&operation), 1);
  assert_int_equal(portres_testing_before_wait(), 1);
  assert_int_equal(portres_testing_settle(PORTRES_EINTR), 1);
  assert_int_equal(operation.settled_count, 2);
  assert_int_equal(portres_testing_withdraw(&operation.base), 1);
  portres_testing_reset();
}

static void check_reset(void) {
  struct operation operations[2];
  begin(operations, 2);
  assert_int_equal(pend(1, 0, PORTRES_EPENDING), 0);
  assert_int_equal(offer(&operations[0]), 1);
  portres_testing_reset();
  assert_int_equal(operations[0].status, PORTRES_EABORTED);
  assert_int_equal(operations[0].settled_count, 1);
  assert_int_equal(offer(&operations[1]), 0);
}

/* Failing and pending calls are counted apart: the face asks twice. */
static void check_pend_and_fail(void) {
  struct operation operation;
  begin(&operation, 1);
  assert_int_equal(pend(1, 1, PORTRES_OK), 0);
  assert_int_equal(
      portres_testing_fail(PORTRES_TESTING_ACQUIRE, 1, 1, PORTRES_EACCES), 0);
  assert_int_equal(offer(&operation), 1);
  assert_int_equal(portres_testing_before_wait(), 1);
  assert_int_equal(portres_testing_fails(PORTRES_TESTING_ACQUIRE),
                   PORTRES_EACCES);
  portres_testing_reset();
}

static void check_refusals(void) {
  struct operation operation;
  begin(&operation, 1);
  assert_int_equal(portres_testing_pend((enum portres_testing_call)0, 1, 1, 0),
                   PORTRES_EINVAL);
  assert_int_equal(portres_testing_pend((enum portres_testing_call)11, 1, 1, 0),
                   PORTRES_EINVAL);
  assert_int_equal(pend(0, 1, 0), PORTRES_EINVAL);
  assert_int_equal(pend(0x1000000, 1, 0), PORTRES_EINVAL);
  assert_int_equal(pend(1, 0x1000000, 0), PORTRES_EINVAL);
  assert_int_equal(pend(1, 1, PORTRES_EINCOMPLETE), PORTRES_EINVAL);
  assert_int_equal(pend(1, 1, 10013), PORTRES_EINVAL);
  assert_int_equal(offer(&operation), 0);
  assert_int_equal(portres_testing_settle(PORTRES_EPENDING), PORTRES_EINVAL);
  assert_int_equal(portres_testing_settle(PORTRES_EINCOMPLETE), PORTRES_EINVAL);
  assert_int_equal(portres_testing_settle(1), PORTRES_EINVAL);
  for (int i = 0; i < 16; i++) {
    assert_int_equal(pend(1, 1, 0), 0);
  }
  assert_int_equal(pend(1, 1, 0), PORTRES_ENOBUFS);
  portres_testing_reset();
}

static int offer_in_child(void* arg) {
  struct operation* operations = arg;
  if (portres_testing_settle(PORTRES_OK) != 0 ||
      portres_testing_withdraw(&operations[0].base) != 0) {
    return 1;
  }
  if (offer(&operations[1]) != 1 || portres_testing_settle(PORTRES_OK) != 1) {
    return 2;
  }
  return operations[0].settled_count == 0 ? 0 : 3;
}

static void check_fork(void) {
  struct operation operations[2];
  begin(operations, 2);
  assert_int_equal(pend(1, 0, PORTRES_EPENDING), 0);
  assert_int_equal(offer(&operations[0]), 1);
  assert_int_equal(contract_in_child(offer_in_child, operations), 0);
  assert_int_equal(portres_testing_settle(PORTRES_EINTR), 1);
  assert_int_equal(operations[0].status, PORTRES_EINTR);
  portres_testing_reset();
}

int main(void) {
  TABLE_ADD(pend_rows, check_pend);
  table_add_one("given one kind that pends, then no other does", check_kinds);
  table_add_one(
      "given calls that pend for long and others, when the program "
      "waits, then only the others end",
      check_mixed);
  table_add_one(
      "given operations, when some are withdrawn, then only the "
      "others are settled",
      check_withdraw);
  table_add_one(
      "given operations, when settling one withdraws the next, then "
      "that is not settled",
      check_withdraw_within);
  table_add_one(
      "given an operation, when settling it makes it pend again, "
      "then once a time",
      check_offer_within);
  table_add_one("given an operation, when all is reset, then EABORTED",
                check_reset);
  table_add_one("given a call that pends and then fails, then it does both",
                check_pend_and_fail);
  table_add_one(
      "given values that are none, then EINVAL, and ENOBUFS for the "
      "17th",
      check_refusals);
  table_add_one(
      "given a fork, then the parent's operations do not pend in "
      "the child",
      check_fork);
  return contract_run("pending");
}
