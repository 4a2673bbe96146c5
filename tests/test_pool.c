/* The ports of a block: the lowest first, one holder a pick, no port lost. The
 * last rows put threads at the three levels of the bitmap at once. */
#include <pthread.h>
#include <stdlib.h>

#include "pool.h"
#include "table.h"

struct size_row {
  const char* name;
  uint16_t count;
};

static const struct size_row size_rows[] = {
    {"given a block of 1", 1},         {"given a block of 2", 2},
    {"given a block of 63", 63},       {"given a block of 64", 64},
    {"given a block of 65", 65},       {"given a block of 4095", 4095},
    {"given a block of 4096", 4096},   {"given a block of 4097", 4097},
    {"given a block of 16384", 16384}, {"given a block of 65535", 65535},
};

static void assert_figures(struct portres__pool* pool,
                           uint32_t used,
                           uint32_t free_count,
                           uint32_t cooling) {
  struct portres__pool_figures figures = portres__pool_count(pool);

  assert_int_equal(figures.used, used);
  assert_int_equal(figures.free, free_count);
  assert_int_equal(figures.cooling, cooling);
}

static void fill(struct portres__pool* pool, uint16_t count) {
  uint16_t port;

  for (uint32_t i = 0; i < count; i++) {
    assert_true(portres__pool_pick(pool, 0, &port));
    assert_int_equal(port, i);
  }
}

/* Fill it, then free and pick single ports all over it. */
static void check_size(const void* data) {
  const struct size_row* row = data;
  struct portres__pool* pool = portres__pool_create(row->count);
  uint16_t port;

  fill(pool, row->count);
  assert_false(portres__pool_pick(pool, 0, &port));
  assert_figures(pool, row->count, 0, 0);
  for (uint32_t i = 0; i < row->count; i += 37) {
    portres__pool_drop(pool, (uint16_t)i);
    assert_true(portres__pool_pick(pool, row->count / 2u, &port));
    assert_int_equal(port, i);
  }
  for (uint32_t i = 0; i < row->count; i++) {
    portres__pool_drop(pool, (uint16_t)i);
  }
  assert_figures(pool, 0, row->count, 0);
  portres__pool_destroy(pool);
}

static void shared_port_is_free_after_its_last_holder(void) {
  struct portres__pool* pool = portres__pool_create(2);
  uint16_t port;

  assert_true(portres__pool_hold(pool, 0));
  assert_true(portres__pool_hold(pool, 0));
  portres__pool_drop(pool, 0);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 1);
  assert_false(portres__pool_pick(pool, 0, &port));
  portres__pool_drop(pool, 0);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 0);
  portres__pool_destroy(pool);
}

/* A port that was shared once is as good as new. */
static void shared_port_is_picked_again(void) {
  struct portres__pool* pool = portres__pool_create(1);
  uint16_t port;

  for (int i = 0; i < 3; i++) {
    assert_true(portres__pool_pick(pool, 0, &port));
    assert_true(portres__pool_hold(pool, 0));
    assert_true(portres__pool_hold(pool, 0));
    for (int left = 2; left >= 0; left--) {
      assert_int_equal(portres__pool_find_held(pool, 0, 1), 0);
      assert_false(portres__pool_pick(pool, 0, &port));
      portres__pool_drop(pool, 0);
    }
    assert_int_equal(portres__pool_find_held(pool, 0, 1), 1);
    assert_figures(pool, 0, 1, 0);
  }
  portres__pool_destroy(pool);
}

/* What a hold that is interrupted between its two steps leaves behind: the
 * others have dropped the bit, and its unit is the extra. */
static void leave_extra_without_bit(struct portres__pool* pool, uint16_t port) {
  atomic_store(&pool->has_extras, true);
  atomic_store(&portres__pool_extras(pool)[port], 1);
}

static void extra_without_bit_is_held(void) {
  struct portres__pool* pool = portres__pool_create(2);
  uint16_t port;

  leave_extra_without_bit(pool, 0);
  assert_int_equal(portres__pool_find_held(pool, 0, 2), 0);
  assert_figures(pool, 1, 1, 0);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 1);
  assert_int_equal(portres__pool_extras(pool)[0], 0);
  assert_figures(pool, 2, 0, 0);
  portres__pool_drop(pool, 0);
  assert_figures(pool, 1, 1, 0);
  portres__pool_destroy(pool);
}

/* What a thread leaves behind that is interrupted amid settling a cell, the
 * port of which another one drops. */
static void port_of_a_cell_with_a_late_bit_is_picked(void) {
  struct portres__pool* pool = portres__pool_create(2);
  uint16_t port = 99;

  assert_true(portres__pool_pick(pool, 0, &port));
  atomic_fetch_or(portres__pool_full(pool), portres__pool_bit(0));
  atomic_fetch_add(&pool->settling, (uint16_t)1);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 1);
  assert_false(portres__pool_pick(pool, 0, &port));
  portres__pool_destroy(pool);
}

static void extra_without_bit_is_shared_and_dropped(void) {
  struct portres__pool* pool = portres__pool_create(1);
  uint16_t port;

  leave_extra_without_bit(pool, 0);
  assert_true(portres__pool_hold(pool, 0));
  portres__pool_drop(pool, 0);
  assert_int_equal(portres__pool_find_held(pool, 0, 1), 0);
  portres__pool_refuse(pool, 0);
  assert_figures(pool, 0, 0, 1);
  assert_false(portres__pool_pick(pool, 0, &port));
  assert_int_equal(portres__pool_thaw(pool, 1), 1);
  assert_true(portres__pool_pick(pool, 0, &port));
  portres__pool_destroy(pool);
}

static void cleared_pool_is_as_new(void) {
  enum { COUNT = 70 };
  struct portres__pool* pool = portres__pool_create(COUNT);
  uint16_t port;

  fill(pool, COUNT);
  assert_true(portres__pool_hold(pool, 5));
  portres__pool_refuse(pool, 6);
  portres__pool_clear(pool);
  assert_figures(pool, 0, COUNT, 0);
  fill(pool, COUNT);
  assert_false(portres__pool_pick(pool, 0, &port));
  portres__pool_destroy(pool);
}

static void warm_port_is_open_after_its_drop(void) {
  struct portres__pool* pool = portres__pool_create(1);
  uint16_t port;

  assert_true(portres__pool_pick(pool, 0, &port));
  portres__pool_refuse(pool, 0);
  assert_true(portres__pool_hold(pool, 0));
  portres__pool_warm(pool, 0);
  assert_figures(pool, 1, 0, 0);
  portres__pool_drop(pool, 0);
  assert_true(portres__pool_pick(pool, 0, &port));
  portres__pool_destroy(pool);
}

static void too_many_holders_are_refused(void) {
  struct portres__pool* pool = portres__pool_create(1);

  for (int i = 0; i < UINT16_MAX; i++) {
    assert_true(portres__pool_hold(pool, 0));
  }
  assert_false(portres__pool_hold(pool, 0));
  portres__pool_destroy(pool);
}

static void refused_port_cools_until_thawed(void) {
  struct portres__pool* pool = portres__pool_create(2);
  uint16_t port;

  assert_true(portres__pool_pick(pool, 0, &port));
  portres__pool_refuse(pool, port);
  assert_figures(pool, 0, 1, 1);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 1);
  assert_false(portres__pool_pick(pool, 0, &port));
  assert_int_equal(portres__pool_thaw(pool, 8), 1);
  assert_true(portres__pool_pick(pool, 0, &port));
  assert_int_equal(port, 0);
  portres__pool_destroy(pool);
}

static void refused_port_with_a_holder_does_not_cool(void) {
  struct portres__pool* pool = portres__pool_create(1);
  uint16_t port;

  assert_true(portres__pool_pick(pool, 0, &port));
  assert_true(portres__pool_hold(pool, 0));
  portres__pool_refuse(pool, 0);
  assert_figures(pool, 1, 0, 0);
  portres__pool_drop(pool, 0);
  assert_figures(pool, 0, 1, 0);
  portres__pool_destroy(pool);
}

static void thaw_goes_round_within_its_limit(void) {
  enum { COUNT = 256 };
  struct portres__pool* pool = portres__pool_create(COUNT);
  uint32_t thawed = 0;

  fill(pool, COUNT);
  for (int port = 0; port < COUNT; port++) {
    portres__pool_refuse(pool, (uint16_t)port);
  }
  for (int i = 0; i < COUNT / 64; i++) {
    thawed += portres__pool_thaw(pool, 64);
  }
  assert_int_equal(thawed, COUNT);
  assert_figures(pool, 0, COUNT, 0);
  portres__pool_destroy(pool);
}

static void rotation_goes_on_after_the_last(void) {
  struct portres__pool* pool = portres__pool_create(3);
  uint16_t port;

  for (uint16_t i = 0; i < 10; i++) {
    assert_true(portres__pool_pick_next(pool, &port));
    assert_int_equal(port, i % 3);
    portres__pool_drop(pool, port);
  }
  portres__pool_destroy(pool);
}

static void sweep_is_allowed_once_an_interval(void) {
  struct portres__pool* pool = portres__pool_create(1);

  assert_true(portres__pool_may_sweep(pool, 1000, 10));
  assert_false(portres__pool_may_sweep(pool, 1009, 10));
  assert_true(portres__pool_may_sweep(pool, 1010, 10));
  portres__pool_destroy(pool);
}

enum { THREADS = 4, ROUNDS = 50000, CONTENDED = 130 };

static struct portres__pool* contended;
static _Atomic int holders[CONTENDED];
static _Atomic int collisions;

static unsigned next_random(unsigned* state) {
  *state = *state * 1103515245u + 12345u;
  return *state >> 16;
}

/* A port that was picked has no second owner until it is dropped; one that is
 * held explicitly may. */
static void* pick_and_drop(void* arg) {
  unsigned state = (unsigned)(uintptr_t)arg;

  for (int i = 0; i < ROUNDS; i++) {
    uint16_t port;
    if (!portres__pool_pick(contended, next_random(&state) % CONTENDED,
                            &port)) {
      continue;
    }
    if (atomic_fetch_add(&holders[port], 1) != 0) {
      atomic_fetch_add(&collisions, 1);
    }
    if (next_random(&state) % 8 == 0) {
      atomic_fetch_sub(&holders[port], 1);
      portres__pool_refuse(contended, port);
      portres__pool_thaw(contended, CONTENDED);
    } else {
      atomic_fetch_sub(&holders[port], 1);
      portres__pool_drop(contended, port);
    }
  }
  return NULL;
}

static void no_two_threads_pick_one_port(void) {
  pthread_t threads[THREADS];

  contended = portres__pool_create(CONTENDED);
  for (uintptr_t i = 0; i < THREADS; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, pick_and_drop, (void*)(i + 1)), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  portres__pool_thaw(contended, CONTENDED);
  assert_int_equal(collisions, 0);
  assert_figures(contended, 0, CONTENDED, 0);
  fill(contended, CONTENDED);
  portres__pool_destroy(contended);
}

/* Holders of a few ports at once, so that they share them, against picks and
 * refusals of the same: whoever holds a port must find it held. */
enum { SHARED = 3 };

static bool is_found_held(uint16_t port) {
  return portres__pool_find_held(contended, port, 1) == port;
}

static void hold_and_drop_one(unsigned* state) {
  uint16_t port = (uint16_t)(next_random(state) % SHARED);

  if (!portres__pool_hold(contended, port)) {
    return;
  }
  if (!is_found_held(port)) {
    atomic_fetch_add(&collisions, 1);
  }
  if (next_random(state) % 8 == 0) {
    portres__pool_refuse(contended, port);
    portres__pool_thaw(contended, SHARED);
  } else {
    portres__pool_drop(contended, port);
  }
}

static void pick_and_drop_one(void) {
  uint16_t port;

  if (!portres__pool_pick(contended, 0, &port)) {
    return;
  }
  if (!is_found_held(port)) {
    atomic_fetch_add(&collisions, 1);
  }
  portres__pool_drop(contended, port);
}

static void* share_and_pick(void* arg) {
  unsigned state = (unsigned)(uintptr_t)arg;

  for (int i = 0; i < ROUNDS; i++) {
    if (next_random(&state) % 4 == 0) {
      pick_and_drop_one();
    } else {
      hold_and_drop_one(&state);
    }
  }
  return NULL;
}

/* The port that is held throughout: its unit is now the bit, now an extra. */
static void held_port_is_never_open_to_threads(void) {
  pthread_t threads[THREADS];
  uint16_t port;

  collisions = 0;
  contended = portres__pool_create(SHARED);
  assert_true(portres__pool_hold(contended, 1));
  for (uintptr_t i = 0; i < THREADS; i++) {
    assert_int_equal(
        pthread_create(&threads[i], NULL, share_and_pick, (void*)(i + 1)), 0);
  }
  for (int i = 0; i < ROUNDS; i++) {
    if (portres__pool_pick(contended, 1, &port)) {
      collisions += port == 1 || !is_found_held(1);
      portres__pool_drop(contended, port);
    }
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  portres__pool_thaw(contended, SHARED);
  assert_int_equal(collisions, 0);
  assert_figures(contended, 1, SHARED - 1, 0);
  portres__pool_drop(contended, 1);
  assert_figures(contended, 0, SHARED, 0);
  fill(contended, SHARED);
  portres__pool_destroy(contended);
}

int main(void) {
  TABLE_ADD(size_rows, check_size);
  table_add_one("given two holders, then the port is free after both",
                shared_port_is_free_after_its_last_holder);
  table_add_one("given a port that was shared, then it is picked as before",
                shared_port_is_picked_again);
  table_add_one("given a hold that is under way, then the port is not picked",
                extra_without_bit_is_held);
  table_add_one("given a hold that is under way, then the port can be shared",
                extra_without_bit_is_shared_and_dropped);
  table_add_one("given a pool in use, when it is cleared, then all is free",
                cleared_pool_is_as_new);
  table_add_one("given a cooling port that is warmed, then a drop opens it",
                warm_port_is_open_after_its_drop);
  table_add_one("given an open cell said to be full, then it is picked from",
                port_of_a_cell_with_a_late_bit_is_picked);
  table_add_one("given 65535 holders, then one more is refused",
                too_many_holders_are_refused);
  table_add_one("given a refused port, then it cools until it is thawed",
                refused_port_cools_until_thawed);
  table_add_one("given a refused port that another holds, then no cooling",
                refused_port_with_a_holder_does_not_cool);
  table_add_one("given many cooling ports, then a thaw keeps to its limit",
                thaw_goes_round_within_its_limit);
  table_add_one("given rotating order, then it goes on after the last pick",
                rotation_goes_on_after_the_last);
  table_add_one("given a sweep, then the next one waits",
                sweep_is_allowed_once_an_interval);
  table_add_one("given four threads, then no port is picked twice or lost",
                no_two_threads_pick_one_port);
  table_add_one("given threads that share ports, then none held looks open",
                held_port_is_never_open_to_threads);
  return table_run("pool");
}
