#include "copies_posix.h"

#include <stdatomic.h>
#include <stdint.h>

#include "fdtable_posix.h"

enum { WORD_BITS = 64, WORDS = PORTRES__FDTABLE_END / WORD_BITS };

/* A bit for each descriptor; pages of it exist once they are written to. */
static _Atomic uint64_t noted[WORDS];

/* No word at or above this one has a bit. */
static _Atomic int end;

static _Atomic bool is_any_received;

static uint64_t bit_of(int fd) {
  return UINT64_C(1) << (fd % WORD_BITS);
}

static void extend(int index) {
  int now = atomic_load(&end);

  while (now <= index && !atomic_compare_exchange_weak(&end, &now, index + 1)) {
    /* `now` has been read anew. */
  }
}

static bool is_noted(int fd) {
  return (unsigned)fd < PORTRES__FDTABLE_END &&
         (atomic_load_explicit(&noted[fd / WORD_BITS], memory_order_relaxed) &
          bit_of(fd)) != 0;
}

void portres__copies_note(int fd) {
  if ((unsigned)fd >= PORTRES__FDTABLE_END || is_noted(fd)) {
    return;
  }
  atomic_fetch_or(&noted[fd / WORD_BITS], bit_of(fd));
  extend(fd / WORD_BITS);
}

void portres__copies_note_received(int fd) {
  portres__copies_note(fd);
  atomic_store(&is_any_received, true);
}

bool portres__copies_may_have(int fd) {
  return atomic_load(&is_any_received) || is_noted(fd);
}

void portres__copies_forget(int fd) {
  atomic_fetch_and(&noted[fd / WORD_BITS], ~bit_of(fd));
}

int portres__copies_next(int fd) {
  int last = atomic_load(&end);
  int index = fd / WORD_BITS;
  uint64_t among = UINT64_MAX << (fd % WORD_BITS);

  for (; index < last; index++) {
    uint64_t bits = atomic_load(&noted[index]) & among;
    if (bits != 0) {
      return index * WORD_BITS + __builtin_ctzll(bits);
    }
    among = UINT64_MAX;
  }
  return -1;
}
