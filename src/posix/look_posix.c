#include "look_posix.h"

#include <sched.h>
#include <stdint.h>

#include "platform.h"
#include "process_posix.h"

/* A look takes less than a microsecond, unless its thread must wait for a
 * processor. */
enum { PATIENCE_MS = 1000 };

PORTRES__HOT _Atomic int portres__looks[PORTRES__LOOKERS];

bool portres__look_begin(enum portres__looker looker, int fd) {
  int none = 0;

  if (!atomic_compare_exchange_strong(&portres__looks[looker], &none, fd + 1)) {
    return false;
  }
  /* Not implied: a processor may let what the kernel reads next overtake the
   * store of an exchange that succeeds. */
  atomic_thread_fence(memory_order_seq_cst);
  return true;
}

void portres__look_end(enum portres__looker looker) {
  atomic_store(&portres__looks[looker], 0);
}

bool portres__look_begin_soon(enum portres__looker looker, int fd) {
  uint64_t end_ms = portres__platform_now_ms() + PATIENCE_MS;

  while (!portres__look_begin(looker, fd)) {
    if (portres__platform_now_ms() >= end_ms) {
      return false;
    }
    sched_yield();
  }
  return true;
}

/* In a child that was forked amid a look, without handlers, nobody would end
 * it; and a vfork child's descriptors are not those that are looked at. */
void portres__look_wait(int fd) {
  uint64_t end_ms = portres__platform_now_ms() + PATIENCE_MS;

  if (!portres__process_owns_tables()) {
    return;
  }

  while (portres__look_is_at(fd) && portres__platform_now_ms() < end_ms) {
    sched_yield();
  }
}

void portres__look_after_fork(void) {
  for (int i = 0; i < PORTRES__LOOKERS; i++) {
    atomic_store(&portres__looks[i], 0);
  }
}
