/* pend.c - overlapped operations that do not complete at once, for tests.
 *
 * They wait in a list, oldest first, under the engine's lock. Whoever settles
 * takes one out at a time and calls it without the lock: so the others can
 * still be withdrawn, by that very call even.
 */
#include "countdown.h"
#include "platform.h"
#include "testing.h"

static struct portres__countdown plans[PORTRES__TESTING_CALLS];
static struct portres_testing_operation* first;
static struct portres_testing_operation** end = &first;
static uint64_t last_number;

static struct portres__platform_entry lock(void) {
  struct portres__platform_entry entry = portres__platform_enter();

  portres__platform_lock_engine();
  return entry;
}

static void unlock(struct portres__platform_entry entry) {
  portres__platform_unlock_engine();
  portres__platform_leave(entry);
}

int portres_testing_pend(enum portres_testing_call call,
                         unsigned nth,
                         unsigned count,
                         int settle) {
  if (!portres__testing_is_call(call) || nth < 1 ||
      nth > PORTRES__COUNTDOWN_MAX || count > PORTRES__COUNTDOWN_MAX ||
      settle == PORTRES_EINCOMPLETE || !portres__testing_is_status(settle)) {
    return PORTRES_EINVAL;
  }
  portres__testing_turn_on();
  return portres__countdown_add(&plans[call - 1], nth, count, settle)
             ? PORTRES_OK
             : PORTRES_ENOBUFS;
}

int portres_testing_offer(enum portres_testing_call call,
                          struct portres_testing_operation* operation) {
  struct portres__platform_entry entry;
  int settle_status;

  /* The environment first. */
  if (!portres__testing_is_call(call) || !portres__testing_is_on() ||
      portres__testing_complain() != PORTRES_OK ||
      !portres__countdown_step(&plans[call - 1], &settle_status)) {
    return 0;
  }
  entry = lock();
  operation->settle_status = settle_status;
  operation->number = ++last_number;
  operation->next = NULL;
  *end = operation;
  end = &operation->next;
  unlock(entry);
  return 1;
}

static void take_out(struct portres_testing_operation** link) {
  struct portres_testing_operation* operation = *link;

  *link = operation->next;
  if (end == &operation->next) {
    end = link;
  }
}

int portres_testing_withdraw(struct portres_testing_operation* operation) {
  struct portres__platform_entry entry = lock();
  struct portres_testing_operation** link = &first;
  bool is_found;

  while (*link != NULL && *link != operation) {
    link = &(*link)->next;
  }
  is_found = *link != NULL;
  if (is_found) {
    take_out(link);
  }
  unlock(entry);
  return is_found;
}

static uint64_t newest(void) {
  struct portres__platform_entry entry = lock();
  uint64_t number = last_number;

  unlock(entry);
  return number;
}

/* The oldest operation up to a number, taken out; one with a status of its
 * own, if `is_own`. NULL: none. */
static struct portres_testing_operation* take_next(uint64_t number,
                                                   bool is_own) {
  struct portres__platform_entry entry = lock();
  struct portres_testing_operation** link = &first;
  struct portres_testing_operation* operation;

  while (*link != NULL && is_own &&
         (*link)->settle_status == PORTRES_EPENDING) {
    link = &(*link)->next;
  }
  operation = *link;
  if (operation != NULL && operation->number <= number) {
    take_out(link);
  } else {
    operation = NULL;
  }
  unlock(entry);
  return operation;
}

int portres_testing_settle(int status) {
  uint64_t number = newest();
  struct portres_testing_operation* operation;
  int count = 0;

  if (status == PORTRES_EPENDING || status == PORTRES_EINCOMPLETE ||
      !portres__testing_is_status(status)) {
    return PORTRES_EINVAL;
  }
  while ((operation = take_next(number, false)) != NULL) {
    operation->settle(operation, status);
    count++;
  }
  return count;
}

int portres_testing_before_wait(void) {
  struct portres_testing_operation* operation;
  uint64_t number;
  int count = 0;

  if (!portres__testing_is_on()) {
    return 0;
  }
  number = newest();
  while ((operation = take_next(number, true)) != NULL) {
    operation->settle(operation, operation->settle_status);
    count++;
  }
  return count;
}

void portres__pend_reset(void) {
  for (int i = 0; i < PORTRES__TESTING_CALLS; i++) {
    portres__countdown_clear(&plans[i]);
  }
}

/* Another thread of the parent may have been amid a change of the list. */
void portres__pend_after_fork(void) {
  first = NULL;
  end = &first;
}
