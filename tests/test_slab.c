/* Objects that outlive their lives: a stale handle must never be followed. */
#include <pthread.h>
#include <stdlib.h>

#include "slab.h"
#include "table.h"

struct thing {
  struct portres__slab_head head;
  int value;
};

static void handle_dies_with_the_last_reference(void) {
  struct portres__slab slab = {.object_size = sizeof(struct thing)};
  struct thing* thing = portres__slab_create(&slab);
  portres__handle handle = portres__slab_handle(thing);

  assert_ptr_equal(portres__slab_pin(&slab, handle), thing);
  assert_false(portres__slab_drop(thing));
  assert_true(portres__slab_drop(thing));
  assert_null(portres__slab_pin(&slab, handle));
  portres__slab_vacate(&slab, thing);
  assert_null(portres__slab_pin(&slab, handle));
  free(slab.chunks[0]);
}

static void reused_object_has_another_handle(void) {
  struct portres__slab slab = {.object_size = sizeof(struct thing)};
  struct thing* thing = portres__slab_create(&slab);
  portres__handle old = portres__slab_handle(thing);
  portres__handle new;

  portres__slab_drop(thing);
  portres__slab_vacate(&slab, thing);
  assert_ptr_equal(portres__slab_create(&slab), thing);
  new = portres__slab_handle(thing);
  assert_true(old != new);
  assert_null(portres__slab_pin(&slab, old));
  assert_ptr_equal(portres__slab_pin(&slab, new), thing);
  free(slab.chunks[0]);
}

static void nothing_is_named_by_zero(void) {
  struct portres__slab slab = {.object_size = sizeof(struct thing)};

  assert_null(portres__slab_pin(&slab, 0));
}

/* Over the borders of several chunks. */
static void objects_keep_their_places(void) {
  enum { COUNT = 5000 };
  struct portres__slab slab = {.object_size = sizeof(struct thing)};
  static struct thing* things[COUNT];

  for (int i = 0; i < COUNT; i++) {
    things[i] = portres__slab_create(&slab);
    things[i]->value = i;
  }
  for (int i = 0; i < COUNT; i++) {
    assert_ptr_equal(portres__slab_at(&slab, (uint32_t)i), things[i]);
    assert_ptr_equal(portres__slab_peek(&slab, portres__slab_handle(things[i])),
                     things[i]);
    assert_int_equal(things[i]->value, i);
  }
  for (int i = 0; i < PORTRES__SLAB_CHUNKS; i++) {
    free(slab.chunks[i]);
  }
}

/* One creator, as the contract has it, and droppers on other threads. */
enum { ROUNDS = 20000 };

static struct portres__slab shared = {.object_size = sizeof(struct thing)};
static _Atomic(portres__handle) offered;
static _Atomic unsigned last_drops;

static void drop_and_count(struct thing* thing) {
  if (portres__slab_drop(thing)) {
    atomic_fetch_add(&last_drops, 1);
    portres__slab_vacate(&shared, thing);
  }
}

static void* pin_and_drop(void* arg) {
  (void)arg;
  for (int i = 0; i < ROUNDS; i++) {
    struct thing* thing = portres__slab_pin(&shared, atomic_load(&offered));
    if (thing != NULL) {
      drop_and_count(thing);
    }
  }
  return NULL;
}

static void each_life_ends_once(void) {
  pthread_t threads[2];

  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, pin_and_drop, NULL), 0);
  }
  for (int i = 0; i < ROUNDS; i++) {
    struct thing* thing = portres__slab_create(&shared);
    atomic_store(&offered, portres__slab_handle(thing));
    drop_and_count(thing);
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(last_drops, ROUNDS);
  for (int i = 0; i < PORTRES__SLAB_CHUNKS; i++) {
    free(shared.chunks[i]);
  }
}

int main(void) {
  table_add_one("given the last reference dropped, then the handle is dead",
                handle_dies_with_the_last_reference);
  table_add_one("given a place used again, then the old handle stays dead",
                reused_object_has_another_handle);
  table_add_one("given handle 0, then it names nothing",
                nothing_is_named_by_zero);
  table_add_one("given thousands of objects, then each keeps its place",
                objects_keep_their_places);
  table_add_one("given threads that pin and drop, then each life ends once",
                each_life_ends_once);
  return table_run("slab");
}
